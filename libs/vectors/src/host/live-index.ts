import type { AnnIndex } from '../ann.ts';
import type { ApplyRequest, IndexStats } from './protocol.ts';
import { MemoryVectors, type RawVectors } from './raw-vectors.ts';

/** What an index is made of when it is opened. */
export interface Base {
  readonly dimension: number;
  readonly revision: number;
  /** Rising, one for every row. */
  readonly ordinals: Int32Array;
  readonly vectors: RawVectors;
  readonly ann: AnnIndex | null;
  readonly builtAt: string | null;
}

/** A moment of an index: what was there then stays visible to who holds it, whatever is applied meanwhile. */
export interface View {
  readonly version: number;
  readonly size: number;
}

/**
 * An index that follows the changes of its collection: rows of a snapshot, then rows added since. Every row remembers
 * when it was removed, so that searches that take several turns see one revision.
 */
export class LiveIndex {
  readonly dimension: number;
  readonly base: Base;
  readonly tail: MemoryVectors;
  #revision: number;
  #version = 1;
  #tailOrdinals = new Int32Array(64);
  readonly #tailPositions = new Map<number, number>();
  /** By position: the version that removed it; 0 = it is there. */
  #removedAt: Int32Array<ArrayBuffer>;
  #removedOfBase = 0;
  #removedOfTail = 0;

  constructor(base: Base) {
    this.base = base;
    this.dimension = base.dimension;
    this.#revision = base.revision;
    this.#removedAt = new Int32Array(base.ordinals.length + 64);
    this.tail = new MemoryVectors(base.dimension);
  }

  get revision(): number {
    return this.#revision;
  }

  /** Rows, removed ones included. */
  get size(): number {
    return this.base.ordinals.length + this.tail.count;
  }

  /** Rows of the snapshot that are still there. */
  get liveOfBase(): number {
    return this.base.ordinals.length - this.#removedOfBase;
  }

  view(): View {
    return { version: this.#version, size: this.size };
  }

  isLive(position: number, view: View): boolean {
    const removed = this.#removedAt[position]!;
    return position < view.size && (removed === 0 || removed > view.version);
  }

  ordinalAt(position: number): number {
    const built = this.base.ordinals.length;
    return position < built ? this.base.ordinals[position]! : this.#tailOrdinals[position - built]!;
  }

  /** Where an ordinal's vector is now, or -1. */
  positionOf(ordinal: number): number {
    const added = this.#tailPositions.get(ordinal);
    if (added !== undefined) return added;
    let low = 0;
    let high = this.base.ordinals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.base.ordinals[middle]! < ordinal) low = middle + 1;
      else high = middle;
    }
    return this.base.ordinals[low] === ordinal && this.#removedAt[low] === 0 ? low : -1;
  }

  /** Rows from a position on: at least one, at most up to `to`; good until the next call. */
  rows(from: number, to: number): Float32Array {
    const built = this.base.ordinals.length;
    return from < built
      ? this.base.vectors.rows(from, Math.min(to, built))
      : this.tail.rows(from - built, to - built);
  }

  /** Applies changes at once. @throws RangeError where their vectors have another dimension */
  apply({ ordinals, vectors, removed, upTo }: Omit<ApplyRequest, 'handle'>): void {
    if (vectors.length !== ordinals.length * this.dimension)
      throw new RangeError(
        `${ordinals.length} vectors of dimension ${this.dimension} have not ${vectors.length} values`,
      );
    this.#version += 1;
    this.#reserve(ordinals.length);
    for (const [index, ordinal] of ordinals.entries()) {
      // A vector that is there already is replaced.
      this.#remove(ordinal);
      const position = this.size;
      this.#tailOrdinals[this.tail.count] = ordinal;
      this.#tailPositions.set(ordinal, position);
      this.tail.add(vectors.subarray(index * this.dimension, (index + 1) * this.dimension));
    }
    for (const ordinal of removed) this.#remove(ordinal);
    this.#revision = upTo;
  }

  stats(): IndexStats {
    const built = this.base.ordinals.length;
    const pending = this.tail.count - this.#removedOfTail;
    const { ann, vectors, builtAt } = this.base;
    const tables = this.base.ordinals.byteLength + this.#removedAt.byteLength + this.#tailOrdinals.byteLength;
    return {
      kind: this.size === 0 ? 'empty' : (ann?.plan.kind ?? 'flat'),
      items: this.liveOfBase + pending,
      pending,
      deleted: this.#removedOfBase,
      bytes: Math.round((ann?.bytes ?? 0) + vectors.bytes + this.tail.bytes + tables),
      builtAt,
      revision: this.#revision,
      built,
      ann: ann !== null,
      waste: this.tail.count + this.#removedOfBase,
    };
  }

  close(): void {
    this.base.ann?.close?.();
    this.base.vectors.close();
    this.tail.close();
  }

  #remove(ordinal: number): void {
    const position = this.positionOf(ordinal);
    if (position < 0) return;
    this.#removedAt[position] = this.#version;
    this.#tailPositions.delete(ordinal);
    if (position < this.base.ordinals.length) this.#removedOfBase += 1;
    else this.#removedOfTail += 1;
  }

  #reserve(more: number): void {
    this.#tailOrdinals = grown(this.#tailOrdinals, this.tail.count + more);
    this.#removedAt = grown(this.#removedAt, this.size + more);
  }
}

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  if (array.length >= length) return array;
  const larger = new Int32Array(Math.max(length, 64 + Math.ceil(array.length * 1.5)));
  larger.set(array);
  return larger;
}
