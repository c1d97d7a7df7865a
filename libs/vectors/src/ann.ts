/** Kinds of approximate (and, `flat`, exact) nearest-neighbour indexes. */
export type AnnKind = 'flat' | 'hnsw' | 'ivf' | 'ivf-pq';

/** How an index is built and searched; chosen by count, dimension and memory. */
export interface IndexPlan {
  readonly kind: AnnKind;
  /** As FAISS' index_factory reads it. */
  readonly factory: string;
  /** Vectors that training takes; 0 where nothing is trained. */
  readonly trainSize: number;
  readonly efSearch?: number;
  readonly nprobe?: number;
  /** Candidates per hit that are scored again exactly; 1 where the index's scores are exact. */
  readonly overFetch: number;
}

/** Immutable once built: positions 0..size-1 in the order of adding; inner product, best first. */
export interface AnnIndex {
  readonly plan: IndexPlan;
  readonly size: number;
  /** Of memory. */
  readonly bytes: number;
  search(query: Float32Array, k: number): { positions: Int32Array; scores: Float32Array };
  close?(): void;
}

/** A library of such indexes. Its calls block: it is used in processes of its own. */
export interface AnnLibrary {
  readonly id: 'faiss';
  readonly version: string;
  /** Writes an index of `count` vectors to a file; `chunks()` gives them in order, again and again. */
  build(options: {
    plan: IndexPlan;
    dimension: number;
    count: number;
    chunks: () => Iterable<Float32Array>;
    path: string;
    onProgress?: (done: number) => void;
  }): void;
  read(path: string, plan: IndexPlan): AnnIndex;
}
