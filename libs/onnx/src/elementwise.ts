import { tensor, type Tensor } from '@fovea/tensor';
import { intAttribute } from './attributes.ts';
import { emptyLike, heldAs } from './constants.ts';
import { brainsToFloats, floatsToBrains, floatsToHalves, halvesToFloats } from './float16.ts';
import { dtypeName, type OnnxConstant, type OnnxDtype, type OnnxNode } from './model.ts';
import { broadcast } from './strides.ts';

// Operators that compute a number from numbers, as the ONNX operator reference defines them. Each answers undefined
// where it cannot be exact: then the node stays in the graph.

const INTEGERS = { uint8: [0, 255], int8: [-128, 127], uint16: [0, 65535], int16: [-32768, 32767] } as const;
const isFloat = (dtype: OnnxDtype): boolean => /^b?float(16|32|64)$/.test(dtype);

/** Cast between numeric types; a float that an integer type cannot hold is left to the runtime. */
export function cast(input: OnnxConstant, to: number): OnnxConstant | undefined {
  const dtype = dtypeName(to);
  const held = dtype && heldAs(dtype);
  if (!dtype || !held || dtype === 'uint64' || input.dtype === 'uint64') return undefined;
  if (dtype === input.dtype) return input;
  const { value } = input;
  if (dtype === 'bool')
    return { dtype, value: tensor('bool', value.dims, Uint8Array.from(value.data, truth)) };
  if (isFloat(dtype)) return { dtype, value: toFloats(value, dtype) };
  const numbers = toNumbers(value);
  const [low, high] = integerRange(dtype);
  for (const number of numbers) if (!(number > low - 1 && number < high + 1)) return undefined;
  if (held !== 'int64') {
    const data = emptyLike(held, numbers.length) as Int32Array;
    for (let i = 0; i < numbers.length; i++) data[i] = Math.trunc(numbers[i] as number);
    return { dtype, value: tensor(held, value.dims, data as never) };
  }
  const integers =
    value.data instanceof BigInt64Array
      ? value.data
      : BigInt64Array.from(numbers, (n) => BigInt(Math.trunc(n)));
  return { dtype, value: tensor('int64', value.dims, integers) };
}

const truth = (value: number | bigint): number => Number(Boolean(value) || Number.isNaN(value));

function integerRange(dtype: OnnxDtype): readonly [number, number] {
  if (dtype in INTEGERS) return INTEGERS[dtype as keyof typeof INTEGERS];
  if (dtype === 'uint32') return [0, 2 ** 32 - 1];
  return dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [-(2 ** 63), 2 ** 63 - 1024];
}

/** Converted by the array's own constructor, which is far faster than a function an element. */
const toNumbers = ({ data }: Tensor): Float64Array =>
  data instanceof BigInt64Array ? Float64Array.from(data, Number) : new Float64Array(data);

function toFloats(value: Tensor, dtype: OnnxDtype): Tensor {
  if (dtype === 'float64') return tensor('float64', value.dims, toNumbers(value));
  const { data } = value;
  // An int64 is rounded once more on its way through float64; beyond 2^53 the last bit may differ from the runtime's.
  const floats =
    data instanceof Float32Array
      ? data
      : new Float32Array(data instanceof BigInt64Array ? toNumbers(value) : data);
  if (dtype === 'float16') return tensor('float32', value.dims, halvesToFloats(floatsToHalves(floats)));
  if (dtype === 'bfloat16') return tensor('float32', value.dims, brainsToFloats(floatsToBrains(floats)));
  return tensor('float32', value.dims, floats);
}

type Operation = 'Add' | 'Sub' | 'Mul' | 'Div';
// In float64, then rounded to float32 by the array: the same as one float32 operation (53 >= 2 * 24 + 2 bits).
const NUMBERS: Record<Operation, (a: number, b: number) => number> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};
const BIGINTS: Record<Operation, (a: bigint, b: bigint) => bigint> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};

/** Add, Sub, Mul, Div with broadcasting, for float32, float64, int32 and int64. */
export function arithmetic(operation: Operation, a: OnnxConstant, b: OnnxConstant): OnnxConstant | undefined {
  const { dtype } = a;
  if (dtype !== b.dtype) return undefined;
  const layout = broadcast(a.value.dims, b.value.dims);
  if (!layout) return undefined;
  if (dtype === 'float32' || dtype === 'float64') {
    const [left, right] = [a.value.data as Float32Array, b.value.data as Float32Array];
    const data = emptyLike(dtype, layout.count) as Float32Array;
    const compute = NUMBERS[operation];
    layout.each((i, j, k) => (data[k] = compute(left[i] as number, right[j] as number)));
    return { dtype, value: tensor(dtype, layout.dims, data as never) };
  }
  if (dtype !== 'int32' && dtype !== 'int64') return undefined;
  if (operation === 'Div' && b.value.data.some((value: number | bigint) => !value)) return undefined;
  const [left, right] = [a.value.data, b.value.data];
  // Integers wrap around, which the arrays do on their own.
  const wide = new BigInt64Array(layout.count);
  const compute = BIGINTS[operation];
  layout.each((i, j, k) => (wide[k] = compute(BigInt(left[i] as number), BigInt(right[j] as number))));
  if (dtype === 'int64') return { dtype, value: tensor('int64', layout.dims, wide) };
  const narrow = Int32Array.from(wide, (value) => Number(BigInt.asIntN(32, value)));
  return { dtype, value: tensor('int32', layout.dims, narrow) };
}

/** DequantizeLinear to float32, with one scale or one per slice of an axis; blocks are left to the runtime. */
export function dequantize(
  node: OnnxNode,
  [input, scale, zero]: readonly (OnnxConstant | undefined)[],
): OnnxConstant | undefined {
  if (!input || !scale || scale.dtype !== 'float32' || scale.value.dims.length > 1) return undefined;
  if (!['uint8', 'int8', 'uint16', 'int16', 'int32'].includes(input.dtype)) return undefined;
  if (intAttribute(node, 'block_size', 0) !== 0) return undefined;
  const { dims } = input.value;
  const slices = scale.value.data.length;
  const perTensor = scale.value.dims.length === 0 || slices === 1;
  const axis = intAttribute(node, 'axis', 1);
  const at = axis < 0 ? axis + dims.length : axis;
  if (!perTensor && dims[at] !== slices) return undefined;
  const inner = perTensor ? 1 : dims.slice(at + 1).reduce((product, dim) => product * dim, 1);
  const [values, scales] = [input.value.data as Int32Array, scale.value.data as Float32Array];
  const zeros = zero?.value.data as Int32Array | undefined;
  const data = new Float32Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const slice = perTensor ? 0 : Math.floor(i / inner) % slices;
    data[i] = ((values[i] as number) - (zeros?.[slice] ?? 0)) * (scales[slice] as number);
  }
  return { dtype: 'float32', value: tensor('float32', dims, data) };
}
