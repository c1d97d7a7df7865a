import type { IndexInfo } from '@fovea/contracts';

// What the server and the vector host say to each other. Messages arrive in the order of sending.

/** How an index stands. */
export interface IndexStats extends Omit<IndexInfo, 'backend'> {
  readonly revision: number;
  /** Vectors of the snapshot, deleted ones included. */
  readonly built: number;
  /** The snapshot has an index of the library. */
  readonly ann: boolean;
  /** Rows that the next build takes in or leaves out. */
  readonly waste: number;
}

export interface OpenRequest {
  /** Chosen by the server. */
  readonly handle: number;
  readonly dimension: number;
  readonly spaceId: string;
  /** A snapshot's folder, checked unless it was just made; or vectors that were gathered; or nothing. */
  readonly from:
    | { readonly snapshot: string; readonly check: boolean }
    | { readonly gathered: string; readonly revision: number; readonly count: number }
    | { readonly empty: true; readonly revision: number };
  /** Vectors of a snapshot without an index of the library are kept in memory up to this size. */
  readonly inMemoryBytes: number;
}

/** Changes that become visible together. */
export interface ApplyRequest {
  readonly handle: number;
  readonly ordinals: Int32Array;
  readonly vectors: Float32Array;
  readonly removed: Int32Array;
  readonly upTo: number;
}

export interface SearchRequest {
  readonly handle: number;
  readonly query: Float32Array;
  readonly k: number;
  readonly only?: Int32Array;
  readonly exact: boolean;
}
export interface SearchReply {
  readonly ordinals: Int32Array;
  readonly scores: Float64Array;
  readonly exact: boolean;
  readonly stats: IndexStats;
}

export interface PairsReply {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly scores: Float64Array;
}

/** How an index differs from what it was compared with. */
export interface Differences {
  readonly missing: number;
  readonly surplus: number;
  readonly different: number;
}

/** Every call: what is asked and what is answered. */
export interface HostCalls {
  open: { ask: OpenRequest; answer: IndexStats | { readonly unreadable: string } };
  apply: { ask: ApplyRequest; answer: IndexStats };
  search: { ask: SearchRequest; answer: SearchReply };
  neighbours: { ask: { handle: number; k: number; minScore: number }; answer: PairsReply };
  /** At most `limit` ordinals, evenly chosen, rising. */
  pick: { ask: { handle: number; limit: number }; answer: { ordinals: Int32Array; stats: IndexStats } };
  /** Vectors of ordinals; of those that are gone, none: the ordinals that are left come with them. */
  read: {
    ask: { handle: number; ordinals: Int32Array };
    answer: { ordinals: Int32Array; vectors: Float32Array };
  };
  /** A piece of the truth; the first of a comparison, numbered by the server, begins it. */
  compare: {
    ask: { handle: number; comparison: number; ordinals: Int32Array; vectors: Float32Array };
    answer: null;
  };
  /** Ends a comparison; what changed while it ran is excused. */
  compared: { ask: { handle: number; comparison: number; excused: Int32Array }; answer: Differences };
  close: { ask: { handle: number }; answer: null };
}
export type HostOp = keyof HostCalls;

export type ToHost =
  | { [Op in HostOp]: { readonly id: number; readonly op: Op; readonly ask: HostCalls[Op]['ask'] } }[HostOp]
  | { readonly op: 'cancel'; readonly id: number };

export type FromHost =
  | { readonly hello: { readonly version: string } | { readonly missing: string } }
  | { readonly id: number; readonly answer: HostCalls[HostOp]['answer'] }
  | { readonly id: number; readonly failed: string; readonly cancelled: boolean };

export interface HostSettings {
  readonly backend: 'auto' | 'faiss' | 'exact';
}
