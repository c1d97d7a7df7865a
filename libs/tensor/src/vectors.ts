/** Numbers in a row: a typed array or a plain one. */
export type Numbers = ArrayLike<number>;

export interface Scored {
  readonly index: number;
  readonly score: number;
}

export interface SoftmaxOptions {
  /** First logit read. Default 0. */
  readonly offset?: number;
  /** How many are read. Default: all from `offset` on. */
  readonly length?: number;
  /** Logits are divided by it: above 1 flattens, below 1 sharpens. Default 1. */
  readonly temperature?: number;
}

/**
 * Probabilities from logits: shifted by their maximum and summed in 64 bits, so large logits do not overflow.
 * Any NaN makes every probability NaN; +Infinity takes the whole mass (shared when there are several);
 * logits that are all -Infinity give equal probabilities; no logits give none.
 * @throws RangeError when the window leaves the array or the temperature is not a positive finite number
 * @example softmax(Float32Array.of(0, 0)); // [0.5, 0.5]
 */
export function softmax(logits: Float32Array, options: SoftmaxOptions = {}): Float32Array {
  const { offset = 0, temperature = 1 } = options;
  const { length = logits.length - offset } = options;
  if (!(
    Number.isInteger(offset) &&
    Number.isInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= logits.length
  ))
    throw new RangeError(`softmax: offset ${offset} and length ${length} leave an array of ${logits.length}`);
  if (!(temperature > 0 && Number.isFinite(temperature)))
    throw new RangeError(`softmax: temperature must be positive and finite, got ${temperature}`);
  const window = logits.subarray(offset, offset + length);
  let max = -Infinity;
  for (const logit of window) if (!(logit <= max)) max = Number.isNaN(max) ? max : logit;
  // Infinity - Infinity is NaN: at an infinite maximum, those equal to it share the mass.
  const weight = Number.isFinite(max)
    ? (logit: number) => Math.exp((logit - max) / temperature)
    : (logit: number) => (Number.isNaN(max) ? NaN : logit === max ? 1 : 0);
  const weights = Float64Array.from(window, weight);
  const sum = weights.reduce((total, value) => total + value, 0);
  return Float32Array.from(weights, (value) => value / sum);
}

/** True when a ranks below b: lower score, or the same score later in the array. */
const ranksBelow = (scores: Numbers, a: number, b: number): boolean =>
  scores[a]! < scores[b]! || (scores[a] === scores[b] && a > b);

/** Restores the heap (worst element on top) below `parent`. */
function siftDown(heap: number[], scores: Numbers, parent: number): void {
  for (;;) {
    const left = 2 * parent + 1;
    if (left >= heap.length) return;
    const right = left + 1;
    const worst = right < heap.length && ranksBelow(scores, heap[right]!, heap[left]!) ? right : left;
    if (!ranksBelow(scores, heap[worst]!, heap[parent]!)) return;
    [heap[parent], heap[worst]] = [heap[worst]!, heap[parent]!];
    parent = worst;
  }
}

function siftUp(heap: number[], scores: Numbers, child: number): void {
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!ranksBelow(scores, heap[child]!, heap[parent]!)) return;
    [heap[parent], heap[child]] = [heap[child]!, heap[parent]!];
    child = parent;
  }
}

/**
 * The k largest scores, best first; equal scores in the order of their index. NaN is never among them.
 * O(n log k). k <= 0 gives none, k above the number of scores gives all.
 * @throws TypeError when k is not an integer (Infinity = all is allowed)
 * @example topK([0.1, 0.7, 0.2], 2); // [{ index: 1, score: 0.7 }, { index: 2, score: 0.2 }]
 */
export function topK(scores: Numbers, k: number): Scored[] {
  if (!Number.isInteger(k) && k !== Infinity) throw new TypeError(`topK: k must be an integer, got ${k}`);
  if (k <= 0) return [];
  const heap: number[] = [];
  for (let index = 0; index < scores.length; index++) {
    if (Number.isNaN(scores[index])) continue;
    if (heap.length < k) siftUp(heap, scores, heap.push(index) - 1);
    else if (ranksBelow(scores, heap[0]!, index)) {
      heap[0] = index;
      siftDown(heap, scores, 0);
    }
  }
  return heap
    .sort((a, b) => (ranksBelow(scores, a, b) ? 1 : -1))
    .map((index) => ({ index, score: scores[index]! }));
}

/** The index of the largest score, the first of equals; NaN is skipped; -1 when there is none. */
export function argmax(scores: Numbers): number {
  let best = -1;
  for (let index = 0; index < scores.length; index++) {
    const score = scores[index]!;
    if (!Number.isNaN(score) && (best < 0 || score > scores[best]!)) best = index;
  }
  return best;
}

/**
 * The cosine of two vectors, -1..1; 0 when either is all zeros; NaN when a component is NaN.
 * @throws RangeError when their lengths differ
 * @example cosine([1, 0], [1, 1]); // 0.707…
 */
export function cosine(a: Numbers, b: Numbers): number {
  if (a.length !== b.length) throw new RangeError(`cosine: lengths ${a.length} and ${b.length} differ`);
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    squaresA += a[i]! * a[i]!;
    squaresB += b[i]! * b[i]!;
  }
  if (squaresA === 0 || squaresB === 0) return Number.isNaN(dot) ? NaN : 0;
  // Rounding can leave the interval by an ulp.
  return Math.max(-1, Math.min(1, dot / (Math.sqrt(squaresA) * Math.sqrt(squaresB))));
}

/**
 * The vector scaled to length 1, as a new array; zeros stay zeros.
 * @example l2Normalize(Float32Array.of(3, 4)); // [0.6, 0.8]
 */
export function l2Normalize(vector: Numbers): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) squares += vector[i]! * vector[i]!;
  const length = Math.sqrt(squares);
  return Float32Array.from(vector, (value) => (squares === 0 ? 0 : value / length));
}
