import type { Tensor } from '@fovea/tensor';

/**
 * Rows of a tensor (its axis 0), in the order named, each as often as it is named.
 * @throws RangeError when there is no such row
 * @example
 * gatherRows({ type: 'float32', dims: [2, 1], data: Float32Array.of(5, 6) }, [1, 1, 0]).data // 6, 6, 5
 */
export function gatherRows<T extends Tensor>(tensor: T, rows: readonly number[]): T {
  const [count = 0, ...inner] = tensor.dims;
  const length = inner.reduce((product, dim) => product * dim, 1);
  // Of the same element type: all typed arrays can be made from a length, and set from one another's like.
  const data = new (tensor.data.constructor as new (length: number) => Float32Array)(rows.length * length);
  const source = tensor.data as Float32Array;
  rows.forEach((row, index) => {
    if (!Number.isInteger(row) || row < 0 || row >= count)
      throw new RangeError(`a tensor of ${count} rows has no row ${row}`);
    data.set(source.subarray(row * length, (row + 1) * length), index * length);
  });
  return { ...tensor, dims: [rows.length, ...inner], data } as T;
}
