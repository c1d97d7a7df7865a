import type { IndexInfo, IndexReport, Projection } from '@fovea/contracts';

/** One index: one space of one collection. */
export interface IndexRef {
  readonly collectionId: string;
  readonly spaceId: string;
  readonly dimension: number;
}

export interface VectorHit {
  readonly ordinal: number;
  /** Cosine, exact: computed from the full vectors whatever the index keeps. */
  readonly score: number;
}

export interface VectorSearch {
  /** At most so many hits, best first; more than there are is no error. */
  readonly k: number;
  /** Only these ordinals, sorted ascending; few of them are compared one by one. */
  readonly only?: Int32Array;
  /** Default false: compare with every vector. */
  readonly exact?: boolean;
  readonly signal?: AbortSignal;
}

export interface VectorAnswer {
  readonly hits: readonly VectorHit[];
  /** Every vector was compared. */
  readonly exact: boolean;
  readonly info: IndexInfo;
}

/** Search by vectors: indexes that follow Postgres and are made from it again whenever something is wrong with them. */
export interface VectorPort {
  readonly backend: { readonly id: IndexInfo['backend']; readonly reason: string };
  /** Every change that was committed before the call is seen. @throws CATALOG_UNAVAILABLE, CANCELLED, INTERNAL */
  search(ref: IndexRef, query: Float32Array, options: VectorSearch): Promise<VectorAnswer>;
  /** Of every item its k nearest others at or above a score; for near-duplicates. */
  neighbours(
    ref: IndexRef,
    options: { k: number; minScore: number; signal?: AbortSignal },
  ): Promise<readonly { readonly a: number; readonly b: number; readonly score: number }[]>;
  /** Places the vectors in the plane, 0..1; at most `limit` of them, evenly chosen. The same vectors give the same places. */
  project(
    ref: IndexRef,
    options: { method: Projection; limit: number; signal?: AbortSignal },
  ): Promise<{ readonly ordinals: Int32Array; /** x, y, x, y, … */ readonly points: Float32Array }>;
  /** Null until the index is in memory. */
  info(ref: IndexRef): IndexInfo | null;
  /** The files again from Postgres, then compared. */
  rebuild(
    ref: IndexRef,
    options?: { signal?: AbortSignal; onProgress?: (done: number, total: number) => void },
  ): Promise<Omit<IndexReport, 'space'>>;
  /** The index compared with Postgres: ordinals and vectors. */
  verify(ref: IndexRef): Promise<Omit<IndexReport, 'space'>>;
  /** Forgets the indexes of a collection, and their files. */
  drop(collectionId: string): Promise<void>;
}
