import { elementCount, tensor, type Tensor, type TensorData, type TensorType } from './tensor.ts';

// Axis 0 is the batch: these cut and join along it. Cutting copies nothing.

const shape = (dims: readonly number[]): string => `[${dims.join(', ')}]`;

function slice<T extends TensorType>(source: Tensor<T>, dims: readonly number[], start: number): Tensor<T> {
  const data = source.data.subarray(start, start + elementCount(dims)) as TensorData[T];
  return tensor(source.type as T, dims, data);
}

function rowCount({ dims }: { readonly dims: readonly number[] }): number {
  const [rows] = dims;
  if (rows === undefined) throw new RangeError('a scalar has no rows');
  return rows;
}

/**
 * Row `index` on axis 0, without that axis: a view, not a copy.
 * @throws RangeError for a scalar, or an index that is not a row
 * @example row(logits, 0); // dims [1000] of logits with dims [n, 1000]
 */
export function row<T extends TensorType>(source: Tensor<T>, index: number): Tensor<T> {
  const rows = rowCount(source);
  if (!(Number.isInteger(index) && index >= 0 && index < rows))
    throw new RangeError(`row ${index} is not in a tensor of ${rows} rows`);
  const dims = source.dims.slice(1);
  return slice(source, dims, index * elementCount(dims));
}

/**
 * The rows of all tensors in one, in order. A single tensor is returned as it is; several are copied.
 * @throws RangeError when there are none, or types or dims (but axis 0) differ
 * @example concatRows([a, b]); // dims [2 + 3, 224, 224, 3] from [2, 224, 224, 3] and [3, 224, 224, 3]
 */
export function concatRows<T extends TensorType>(tensors: readonly Tensor<T>[]): Tensor<T> {
  const [first] = tensors;
  if (!first) throw new RangeError('concatRows: at least one tensor is needed');
  const rest = shape(first.dims.slice(1));
  let rows = 0;
  for (const each of tensors) {
    rows += rowCount(each);
    if (each.type !== first.type)
      throw new RangeError(`concatRows: types ${first.type} and ${each.type} differ`);
    if (each.dims.length !== first.dims.length || shape(each.dims.slice(1)) !== rest)
      throw new RangeError(
        `concatRows: dims ${shape(first.dims)} and ${shape(each.dims)} differ beyond axis 0`,
      );
  }
  if (tensors.length === 1) return first;
  const dims = [rows, ...first.dims.slice(1)];
  const Arr = first.data.constructor as new (length: number) => TensorData[T];
  const data = new Arr(elementCount(dims));
  let offset = 0;
  for (const each of tensors) {
    // Same type, checked above; TypeScript cannot pair the two unions.
    (data as Uint8Array).set(each.data as Uint8Array, offset);
    offset += each.data.length;
  }
  return tensor(first.type as T, dims, data);
}

/**
 * The tensor cut into pieces of so many rows each: views, not copies. The inverse of {@link concatRows}.
 * @throws RangeError when a count is not a whole number >= 0, or they do not add up to the rows
 * @example splitRows(outputs, [2, 3]); // dims [2, 1000] and [3, 1000] from [5, 1000]
 */
export function splitRows<T extends TensorType>(source: Tensor<T>, counts: readonly number[]): Tensor<T>[] {
  const rows = rowCount(source);
  const sum = counts.reduce((total, count) => total + count, 0);
  if (!counts.every((count) => Number.isInteger(count) && count >= 0) || sum !== rows)
    throw new RangeError(`splitRows: counts ${shape(counts)} do not add up to ${rows} rows`);
  const rest = source.dims.slice(1);
  const rowLength = elementCount(rest);
  let start = 0;
  return counts.map((count) => {
    const piece = slice(source, [count, ...rest], start);
    start += count * rowLength;
    return piece;
  });
}
