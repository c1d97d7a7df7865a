import { VisionError } from '@fovea/contracts';
import { l2Normalize } from '@fovea/tensor';

/** Below it the parts of a query cancel each other out: what is left is rounding. */
const MIN_LENGTH = 1e-4;

/**
 * The direction of a query of several parts: the mean of what is wanted less the mean of what is not.
 * @param plus unit vectors of one dimension, at least one
 * @returns a unit vector
 * @throws INVALID_PARAMETER where nothing is left
 */
export function combine(plus: readonly Float32Array[], minus: readonly Float32Array[]): Float32Array {
  const [first] = plus;
  if (!first) throw new RangeError('plus must hold at least one vector');
  if (plus.length === 1 && minus.length === 0) return first;
  const sum = new Float64Array(first.length);
  for (const [vectors, weight] of [
    [plus, 1 / plus.length],
    [minus, -1 / minus.length],
  ] as const)
    for (const vector of vectors)
      vector.forEach((value, index) => (sum[index] = (sum[index] as number) + value * weight));
  if (Math.hypot(...sum) < MIN_LENGTH)
    throw new VisionError('INVALID_PARAMETER', 'the parts of the query cancel each other out', {
      hint: 'Take away something other than what is searched for.',
    });
  return l2Normalize(sum);
}

/**
 * A vector that a client sent, at length 1.
 * @param space its key and dimension
 * @throws INVALID_PARAMETER for another dimension, zeros, or a number that float32 does not hold
 */
export function unitVector(
  values: readonly number[],
  { key, dimension }: { key: string; dimension: number },
): Float32Array {
  const refuse = (detail: string, hint: string): never => {
    throw new VisionError('INVALID_PARAMETER', `vector: ${detail}`, { hint });
  };
  if (values.length !== dimension)
    refuse(
      `it has ${values.length} dimensions, the space ${key} has ${dimension}`,
      'Name the space that the vector belongs to, or make the vector again with the task embedding.',
    );
  // Dividing by the largest first: squares of very small numbers would vanish.
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (!Number.isFinite(Math.fround(largest)))
    refuse('a number is not finite in 32 bits', 'Numbers must lie within ±3.4e38.');
  if (!(largest > 0))
    refuse('it is all zeros, which points nowhere', 'Send the values of an embedding result.');
  return l2Normalize(values.map((value) => value / largest));
}
