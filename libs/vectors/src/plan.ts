import type { IndexPlan } from './ann.ts';

// Which index suits how many vectors: FAISS wiki, "Guidelines to choose an index"; what they cost:
// test/bench/retrieval.ts.

/** Comparing all takes a millisecond or two up to here. */
const FLAT_COUNT = 10_000;
/** A graph finds best, but building one of more takes longer than anybody waits. */
const GRAPH_COUNT = 250_000;
/** Neighbours of a node of the graph (Malkov and Yashunin 2018: 5 to 48; high dimensions want more). */
const GRAPH_NEIGHBOURS = 32;
const EF_SEARCH = 128;
/** Lists: so many times the square root of the count; of them this share, and at least so many, are searched. */
const LISTS_PER_ROOT = 4;
const PROBE_SHARE = 1 / 64;
const MIN_PROBES = 16;
/** Vectors that each list is learned from (FAISS warns below 39 and leaves out what is beyond 256). */
const TRAIN_PER_LIST = 40;
/** Bytes of a quantised vector: one for so many dimensions. */
const PQ_DIMENSIONS = 4;
/** Candidates for each hit where scores are of 8-bit values, and where they are of product codes. */
const SCALAR_OVER_FETCH = 2;
const PRODUCT_OVER_FETCH = 16;

export interface PlanOptions {
  readonly count: number;
  readonly dimension: number;
  /** What the index may take. */
  readonly memoryBytes: number;
}

/**
 * The kind of index for so many vectors: all compared, a graph, inverted lists of 8-bit values, inverted lists of
 * product codes, whichever is the first that suits their number and fits the memory.
 * @throws RangeError where a number is not positive
 * @example planIndex({ count: 1_000_000, dimension: 256, memoryBytes: 2 ** 30 }).factory; // 'IVF4000,SQ8'
 */
export function planIndex({ count, dimension, memoryBytes }: PlanOptions): IndexPlan {
  for (const [name, value] of Object.entries({ count, dimension, memoryBytes }))
    if (!(value > 0)) throw new RangeError(`${name} must be positive, not ${value}`);
  if (count < FLAT_COUNT) return { kind: 'flat', factory: 'Flat', trainSize: 0, overFetch: 1 };
  const graphBytes = count * (dimension * 4 + GRAPH_NEIGHBOURS * 2 * 4);
  if (count <= GRAPH_COUNT && graphBytes <= memoryBytes)
    return {
      kind: 'hnsw',
      factory: `HNSW${GRAPH_NEIGHBOURS}`,
      trainSize: 0,
      efSearch: EF_SEARCH,
      overFetch: 1,
    };
  const lists = Math.round(LISTS_PER_ROOT * Math.sqrt(count));
  const shared = {
    trainSize: Math.min(count, lists * TRAIN_PER_LIST),
    nprobe: Math.max(MIN_PROBES, Math.round(lists * PROBE_SHARE)),
  };
  if (count * (dimension + 8) <= memoryBytes)
    return { kind: 'ivf', factory: `IVF${lists},SQ8`, ...shared, overFetch: SCALAR_OVER_FETCH };
  return {
    kind: 'ivf-pq',
    // np: no polysemous training, which takes a hundred times as long and serves another search.
    factory: `IVF${lists},PQ${codeBytes(dimension)}np`,
    ...shared,
    overFetch: PRODUCT_OVER_FETCH,
  };
}

/** The number of codes must divide the dimension. */
function codeBytes(dimension: number): number {
  for (let codes = Math.max(1, Math.floor(dimension / PQ_DIMENSIONS)); codes > 1; codes--)
    if (dimension % codes === 0) return codes;
  return 1;
}
