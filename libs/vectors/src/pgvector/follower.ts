import type { IndexRef, VectorSource } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import type { Log } from '../types.ts';
import { isReplaced, vectorText, type State, type Statements } from './statements.ts';

/** pgvector's limit of an HNSW index: wider vectors are compared one by one. */
const HNSW_DIMENSIONS = 2000;
/** Numbers sent with a statement: some 10 MB of text. */
const NUMBERS_AT_ONCE = 500_000;
const CHANGES_AT_ONCE = 1000;
/** Links of a vector at the lowest level of the graph, as ordinals of 8 bytes, and what the levels above add. */
const GRAPH_BYTES = 400;
const MAX_BUILD_KB = 2 ** 20;
/** How often a reader asks again while an index changes under it. */
const ROUNDS = 100;

export interface LoadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Keeps tables of vectors at the revision of their collections; several servers may do so at once. */
export class Follower {
  readonly #source: VectorSource;
  readonly #statements: Statements;
  readonly #log: Log;
  readonly #hnswFrom: number;
  /** Work under way by index: who comes later waits for the same. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(source: VectorSource, statements: Statements, options: { log: Log; hnswFrom: number }) {
    this.#source = source;
    this.#statements = statements;
    this.#log = options.log;
    this.#hnswFrom = options.hnswFrom;
  }

  /**
   * Asks an index until its answer has every change that was committed before the call; null where the collection is gone.
   * @throws CANCELLED, CATALOG_UNAVAILABLE
   */
  async ask<T extends Pick<State, 'revision' | 'complete'>>(
    ref: IndexRef,
    ask: () => Promise<T | null>,
    signal?: AbortSignal,
  ): Promise<T | null> {
    const wanted = await abortable(this.#source.revision(ref.collectionId), signal);
    for (let round = 0; round < ROUNDS; round += 1) {
      if (wanted === null || (round > 0 && (await this.#source.revision(ref.collectionId)) === null)) {
        await this.#statements.call('forget', ref.collectionId);
        return null;
      }
      const answer = await abortable(ask().catch(nothingIfReplaced), signal);
      if (answer?.complete && answer.revision >= wanted) return answer;
      await abortable(this.#follow(ref), signal);
    }
    throw new VisionError('CATALOG_UNAVAILABLE', 'the collection changes faster than its index can follow');
  }

  /** Everything again, beside what answers meanwhile, which it replaces at the end. @throws CANCELLED */
  async load(ref: IndexRef, { signal, onProgress }: LoadOptions = {}): Promise<void> {
    const { collectionId, spaceId, dimension } = ref;
    const statements = this.#statements;
    const before = await statements.state(ref);
    const table = await statements.call<string>('begin_load', collectionId, spaceId, dimension);
    try {
      let done = 0;
      let at = 0;
      const atOnce = Math.max(1, Math.floor(NUMBERS_AT_ONCE / dimension));
      for await (const { revision, ordinals, vectors } of this.#source.all(collectionId, spaceId)) {
        at = revision;
        for (let from = 0; from < ordinals.length; from += atOnce) {
          throwIfAborted(signal);
          const some = Array.from(ordinals.subarray(from, from + atOnce));
          const texts = some.map((_, row) =>
            vectorText(vectors.subarray((from + row) * dimension, (from + row + 1) * dimension)),
          );
          await statements.call('load', table, some, texts);
          done += some.length;
          onProgress?.(done, Math.max(done, before?.items ?? 0));
        }
      }
      throwIfAborted(signal);
      const graph = this.#wantsGraph(done, dimension);
      if (graph) await this.#build(table, done, dimension);
      throwIfAborted(signal);
      await statements.call('finish_load', table, at, graph);
      onProgress?.(done, done);
    } catch (error) {
      await statements.call('discard_load', table).catch((failure: unknown) => {
        this.#log.warn({ err: failure }, `pgvector: the table ${table} is left over, and removed in a day`);
      });
      throw error;
    }
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }

  #follow(ref: IndexRef): Promise<void> {
    const key = `${ref.collectionId} ${ref.spaceId}`;
    const running =
      this.#running.get(key) ?? this.#catchUp(ref).finally(() => void this.#running.delete(key));
    this.#running.set(key, running);
    // Whoever waits hears of a failure; after all of them were cancelled nobody does.
    running.catch(() => undefined);
    return running;
  }

  async #catchUp(ref: IndexRef): Promise<void> {
    const { collectionId, spaceId, dimension } = ref;
    const state = await this.#statements.state(ref);
    if (!state) return this.load(ref);
    for (let after = state.revision; ;) {
      const options = { spaceId, after, limit: CHANGES_AT_ONCE };
      const changes = await this.#source.changes(collectionId, options);
      if (!changes) return this.load(ref);
      const { added, removed, upTo, complete } = changes;
      const moved = await this.#statements.call<boolean>(
        'apply',
        ...[state.id, after, upTo, complete, removed],
        added.map(({ ordinal }) => ordinal),
        added.map(({ vector }) => vectorText(vector)),
      );
      // Another server was quicker: its caller looks again.
      if (!moved) return;
      after = upTo;
      if (complete) break;
    }
    if (state.hnsw) return;
    const grown = await this.#statements.state(ref);
    if (grown && !grown.hnsw && this.#wantsGraph(grown.items, dimension))
      await this.#build(grown.table, grown.items, dimension).catch(nothingIfReplaced);
  }

  #wantsGraph(items: number, dimension: number): boolean {
    return items >= this.#hnswFrom && dimension <= HNSW_DIMENSIONS;
  }

  async #build(table: string, items: number, dimension: number): Promise<void> {
    const begun = performance.now();
    const kb = Math.min(MAX_BUILD_KB, Math.ceil((items * (4 * dimension + GRAPH_BYTES)) / 1024));
    await this.#statements.call('build', table, kb);
    this.#log.info({ table, items, ms: Math.round(performance.now() - begun) }, 'pgvector: HNSW built');
  }
}

function nothingIfReplaced(error: unknown): null {
  if (isReplaced(error)) return null;
  throw error;
}

const cancelled = (signal: AbortSignal) =>
  new VisionError('CANCELLED', 'the work with vectors was cancelled', { cause: signal.reason });

/** @throws CANCELLED */
export function throwIfAborted(signal?: AbortSignal): void {
  if (signal?.aborted) throw cancelled(signal);
}

/** Waits no longer than the signal allows; the work itself goes on. @throws CANCELLED */
export async function abortable<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(cancelled(signal));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([promise, work]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    work.catch(() => undefined);
  }
}
