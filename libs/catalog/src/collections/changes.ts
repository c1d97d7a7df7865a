import type pg from 'pg';
import { isUuid } from '../cursor.ts';
import type { Database } from '../database.ts';
import { guarded } from '../failures.ts';
import type { SpaceName } from '@fovea/contracts';

export interface LockedSpace {
  readonly name: SpaceName;
  readonly id: string;
  readonly dimension: number;
  /** It answers; false: it is the one that comes next. */
  readonly serving: boolean;
}

/** A collection whose row is locked: what is read here stays so until the commit. */
export interface LockedCollection {
  readonly id: string;
  readonly owner: string;
  readonly revision: number;
  readonly nextOrdinal: number;
  readonly spaces: readonly LockedSpace[];
}

/** A statement of a change; `mayTakeMinutes`: it touches every item. */
export type Ask = <R extends pg.QueryResultRow>(
  text: string,
  values: unknown[],
  options?: { mayTakeMinutes?: boolean },
) => Promise<R[]>;

const MINUTES_MS = 600_000;

/**
 * Changes of collections. Each is one transaction that holds the collection's row from its beginning: changes of one
 * collection follow one another, so revisions rise in the order of commits.
 */
export class Changes {
  readonly #database: Database;
  /** Who waits for a collection waits here, not with a connection of the pool in hand. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** @returns null where the owner has no such collection */
  async run<T>(
    owner: string,
    id: string,
    work: (ask: Ask, collection: LockedCollection) => Promise<T>,
  ): Promise<T | null> {
    if (!isUuid(id)) return null;
    const before = this.#turns.get(id) ?? Promise.resolve();
    const step = () => guarded(() => this.#transaction(owner, id, work));
    const mine = before.then(step, step);
    this.#turns.set(id, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(id) === mine) this.#turns.delete(id);
    }
  }

  async #transaction<T>(
    owner: string,
    id: string,
    work: (ask: Ask, collection: LockedCollection) => Promise<T>,
  ): Promise<T | null> {
    const client = await this.#database.pool.connect();
    const ask: Ask = async <R extends pg.QueryResultRow>(
      text: string,
      values: unknown[],
      options: { mayTakeMinutes?: boolean } = {},
    ) => {
      const query = { text, values, ...(options.mayTakeMinutes ? { query_timeout: MINUTES_MS } : {}) };
      return (await client.query<R>(query)).rows;
    };
    let broken: unknown;
    try {
      await client.query('BEGIN');
      const locked = await lock(ask, owner, id);
      const result = locked && (await work(ask, locked));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: unknown) => (broken = failure));
      throw error;
    } finally {
      // A connection that cannot even go back is of no use to anybody.
      client.release(broken !== undefined);
    }
  }
}

async function lock(ask: Ask, owner: string, id: string): Promise<LockedCollection | null> {
  const [row] = await ask<{ revision: string; next_ordinal: number }>(
    'SELECT revision, next_ordinal FROM collections WHERE id = $1 AND owner = $2 FOR UPDATE',
    [id, owner],
  );
  if (!row) return null;
  // A statement of its own: it sees what was committed while the lock was awaited.
  const spaces = await ask<LockedSpace>(
    `SELECT cs.name, s.id, s.dimension, s.id = cs.space_id AS serving
     FROM collection_spaces cs JOIN embedding_spaces s ON s.id IN (cs.space_id, cs.next_id)
     WHERE cs.collection_id = $1`,
    [id],
  );
  return { id, owner, revision: Number(row.revision), nextOrdinal: row.next_ordinal, spaces };
}
