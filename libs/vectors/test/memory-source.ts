import type { VectorChanges, VectorSource } from '@fovea/application';

/** A turn of the event loop. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Vectors of a space by their ordinals. */
export type State = ReadonlyMap<number, Float32Array>;

interface Change {
  readonly added: readonly { spaceId: string; ordinal: number; vector: Float32Array }[];
  readonly removed: readonly number[];
}

interface Collection {
  /** The change that made revision n is at n - 1. */
  readonly changes: Change[];
  nextOrdinal: number;
  prunedTo: number;
}

export interface MemorySourceOptions {
  /** `changes` answers at most so many at once, whatever the limit asked; a revision is never cut. */
  readonly changesAtOnce?: number;
  /** Vectors in a piece of `all`. Default 1,000. */
  readonly allAtOnce?: number;
}

/** What the catalog is to indexes, in memory, with its whole history to compare answers with. */
export class MemorySource implements VectorSource {
  /** How often each method was called. */
  readonly calls = { revision: 0, changes: 0, all: 0 };
  readonly #collections = new Map<string, Collection>();
  readonly #failures: { method: keyof MemorySource['calls']; error: Error }[] = [];
  readonly #changesAtOnce: number;
  readonly #allAtOnce: number;

  constructor({ changesAtOnce = Infinity, allAtOnce = 1000 }: MemorySourceOptions = {}) {
    this.#changesAtOnce = changesAtOnce;
    this.#allAtOnce = allAtOnce;
  }

  /** A collection at revision 0, with nothing in it. */
  create(collectionId: string): void {
    this.#collections.set(collectionId, { changes: [], nextOrdinal: 0, prunedTo: 0 });
  }

  delete(collectionId: string): void {
    this.#collections.delete(collectionId);
  }

  /** Adds items in one revision, with as many vectors in every space; their ordinals. */
  add(collectionId: string, vectors: Readonly<Record<string, readonly Float32Array[]>>): number[] {
    const collection = this.#of(collectionId);
    const counts = Object.values(vectors).map((list) => list.length);
    const count = counts[0] ?? 0;
    if (counts.some((other) => other !== count)) throw new RangeError('every space needs as many vectors');
    const ordinals = Array.from({ length: count }, () => collection.nextOrdinal++);
    this.#commit(collection, {
      added: Object.entries(vectors).flatMap(([spaceId, list]) =>
        list.map((vector, index) => ({ spaceId, ordinal: ordinals[index]!, vector: vector.slice() })),
      ),
      removed: [],
    });
    return ordinals;
  }

  /** Vectors of items that are there already, in another space: one revision. */
  addVectors(collectionId: string, spaceId: string, vectors: State): void {
    const added = [...vectors].map(([ordinal, vector]) => ({ spaceId, ordinal, vector: vector.slice() }));
    this.#commit(this.#of(collectionId), { added, removed: [] });
  }

  /** Removes items in one revision. */
  remove(collectionId: string, ordinals: readonly number[]): void {
    this.#commit(this.#of(collectionId), { added: [], removed: [...ordinals] });
  }

  /** Forgets the removals so far: a reader that is behind must read everything. */
  prune(collectionId: string): void {
    const collection = this.#of(collectionId);
    collection.prunedTo = collection.changes.length;
  }

  /** The next call of the method fails; `all` after its first piece. */
  failNext(method: keyof MemorySource['calls'], error: Error): void {
    this.#failures.push({ method, error });
  }

  /** The vectors of a space as they stood at a revision. Default: now. */
  at(collectionId: string, spaceId: string, revision = Infinity): State {
    const state = new Map<number, Float32Array>();
    for (const { added, removed } of this.#of(collectionId).changes.slice(0, revision)) {
      for (const { spaceId: space, ordinal, vector } of added)
        if (space === spaceId) state.set(ordinal, vector);
      for (const ordinal of removed) state.delete(ordinal);
    }
    return state;
  }

  /** The revision, at once. */
  revisionOf(collectionId: string): number {
    return this.#of(collectionId).changes.length;
  }

  async revision(collectionId: string): Promise<number | null> {
    await this.#called('revision');
    this.#mayFail('revision');
    return this.#collections.get(collectionId)?.changes.length ?? null;
  }

  async changes(
    collectionId: string,
    { spaceId, after, limit }: { spaceId: string; after: number; limit: number },
  ): Promise<VectorChanges | null> {
    await this.#called('changes');
    this.#mayFail('changes');
    const collection = this.#collections.get(collectionId);
    if (!collection || after < collection.prunedTo) return null;
    const most = Math.min(limit, this.#changesAtOnce);
    const now = this.at(collectionId, spaceId);
    const removed: number[] = [];
    const added: { ordinal: number; vector: Float32Array }[] = [];
    let upTo = after;
    for (const change of collection.changes.slice(after)) {
      // As in Postgres, vectors that are gone meanwhile are listed no more.
      const alive = change.added.filter((one) => one.spaceId === spaceId && now.has(one.ordinal));
      const full = added.length + removed.length + alive.length + change.removed.length > most;
      if (full && upTo > after) break;
      added.push(...alive.map(({ ordinal, vector }) => ({ ordinal, vector: vector.slice() })));
      removed.push(...change.removed);
      upTo += 1;
    }
    return { added, removed, upTo, complete: upTo === collection.changes.length };
  }

  async *all(collectionId: string, spaceId: string): ReturnType<VectorSource['all']> {
    await this.#called('all');
    const collection = this.#collections.get(collectionId);
    const revision = collection?.changes.length ?? 0;
    const vectors = collection ? [...this.at(collectionId, spaceId)].sort(([a], [b]) => a - b) : [];
    for (let start = 0; start === 0 || start < vectors.length; start += this.#allAtOnce) {
      const piece = vectors.slice(start, start + this.#allAtOnce);
      const dimension = piece[0]?.[1].length ?? 0;
      const values = new Float32Array(piece.length * dimension);
      piece.forEach(([, vector], index) => values.set(vector, index * dimension));
      yield { revision, ordinals: Int32Array.from(piece, ([ordinal]) => ordinal), vectors: values };
      this.#mayFail('all');
      await turn();
    }
  }

  /** As a database, it answers later: others have their turn meanwhile. */
  async #called(method: keyof MemorySource['calls']): Promise<void> {
    this.calls[method] += 1;
    await turn();
  }

  #mayFail(method: keyof MemorySource['calls']): void {
    const index = this.#failures.findIndex((failure) => failure.method === method);
    if (index >= 0) throw this.#failures.splice(index, 1)[0]!.error;
  }

  #commit(collection: Collection, change: Change): void {
    collection.changes.push(change);
  }

  #of(collectionId: string): Collection {
    const collection = this.#collections.get(collectionId);
    if (!collection) throw new RangeError(`there is no collection ${collectionId}`);
    return collection;
  }
}
