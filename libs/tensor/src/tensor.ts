/** The element types that cross the inference border, by the array that holds them. */
export interface TensorData {
  uint8: Uint8Array;
  int8: Int8Array;
  int32: Int32Array;
  int64: BigInt64Array;
  float32: Float32Array;
  float64: Float64Array;
  bool: Uint8Array;
}
export type TensorType = keyof TensorData;

/** A dense tensor in row-major order; axis 0 is the batch unless a model says otherwise. */
export type Tensor<T extends TensorType = TensorType> = {
  [K in T]: { readonly type: K; readonly dims: readonly number[]; readonly data: TensorData[K] };
}[T];
export type Tensors = Readonly<Record<string, Tensor>>;

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
  bool: Uint8Array,
} as const;

export const TENSOR_TYPES = Object.keys(ARRAYS) as TensorType[];
export const isTensorType = (name: string): name is TensorType => Object.hasOwn(ARRAYS, name);
/** Bytes of one element. */
export const elementBytes = (type: TensorType): number => ARRAYS[type].BYTES_PER_ELEMENT;
/** The number of elements of a shape; 1 for a scalar. */
export const elementCount = (dims: readonly number[]): number =>
  dims.reduce((product, dim) => product * dim, 1);

/**
 * A tensor from its type, dims and data; the data is not copied.
 * @throws TypeError when the array is not the type's, RangeError when its length is not the dims' product
 */
export function tensor<T extends TensorType>(
  type: T,
  dims: readonly number[],
  data: TensorData[T],
): Tensor<T> {
  if (!(data instanceof ARRAYS[type]))
    throw new TypeError(`data of a ${type} tensor must be a ${ARRAYS[type].name}`);
  const wanted = elementCount(dims);
  if (data.length !== wanted)
    throw new RangeError(`dims [${dims.join(', ')}] need ${wanted} elements, data has ${data.length}`);
  return { type, dims, data } as Tensor<T>;
}

/** A view of bytes as the elements of a type; copies only where the offset is not aligned. */
export function viewAs<T extends TensorType>(type: T, bytes: Uint8Array): TensorData[T] {
  const Arr = ARRAYS[type];
  const size = Arr.BYTES_PER_ELEMENT;
  // Not slice(): a Node Buffer's slice is a view at the same offset.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new Arr(
    aligned.buffer as ArrayBuffer,
    aligned.byteOffset,
    aligned.byteLength / size,
  ) as TensorData[T];
}
