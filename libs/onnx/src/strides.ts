import { elementCount } from '@fovea/tensor';

/** Elements to go for one step along each axis, row-major. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] as number) * (dims[axis + 1] as number);
  return strides;
}

/** Calls back with the offset into a source for every element of `dims` in row-major order. */
export function walk(
  dims: readonly number[],
  strides: readonly number[],
  visit: (offset: number, index: number) => void,
): void {
  const count = elementCount(dims);
  const position = new Array<number>(dims.length).fill(0);
  let offset = 0;
  for (let index = 0; index < count; index++) {
    visit(offset, index);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const [dim, stride] = [dims[axis] as number, strides[axis] as number];
      position[axis] = (position[axis] as number) + 1;
      offset += stride;
      if ((position[axis] as number) < dim) break;
      position[axis] = 0;
      offset -= dim * stride;
    }
  }
}

export interface Broadcast {
  readonly dims: readonly number[];
  readonly count: number;
  /** The indices of both sides and of the result, in the order of the result. */
  each(visit: (left: number, right: number, result: number) => void): void;
}

/** Two shapes laid over each other from the right (numpy's rule), or undefined where they do not fit. */
export function broadcast(left: readonly number[], right: readonly number[]): Broadcast | undefined {
  const rank = Math.max(left.length, right.length);
  const pad = (dims: readonly number[]) => [...new Array<number>(rank - dims.length).fill(1), ...dims];
  const [a, b] = [pad(left), pad(right)];
  if (a.some((dim, axis) => dim !== b[axis] && dim !== 1 && b[axis] !== 1)) return undefined;
  const dims = a.map((dim, axis) => (dim === 1 ? (b[axis] as number) : dim));
  const still = (side: number[]) => stridesOf(side).map((stride, axis) => (side[axis] === 1 ? 0 : stride));
  const count = elementCount(dims);
  return {
    dims,
    count,
    each(visit) {
      const offsets = new Float64Array(count);
      walk(dims, still(a), (offset, index) => (offsets[index] = offset));
      walk(dims, still(b), (offset, index) => visit(offsets[index] as number, offset, index));
    },
  };
}
