import type { IndexRef, VectorPort, VectorSearch, VectorSource } from '@fovea/application';
import { VisionError, type IndexInfo, type Projection } from '@fovea/contracts';
import { projectVectors } from '../projection/project-vectors.ts';
import type { Log } from '../types.ts';
import { checkQuery, type Vectors } from '../vectors.ts';
import { compare } from './compare.ts';
import { abortable, Follower, throwIfAborted, type LoadOptions } from './follower.ts';
import { migration } from './schema.ts';
import {
  isReplaced,
  Statements,
  vectorNumbers,
  vectorText,
  type Found,
  type Sql,
  type State,
} from './statements.ts';

export interface PgVectorsOptions {
  /** Postgres, as indexes see it. */
  readonly source: VectorSource;
  /** Where the vectors go: a database with pgvector, the catalog's own or another. */
  readonly database: Sql;
  readonly log: Log;
  /** Smaller collections are compared one by one. Default: 2,000 vectors. */
  readonly hnswFrom?: number;
}

type Report = Awaited<ReturnType<VectorPort['verify']>>;

const HNSW_FROM = 2000;
/** hnsw.ef_search: at least so much, twice k, and no more than pgvector takes. */
const MIN_WIDTH = 100;
const MAX_WIDTH = 1000;
/** Filters that leave no more than this, or this share of the items, are compared one by one. */
const FEW = 2000;
const FEW_SHARE = 0.01;
/** Items whose neighbours are looked for in one statement, and vectors that are read by one. */
const ROWS_AT_ONCE = 500;
const COMPARISONS = 5;

/**
 * Search by vectors in Postgres: for several servers that share one catalog. Each index is a table with an HNSW graph in
 * the schema `fovea_vectors`, which this makes; nothing is kept here, so every server sees what any of them has caught up.
 * @throws CATALOG_UNAVAILABLE where the database does not answer or has no pgvector (the hint says what to do)
 * @example
 * const vectors = await openPgVectors({ source: catalog.collections, database: catalog.queue, log });
 */
export async function openPgVectors(options: PgVectorsOptions): Promise<Vectors> {
  const statements = new Statements(options.database);
  await statements.migrate(migration);
  const version = await statements.value<string>(
    "SELECT extversion AS value FROM pg_extension WHERE extname = 'vector'",
  );
  return new PgVectors(options, statements, version);
}

class PgVectors implements Vectors {
  readonly backend: VectorPort['backend'];
  readonly #source: VectorSource;
  readonly #statements: Statements;
  readonly #follower: Follower;
  readonly #infos = new Map<string, IndexInfo>();
  /** Filtered searches go on through the graph until they have enough: since 0.8. */
  readonly #iterative: boolean;
  #closed = false;

  constructor(
    { source, log, hnswFrom = HNSW_FROM }: PgVectorsOptions,
    statements: Statements,
    version: string,
  ) {
    this.backend = { id: 'pgvector', reason: `pgvector ${version} was chosen` };
    this.#source = source;
    this.#statements = statements;
    this.#follower = new Follower(source, statements, { log, hnswFrom });
    const [major = 0, minor = 0] = version.split('.').map(Number);
    this.#iterative = major > 0 || minor >= 8;
  }

  async search(
    ref: IndexRef,
    query: Float32Array,
    { k, only, exact = false, signal }: VectorSearch,
  ): ReturnType<VectorPort['search']> {
    checkQuery(ref, query, k);
    const text = vectorText(query);
    const few = only && (!this.#iterative || only.length <= Math.max(FEW, this.#itemsOf(ref) * FEW_SHARE));
    const values = [k, only ? Array.from(only) : null, exact || few === true, widthFor(k), this.#iterative];
    const { collectionId, spaceId } = ref;
    const answer = await this.#ask(
      ref,
      () => this.#statements.call<Found | null>('search', collectionId, spaceId, text, ...values),
      signal,
    );
    if (!answer) return { hits: [], exact: true, info: infoOf(null) };
    const hits = answer.hits.map(([ordinal, score]) => ({ ordinal, score }));
    return { hits, exact: answer.exact, info: infoOf(answer) };
  }

  async neighbours(
    ref: IndexRef,
    { k, minScore, signal }: Parameters<VectorPort['neighbours']>[1],
  ): ReturnType<VectorPort['neighbours']> {
    if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`k must be 1 or more, is ${k}`);
    const pairs = new Map<string, { a: number; b: number; score: number }>();
    if (!(await this.#state(ref, signal))) return [];
    const values = [ROWS_AT_ONCE, k, minScore, widthFor(k), this.#iterative];
    for (let after = -1; ;) {
      const near = await abortable(
        this.#statements.call<{ last: number | null; pairs: [number, number, number][] } | null>(
          ...(['neighbours', ref.collectionId, ref.spaceId, after, ...values] as const),
        ),
        signal,
      );
      for (const [one, other, score] of near?.pairs ?? []) {
        const [a, b] = one < other ? [one, other] : [other, one];
        pairs.set(`${a} ${b}`, { a, b, score });
      }
      if (!near || near.last === null) return [...pairs.values()];
      after = near.last;
    }
  }

  async project(
    ref: IndexRef,
    { method, limit, signal }: { method: Projection; limit: number; signal?: AbortSignal },
  ): ReturnType<VectorPort['project']> {
    const state = await this.#state(ref, signal);
    if (!state) return { ordinals: new Int32Array(0), points: new Float32Array(0) };
    const { table } = state;
    const all = await this.#statements.rows<{ ordinal: number }>(
      `SELECT ordinal FROM fovea_vectors.${table} ORDER BY ordinal`,
    );
    const count = Math.min(limit, all.length);
    const chosen = Array.from(
      { length: count },
      (_, index) => all[Math.floor((index * all.length) / count)]!.ordinal,
    );
    const ordinals: number[] = [];
    const vectors = new Float32Array(count * ref.dimension);
    for (let from = 0; from < count; from += ROWS_AT_ONCE) {
      throwIfAborted(signal);
      const rows = await this.#statements.rows<{ ordinal: number; sent: Uint8Array }>(
        `SELECT ordinal, vector_send(vector) AS sent FROM fovea_vectors.${table} WHERE ordinal = ANY ($1::int[]) ORDER BY ordinal`,
        [chosen.slice(from, from + ROWS_AT_ONCE)],
      );
      for (const { ordinal, sent } of rows) {
        vectors.set(vectorNumbers(sent), ordinals.length * ref.dimension);
        ordinals.push(ordinal);
      }
    }
    const placed = { count: ordinals.length, dimension: ref.dimension, method, signal };
    const points = await projectVectors({
      ...placed,
      vectors: vectors.subarray(0, ordinals.length * ref.dimension),
    });
    return { ordinals: Int32Array.from(ordinals), points };
  }

  info(ref: IndexRef): IndexInfo | null {
    return this.#infos.get(keyOf(ref)) ?? null;
  }

  async rebuild(ref: IndexRef, options: LoadOptions = {}): Promise<Report> {
    this.#checkOpen();
    throwIfAborted(options.signal);
    await this.#follower.load(ref, options);
    return this.verify(ref);
  }

  async verify(ref: IndexRef): Promise<Report> {
    for (let attempt = 1; attempt <= COMPARISONS; attempt += 1) {
      const state = await this.#state(ref);
      if (!state) return { ok: true, items: 0, missing: 0, surplus: 0, different: 0, index: infoOf(null) };
      const sides = { source: this.#source, statements: this.#statements };
      const found = await compare(ref, state, sides).catch((error: unknown) => {
        if (isReplaced(error)) return null;
        throw error;
      });
      if (found)
        return {
          ok: found.missing + found.surplus + found.different === 0,
          ...found,
          index: infoOf(await this.#statements.state(ref)),
        };
    }
    throw new VisionError('CONFLICT', 'the collection changes faster than its index can be compared', {
      hint: 'Try again when nothing is added or deleted.',
    });
  }

  async drop(collectionId: string): Promise<void> {
    for (const key of this.#infos.keys()) if (key.startsWith(collectionId)) this.#infos.delete(key);
    await this.#statements.call('forget', collectionId);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#follower.settle();
  }

  #state(ref: IndexRef, signal?: AbortSignal): Promise<State | null> {
    return this.#ask(ref, () => this.#statements.state(ref), signal);
  }

  async #ask<T extends State>(
    ref: IndexRef,
    ask: () => Promise<T | null>,
    signal?: AbortSignal,
  ): Promise<T | null> {
    this.#checkOpen();
    throwIfAborted(signal);
    const answer = await this.#follower.ask(ref, ask, signal);
    if (answer) this.#infos.set(keyOf(ref), infoOf(answer));
    else this.#infos.delete(keyOf(ref));
    return answer;
  }

  #checkOpen(): void {
    if (this.#closed) throw new VisionError('CATALOG_UNAVAILABLE', 'search by vectors was closed');
  }

  #itemsOf(ref: IndexRef): number {
    return this.info(ref)?.items ?? 0;
  }
}

const keyOf = ({ collectionId, spaceId }: IndexRef): string => `${collectionId} ${spaceId}`;
const widthFor = (k: number): number => Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, 2 * k));

const infoOf = (state: State | null): IndexInfo => ({
  backend: 'pgvector',
  kind: state && state.items > 0 ? 'pgvector' : 'empty',
  items: state?.items ?? 0,
  pending: 0,
  deleted: 0,
  bytes: state?.bytes ?? 0,
  builtAt: state?.builtAt ?? null,
});
