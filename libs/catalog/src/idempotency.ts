import { VisionError } from '@fovea/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from './database.ts';
import { guarded } from './failures.ts';
import { checkOwner } from './record.ts';

const LEASE_S = 60;
const RENEW_MS = 20_000;
/** Nothing that answers a request works longer; a holder that forgot to end the key does not hold it for ever. */
const HOLD_MS = 30 * 60 * 1000;
const POLL_MS = 150;
const KEEP = '24 hours';

export type KeyState =
  | { readonly state: 'new' }
  | { readonly state: 'done'; readonly runIds: string[] }
  | { readonly state: 'busy' };

interface KeyRow {
  readonly request_sha256: string;
  readonly holder: string | null;
  readonly run_ids: string[];
}

/**
 * Idempotency keys, per owner, for 24 hours. Who gets `new` holds the key on a lease that is renewed while the
 * process lives: after a crash the key is free again within a minute.
 */
export class Idempotency {
  /** Names this process in the table. */
  readonly holder = randomUUID();
  readonly #database: Database;
  readonly #held = new Map<
    string,
    { owner: string; key: string; until: number; ended: PromiseWithResolvers<void> }
  >();
  readonly #renew: NodeJS.Timeout;

  constructor(database: Database) {
    this.#database = database;
    this.#renew = setInterval(() => void this.#renewLeases().catch(() => {}), RENEW_MS);
    this.#renew.unref();
  }

  /**
   * Asks for a key before the work begins. After `new` exactly one of these must follow: a record with the key,
   * {@link complete} or {@link release}.
   * @param requestSha256 hash of everything that makes the request what it is
   * @param options.waitMs how long to wait for another request that works on the same key, default 0
   * @returns `done` with the runs of the first request, `busy` while it still works
   * @throws CONFLICT when the key was used for another request
   */
  async begin(
    owner: string,
    key: string,
    requestSha256: string,
    options: { waitMs?: number } = {},
  ): Promise<KeyState> {
    checkOwner(owner);
    if (key.length === 0 || key.length > 255 || /[^\x20-\x7e]/.test(key))
      throw new VisionError(
        'INVALID_REQUEST',
        'Idempotency-Key must be 1 to 255 printable ASCII characters.',
      );
    const until = performance.now() + (options.waitMs ?? 0);
    for (;;) {
      const state = await guarded(() => this.#try(owner, key, requestSha256));
      const leftMs = until - performance.now();
      if (state.state !== 'busy' || leftMs <= 0) return state;
      const here = this.#held.get(name(owner, key));
      // In this process its end is known at once; another process is asked again.
      const pause = new AbortController();
      await Promise.race([
        delay(Math.min(leftMs, here ? leftMs : POLL_MS), undefined, { signal: pause.signal }).catch(() => {}),
        ...(here ? [here.ended.promise] : []),
      ]);
      pause.abort();
    }
  }

  /** The request is answered: repeats get these runs. */
  async complete(owner: string, key: string, runIds: readonly string[]): Promise<void> {
    await guarded(() =>
      this.#database.pool.query(
        'UPDATE idempotency_keys SET holder = NULL, run_ids = $3::uuid[] WHERE owner = $1 AND key = $2',
        [owner, key, runIds],
      ),
    );
    this.ended(owner, key);
  }

  /** The request failed: the key may be used again. */
  async release(owner: string, key: string): Promise<void> {
    try {
      await guarded(() =>
        this.#database.pool.query(
          'DELETE FROM idempotency_keys WHERE owner = $1 AND key = $2 AND holder = $3',
          [owner, key, this.holder],
        ),
      );
    } finally {
      // Even if the database is gone: without renewal the lease ends by itself.
      this.ended(owner, key);
    }
  }

  /** This process does not work on the key any more. */
  ended(owner: string, key: string): void {
    const held = this.#held.get(name(owner, key));
    this.#held.delete(name(owner, key));
    held?.ended.resolve();
  }

  /** Ends every lease: right after the start of the only process that uses this database. */
  async endLeases(): Promise<void> {
    await this.#database.pool.query(
      'UPDATE idempotency_keys SET lease_until = now() WHERE holder IS NOT NULL',
    );
  }

  /** Forgets keys that are older than a day. */
  async removeExpired(): Promise<void> {
    await this.#database.pool.query(
      `DELETE FROM idempotency_keys WHERE created_at < now() - interval '${KEEP}'`,
    );
  }

  close(): void {
    clearInterval(this.#renew);
    for (const { ended } of this.#held.values()) ended.resolve();
    this.#held.clear();
  }

  async #try(owner: string, key: string, requestSha256: string): Promise<KeyState> {
    // One statement decides: a fresh key, an expired one, one whose holder died, or one whose runs were all deleted.
    const taken = await this.#database.pool.query(
      `INSERT INTO idempotency_keys AS k (owner, key, request_sha256, holder, lease_until, created_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), now())
       ON CONFLICT (owner, key) DO UPDATE
         SET request_sha256 = excluded.request_sha256, holder = excluded.holder, lease_until = excluded.lease_until,
             created_at = excluded.created_at, run_ids = '{}'
         WHERE k.created_at < now() - interval '${KEEP}'
            OR (k.request_sha256 = excluded.request_sha256 AND k.holder IS NOT NULL AND k.lease_until <= now())
            OR (k.request_sha256 = excluded.request_sha256 AND k.holder IS NULL AND k.run_ids <> '{}'
                AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = ANY (k.run_ids)))
       RETURNING 1`,
      [owner, key, requestSha256, this.holder, LEASE_S],
    );
    if (taken.rowCount) {
      this.#held.set(name(owner, key), {
        owner,
        key,
        until: Date.now() + HOLD_MS,
        ended: Promise.withResolvers(),
      });
      return { state: 'new' };
    }
    const { rows } = await this.#database.pool.query<KeyRow>(
      'SELECT request_sha256, holder, run_ids FROM idempotency_keys WHERE owner = $1 AND key = $2',
      [owner, key],
    );
    const row = rows[0];
    // Released between the two statements: the caller asks again.
    if (!row) return { state: 'busy' };
    if (row.request_sha256 !== requestSha256)
      throw new VisionError('CONFLICT', `The Idempotency-Key "${key}" belongs to another request.`);
    return row.holder === null ? { state: 'done', runIds: row.run_ids } : { state: 'busy' };
  }

  async #renewLeases(): Promise<void> {
    const now = Date.now();
    for (const { owner, key, until } of this.#held.values()) if (until < now) this.ended(owner, key);
    const held = [...this.#held.values()];
    if (held.length === 0) return;
    await this.#database.pool.query(
      `UPDATE idempotency_keys k SET lease_until = now() + make_interval(secs => $1)
       FROM unnest($2::text[], $3::text[]) AS mine(owner, key)
       WHERE k.owner = mine.owner AND k.key = mine.key AND k.holder = $4`,
      [LEASE_S, held.map(({ owner }) => owner), held.map(({ key }) => key), this.holder],
    );
  }
}

const name = (owner: string, key: string): string => JSON.stringify([owner, key]);
