import type { IndexRef, VectorPort, VectorSearch } from '@fovea/application';
import { VisionError, type IndexInfo, type Projection } from '@fovea/contracts';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { faissState } from './faiss/open.ts';
import { removeLeftovers, remove } from './files.ts';
import type { IndexStats } from './host/protocol.ts';
import { HostProcess } from './host-process.ts';
import { IndexKeeper } from './keeper.ts';
import type { BuildOptions, Opened, Shared } from './keeping.ts';
import { projectVectors } from './projection/project-vectors.ts';
import { DEFAULT_LIMITS, type Log, type VectorsOptions } from './types.ts';

/** A vector port that holds processes, memory and files. */
export interface Vectors extends VectorPort {
  close(): Promise<void>;
}

/** Indexes of files, held by a process. */
export interface FileIndexes extends Vectors {
  /** Of the process that holds the indexes, while there is one. */
  readonly hostPid: number | null;
}

type Report = Awaited<ReturnType<VectorPort['verify']>>;

const MEMORY_SHARE = 0.25;
const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
/** Vectors that cross to the server at once for a map. */
const READ_ROWS = 1000;
/** Maps that are kept: one of each method for a few collections. */
const KEPT_MAPS = 16;
/** How often a comparison is begun anew because the index was replaced meanwhile. */
const COMPARISONS = 5;

/**
 * Search by vectors with indexes in files below a data folder, held by a process of their own.
 * @param options backend `auto` (FAISS where it is built, else every vector is compared), a quarter of the memory
 * @throws INVALID_PARAMETER where FAISS was asked for and is not there (the hint says what builds it)
 * @example
 * const vectors = await openVectors({ source: catalog.collections, dataDir: '.fovea' });
 * const { hits } = await vectors.search({ collectionId, spaceId, dimension: 1280 }, query, { k: 10 });
 */
export async function openVectors(options: VectorsOptions): Promise<FileIndexes> {
  const { backend = 'auto' } = options;
  const faiss = faissState();
  if (backend === 'faiss' && !faiss.ok)
    throw new VisionError('INVALID_PARAMETER', `FOVEA_VECTORS=faiss: ${faiss.detail}`, {
      hint: 'Run `npm run setup:faiss` (on Debian after `apt-get install g++ libfaiss-dev libopenblas-dev`), or choose auto.',
    });
  await removeLeftovers(join(options.dataDir, 'vectors'));
  return new FileVectors(options);
}

class FileVectors implements FileIndexes {
  readonly #root: string;
  readonly #keepers = new Map<string, IndexKeeper>();
  readonly #maps = new Map<string, Awaited<ReturnType<VectorPort['project']>>>();
  readonly #shared: Shared;
  readonly #backend: VectorPort['backend'];
  #lastHandle = 0;
  #lastComparison = 0;
  #closed = false;

  constructor({ source, dataDir, backend = 'auto', ...options }: VectorsOptions) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const log = options.log ?? SILENT;
    const environment = options.environment ?? {};
    const faiss = faissState();
    const library = backend !== 'exact' && faiss.ok;
    this.#root = join(dataDir, 'vectors');
    this.#backend = library
      ? { id: 'faiss', reason: faiss.detail }
      : { id: 'exact', reason: backend === 'exact' ? 'exact search was chosen' : faiss.detail };
    this.#shared = {
      source,
      host: new HostProcess({ backend, log, environment, limits }),
      limits,
      log,
      environment,
      library,
      memoryBytes: options.memoryBytes ?? availableMemory() * MEMORY_SHARE,
      nextHandle: () => ++this.#lastHandle,
      grown: (keeper) => this.#makeRoom(keeper),
    };
  }

  get backend(): VectorPort['backend'] {
    return this.#backend;
  }

  get hostPid(): number | null {
    return this.#shared.host.pid;
  }

  async search(
    ref: IndexRef,
    query: Float32Array,
    { k, only, exact = false, signal }: VectorSearch,
  ): ReturnType<VectorPort['search']> {
    checkQuery(ref, query, k);
    const answer = await this.#keeper(ref).use(
      ({ handle, generation }) =>
        this.#shared.host.call(
          'search',
          { handle, query, k, exact, ...(only ? { only } : {}) },
          { signal, generation },
        ),
      signal,
    );
    if (!answer) return { hits: [], exact: true, info: this.#infoOf(null) };
    const { ordinals, scores, stats } = answer;
    return {
      hits: Array.from(ordinals, (ordinal, rank) => ({ ordinal, score: scores[rank] as number })),
      exact: answer.exact,
      info: this.#infoOf(stats),
    };
  }

  async neighbours(
    ref: IndexRef,
    { k, minScore, signal }: Parameters<VectorPort['neighbours']>[1],
  ): ReturnType<VectorPort['neighbours']> {
    if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`k must be 1 or more, is ${k}`);
    const answer = await this.#keeper(ref).use(
      ({ handle, generation }) =>
        this.#shared.host.call('neighbours', { handle, k, minScore }, { signal, generation }),
      signal,
    );
    if (!answer) return [];
    const { a, b, scores } = answer;
    return Array.from(a, (low, pair) => ({
      a: low,
      b: b[pair] as number,
      score: scores[pair] as number,
    }));
  }

  async project(
    ref: IndexRef,
    { method, limit, signal }: { method: Projection; limit: number; signal?: AbortSignal },
  ): ReturnType<VectorPort['project']> {
    const gathered = await this.#keeper(ref).use((opened) => this.#gather(opened, ref, limit), signal);
    if (!gathered) return { ordinals: new Int32Array(0), points: new Float32Array(0) };
    const { ordinals, revision } = gathered;
    const key = [ref.collectionId, ref.spaceId, revision, method, limit].join(' ');
    const known = this.#maps.get(key);
    if (known) return known;
    const vectors = await gathered.vectors();
    const points = await projectVectors({
      vectors: vectors.values,
      count: vectors.ordinals.length,
      dimension: ref.dimension,
      method,
      signal,
    });
    const map = { ordinals: vectors.ordinals, points };
    if (vectors.ordinals.length === ordinals.length) {
      this.#maps.set(key, map);
      const [oldest] = this.#maps.keys();
      if (this.#maps.size > KEPT_MAPS && oldest !== undefined) this.#maps.delete(oldest);
    }
    return map;
  }

  /** The ordinals now; their vectors when they are asked for, of those that are still there then. */
  async #gather({ handle, generation }: Opened, { dimension }: IndexRef, limit: number) {
    const { host } = this.#shared;
    const { ordinals, stats } = await host.call('pick', { handle, limit }, { generation });
    const vectors = async () => {
      const found: Int32Array[] = [];
      const values = new Float32Array(ordinals.length * dimension);
      let count = 0;
      for (let from = 0; from < ordinals.length; from += READ_ROWS) {
        const piece = await host.call(
          'read',
          { handle, ordinals: ordinals.slice(from, from + READ_ROWS) },
          { generation },
        );
        values.set(piece.vectors, count * dimension);
        found.push(piece.ordinals);
        count += piece.ordinals.length;
      }
      const there = new Int32Array(count);
      let at = 0;
      for (const piece of found) {
        there.set(piece, at);
        at += piece.length;
      }
      return { ordinals: there, values: values.subarray(0, count * dimension) };
    };
    return { ordinals, revision: stats.revision, vectors };
  }

  info(ref: IndexRef): IndexInfo | null {
    const stats = this.#keepers.get(keyOf(ref))?.stats;
    return stats ? this.#infoOf(stats) : null;
  }

  async rebuild(ref: IndexRef, options: BuildOptions = {}): Promise<Report> {
    const keeper = this.#keeper(ref);
    // Opened first: the new snapshot takes the place of what serves now.
    const there = await keeper.use(() => Promise.resolve(true), options.signal);
    if (there) await keeper.rebuild(options);
    return this.verify(ref);
  }

  async verify(ref: IndexRef): Promise<Report> {
    for (let attempt = 1; ; attempt++) {
      const report = await this.#keeper(ref).use((opened) => this.#compare(ref, opened));
      if (report !== 'replaced')
        return (
          report ?? { ok: true, items: 0, missing: 0, surplus: 0, different: 0, index: this.#infoOf(null) }
        );
      if (attempt >= COMPARISONS)
        throw new VisionError('CONFLICT', 'the collection changes faster than its index can be compared', {
          hint: 'Try again when nothing is added or deleted.',
        });
    }
  }

  /** What changed between the index and the snapshot of the comparison is excused on either side. */
  async #compare(ref: IndexRef, opened: Opened): Promise<Report | 'replaced'> {
    const { source, host } = this.#shared;
    const { collectionId, spaceId } = ref;
    const { handle, generation } = opened;
    const comparison = ++this.#lastComparison;
    const begun = opened.stats.revision;
    let items = 0;
    let revision = begun;
    for await (const piece of source.all(collectionId, spaceId)) {
      ({ revision } = piece);
      items += piece.ordinals.length;
      const { ordinals, vectors } = piece;
      await host.call('compare', { handle, comparison, ordinals, vectors }, { generation });
    }
    const current = Math.max(revision, opened.stats.revision);
    const excused = await this.#changedSince(ref, { from: Math.min(begun, revision), current });
    if (!excused) return 'replaced';
    const found = await host.call('compared', { handle, comparison, excused }, { generation });
    const ok = found.missing + found.surplus + found.different === 0;
    return { ok, items, ...found, index: this.#infoOf(opened.stats) };
  }

  /** Ordinals that were added or removed between two revisions; null where that is no longer listed. */
  async #changedSince(
    { collectionId, spaceId }: IndexRef,
    { from, current }: { from: number; current: number },
  ): Promise<Int32Array | null> {
    const changed = new Set<number>();
    for (let after = from; after < current;) {
      const changes = await this.#shared.source.changes(collectionId, {
        spaceId,
        after,
        limit: this.#shared.limits.changesAtOnce,
      });
      if (!changes || changes.upTo <= after) return null;
      for (const { ordinal } of changes.added) changed.add(ordinal);
      for (const ordinal of changes.removed) changed.add(ordinal);
      after = changes.upTo;
    }
    return Int32Array.from(changed);
  }

  async drop(collectionId: string): Promise<void> {
    const keepers = [...this.#keepers].filter(([, { ref }]) => ref.collectionId === collectionId);
    for (const [key] of keepers) this.#keepers.delete(key);
    for (const key of this.#maps.keys()) if (key.startsWith(collectionId)) this.#maps.delete(key);
    await Promise.all(keepers.map(([, keeper]) => keeper.drop()));
    await remove(join(this.#root, collectionId));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#keepers.values()].map((keeper) => keeper.stop()));
    await this.#shared.host.close();
  }

  #keeper(ref: IndexRef): IndexKeeper {
    if (this.#closed) throw new VisionError('CATALOG_UNAVAILABLE', 'search by vectors was closed');
    const key = keyOf(ref);
    let keeper = this.#keepers.get(key);
    if (!keeper) {
      const folder = join(this.#root, ref.collectionId, ref.spaceId);
      keeper = new IndexKeeper(ref, { folder, shared: this.#shared });
      this.#keepers.set(key, keeper);
    }
    return keeper;
  }

  /** Closes indexes that were not used for longest until the rest fits. */
  #makeRoom(grown: IndexKeeper): void {
    const open = [...this.#keepers.values()].filter(({ stats }) => stats !== null);
    let bytes = open.reduce((sum, { stats }) => sum + (stats?.bytes ?? 0), 0);
    for (const keeper of open.sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= this.#shared.memoryBytes) return;
      if (keeper === grown || !keeper.idle) continue;
      bytes -= keeper.stats?.bytes ?? 0;
      keeper.evict();
    }
  }

  #infoOf(stats: IndexStats | null): IndexInfo {
    const { kind, items, pending, deleted, bytes, builtAt } = stats ?? EMPTY;
    return { backend: this.#backend.id, kind, items, pending, deleted, bytes, builtAt };
  }
}

const EMPTY: Omit<IndexInfo, 'backend'> = {
  kind: 'empty',
  items: 0,
  pending: 0,
  deleted: 0,
  bytes: 0,
  builtAt: null,
};

const keyOf = ({ collectionId, spaceId }: IndexRef): string => `${collectionId} ${spaceId}`;

/** How far a query may be from unit length. */
const UNIT_TOLERANCE = 1e-3;

/** @throws RangeError */
export function checkQuery({ dimension }: IndexRef, query: Float32Array, k: number): void {
  if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`k must be 1 or more, is ${k}`);
  if (query.length !== dimension)
    throw new RangeError(`query: ${query.length} numbers instead of ${dimension}`);
  const length = Math.sqrt(query.reduce((sum, value) => sum + value * value, 0));
  if (!(Math.abs(length - 1) <= UNIT_TOLERANCE))
    throw new RangeError(`query: its length is ${length}, not 1`);
}

/** Memory that this process may use, the limit of its control group included. */
function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}
