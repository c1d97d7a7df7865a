import type { IndexPlan } from './ann.ts';

// Which index for how many vectors. Bytes, sizes of training sets and numbers of lists: FAISS' wiki, "Guidelines to choose
// an index" and "Faiss indexes"; `efSearch` and `nprobe`: measured with `npm run bench:retrieval`.

/** Fewer are compared one by one in about a millisecond. */
const FLAT_BELOW = 10_000;
/** Links of a vertex of the graph; at its bottom twice as many. The wiki's range is 4 to 64. */
const HNSW_LINKS = 32;
/** The wiki's range of nlist is 4 to 16 times the root of the count. */
const LISTS_PER_ROOT = 4;
/** The wiki wants 30 to 256 training vectors a list; FAISS warns below 39. */
const TRAINING_PER_LIST = 39;
/**
 * Numbers of a training set. The binding takes it as one plain array and makes an object of each number for the time of
 * the call: some 36 bytes each, 1.1 GB here.
 */
const TRAINING_NUMBERS = 32_000_000;
/** Numbers that a product quantizer keeps as one byte. */
const NUMBERS_PER_BYTE = 4;
/** A list's entry: its id of 8 bytes; a graph's: level and offset. */
const ENTRY_BYTES = 12;

export interface PlanOptions {
  readonly count: number;
  readonly dimension: number;
  /** What the index may take of memory. */
  readonly memoryBytes: number;
}

/** The most even number of bytes of a code that divides the dimension. */
function codeBytes(dimension: number): number {
  let bytes = Math.max(1, Math.floor(dimension / NUMBERS_PER_BYTE));
  while (dimension % bytes !== 0) bytes -= 1;
  return bytes;
}

/**
 * The index for so many vectors: exact while that is fast; a graph (HNSW) while it fits, because it is the fastest and the
 * most exact; then inverted lists with a byte a number; then with product quantization. The last two only find
 * candidates, which are scored again exactly.
 * @param options.count vectors
 * @example planIndex({ count: 1_000_000, dimension: 256, memoryBytes: 2 ** 31 }).factory // HNSW32
 */
export function planIndex({ count, dimension, memoryBytes }: PlanOptions): IndexPlan {
  if (count < FLAT_BELOW) return { kind: 'flat', factory: 'Flat', trainSize: 0, overFetch: 1 };
  if (count * (dimension * 4 + HNSW_LINKS * 2 * 4 + ENTRY_BYTES) <= memoryBytes)
    return { kind: 'hnsw', factory: `HNSW${HNSW_LINKS}`, trainSize: 0, efSearch: 128, overFetch: 1 };

  const trainable = Math.floor(TRAINING_NUMBERS / dimension);
  const lists = Math.max(
    1,
    Math.floor(
      Math.min(LISTS_PER_ROOT * Math.sqrt(count), Math.min(count, trainable) / TRAINING_PER_LIST),
    ),
  );
  const trainSize = Math.min(count, lists * TRAINING_PER_LIST);
  const nprobe = Math.min(lists, 32);
  if (count * (dimension + ENTRY_BYTES) <= memoryBytes)
    return { kind: 'ivf', factory: `IVF${lists},SQ8`, trainSize, nprobe, overFetch: 4 };
  return { kind: 'ivf-pq', factory: `IVF${lists},PQ${codeBytes(dimension)}`, trainSize, nprobe, overFetch: 16 };
}
