import { invalidFields, RunQuery, type RunEnvelope, type RunPage } from '@fovea/contracts';
import type { z } from 'zod';
import { decodeCursor, isUuid, pageOf, placed, type Position } from './cursor.ts';
import type { Database } from './database.ts';
import { guarded } from './failures.ts';
import { listStatement, type RunFilter } from './run-query.ts';

const STREAM_BATCH = 200;

interface RunRow {
  readonly id: string;
  readonly created_at: Date;
  readonly envelope: RunEnvelope;
}

/** Reads and deletes runs; every call names the owner, and sees nobody else's. */
export class Runs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The envelope as it was recorded, or null. */
  async get(owner: string, id: string): Promise<RunEnvelope | null> {
    if (!isUuid(id)) return null;
    const run = await guarded(() =>
      this.#database.prisma.run.findFirst({ where: { id, owner }, select: { envelope: true } }),
    );
    return run ? (run.envelope as unknown as RunEnvelope) : null;
  }

  /**
   * One page, newest first.
   * @throws INVALID_PARAMETER for a filter or a cursor that is not one; CATALOG_UNAVAILABLE
   */
  async list(owner: string, query: Partial<z.input<typeof RunQuery>> = {}): Promise<RunPage> {
    const parsed = RunQuery.safeParse(query);
    if (!parsed.success) throw invalidFields(parsed.error);
    const { limit, cursor, ...filter } = parsed.data;
    const rows = await this.#rows({
      owner,
      filter,
      limit: limit + 1,
      ...(cursor ? { after: decodeCursor(cursor) } : {}),
    });
    return pageOf(rows.map(placed), limit, (row) => row.envelope);
  }

  /** Every run that fits, newest first, a few at a time: for exports. */
  async *stream(owner: string, filter: RunFilter = {}): AsyncGenerator<RunEnvelope> {
    let after: Position | undefined;
    for (;;) {
      const rows = await this.#rows({ owner, filter, limit: STREAM_BATCH, ...(after ? { after } : {}) });
      for (const row of rows) yield row.envelope;
      const last = rows.at(-1);
      if (!last || rows.length < STREAM_BATCH) return;
      after = { createdAt: last.created_at, id: last.id };
    }
  }

  /** Deletes a run and its references; its blobs go with the next collection, unless others refer to them. */
  async delete(owner: string, id: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const { count } = await guarded(() => this.#database.prisma.run.deleteMany({ where: { id, owner } }));
    return count > 0;
  }

  async #rows(options: Parameters<typeof listStatement>[0]): Promise<RunRow[]> {
    const { text, values } = listStatement(options);
    return await guarded(async () => (await this.#database.pool.query<RunRow>(text, values)).rows);
  }
}
