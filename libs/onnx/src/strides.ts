import { elementCount } from '@fovea/tensor';

/** A constant may grow to this many elements by folding; beyond it a small file could fill the memory. */
const MAX_ELEMENTS = 2 ** 26;
export const fitsMemory = (dims: readonly number[]): boolean => elementCount(dims) <= MAX_ELEMENTS;

/** Elements to go for one step along each axis, row-major. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] as number) * (dims[axis + 1] as number);
  return strides;
}

type Visit = (left: number, right: number, index: number) => void;

/** Calls back with the offsets into two sources for every element of `dims`, in row-major order. */
export function walk(
  dims: readonly number[],
  left: readonly number[],
  right: readonly number[],
  visit: Visit,
): void {
  const count = elementCount(dims);
  const position = new Array<number>(dims.length).fill(0);
  let i = 0;
  let j = 0;
  for (let index = 0; index < count; index++) {
    visit(i, j, index);
    // The last axis moves on; an axis that is through goes back to its start and moves the one before it.
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const dim = dims[axis] as number;
      const next = (position[axis] as number) + 1;
      i += left[axis] as number;
      j += right[axis] as number;
      position[axis] = next;
      if (next < dim) break;
      position[axis] = 0;
      i -= dim * (left[axis] as number);
      j -= dim * (right[axis] as number);
    }
  }
}

export interface Broadcast {
  readonly dims: readonly number[];
  readonly count: number;
  /** The indices of both sides and of the result, in the order of the result. */
  each(visit: Visit): void;
}

/** Two shapes laid over each other from the right (numpy's rule), or undefined where they do not fit or the result is too large. */
export function broadcast(left: readonly number[], right: readonly number[]): Broadcast | undefined {
  const rank = Math.max(left.length, right.length);
  const pad = (dims: readonly number[]) => [...new Array<number>(rank - dims.length).fill(1), ...dims];
  const [a, b] = [pad(left), pad(right)];
  if (a.some((dim, axis) => dim !== b[axis] && dim !== 1 && b[axis] !== 1)) return undefined;
  const dims = a.map((dim, axis) => (dim === 1 ? (b[axis] as number) : dim));
  if (!fitsMemory(dims)) return undefined;
  const still = (side: number[]) => stridesOf(side).map((stride, axis) => (side[axis] === 1 ? 0 : stride));
  return { dims, count: elementCount(dims), each: (visit) => walk(dims, still(a), still(b), visit) };
}
