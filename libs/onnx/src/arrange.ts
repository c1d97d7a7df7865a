import { elementCount, tensor, type Tensor } from '@fovea/tensor';
import { intAttribute, intsAttribute } from './attributes.ts';
import { emptyLike } from './constants.ts';
import type { OnnxConstant, OnnxNode } from './model.ts';
import { fitsMemory, stridesOf, walk } from './strides.ts';

// Operators that move elements and leave them as they are; each answers undefined where its inputs do not fit, and the
// node stays in the graph.

type Inputs = readonly (OnnxConstant | undefined)[];

const withDims = ({ dtype, value }: OnnxConstant, dims: readonly number[]): OnnxConstant | undefined =>
  dims.every(Number.isInteger) && elementCount(dims) === value.data.length
    ? { dtype, value: tensor(value.type, dims, value.data as never) }
    : undefined;

/** The whole numbers of an int input. */
const integers = (constant: OnnxConstant | undefined): number[] | undefined =>
  constant && Array.from(constant.value.data as ArrayLike<number>, Number);

const fromEnd = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Collects elements of a source: `strides` may be zero or negative. */
function gatherStrided(
  source: OnnxConstant,
  dims: readonly number[],
  strides: readonly number[],
  start = 0,
): OnnxConstant {
  const { type, data } = source.value;
  const out = emptyLike(type, elementCount(dims)) as Float32Array;
  const from = data as Float32Array;
  walk(dims, strides, strides, (offset, _, index) => (out[index] = from[start + offset] as number));
  return { dtype: source.dtype, value: tensor(type, dims, out as never) };
}

export function reshape(node: OnnxNode, [input, shape]: Inputs): OnnxConstant | undefined {
  const wanted = integers(shape);
  if (!input || !wanted) return undefined;
  const keepZero = intAttribute(node, 'allowzero', 0) === 0;
  const dims = wanted.map((dim, axis) => (dim === 0 && keepZero ? (input.value.dims[axis] ?? 0) : dim));
  const known = dims.reduce((product, dim) => (dim === -1 ? product : product * dim), 1);
  return withDims(
    input,
    dims.map((dim) => (dim === -1 ? input.value.data.length / known : dim)),
  );
}

export function transpose(node: OnnxNode, [input]: Inputs): OnnxConstant | undefined {
  if (!input) return undefined;
  const { dims } = input.value;
  const order = intsAttribute(node, 'perm') ?? dims.map((_, axis) => dims.length - 1 - axis);
  if (order.length !== dims.length) return undefined;
  const strides = stridesOf(dims);
  return gatherStrided(
    input,
    order.map((axis) => dims[axis] as number),
    order.map((axis) => strides[axis] as number),
  );
}

/** `axes` is an attribute up to operator set 12, an input from 13 on. */
const axesOf = (node: OnnxNode, input: OnnxConstant | undefined): readonly number[] | undefined =>
  intsAttribute(node, 'axes') ?? integers(input);

export function unsqueeze(node: OnnxNode, [input, axes]: Inputs): OnnxConstant | undefined {
  const at = axesOf(node, axes);
  if (!input || !at) return undefined;
  const rank = input.value.dims.length + at.length;
  const added = new Set(at.map((axis) => fromEnd(axis, rank)));
  const rest = [...input.value.dims];
  return withDims(
    input,
    Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))),
  );
}

export function squeeze(node: OnnxNode, [input, axes]: Inputs): OnnxConstant | undefined {
  if (!input) return undefined;
  const { dims } = input.value;
  const at = axesOf(node, axes)?.map((axis) => fromEnd(axis, dims.length));
  return withDims(
    input,
    dims.filter((dim, axis) => (at ? !at.includes(axis) : dim !== 1)),
  );
}

export function concat(node: OnnxNode, inputs: Inputs): OnnxConstant | undefined {
  const parts = inputs.filter((input) => input !== undefined);
  const [first] = parts;
  if (!first || parts.length !== inputs.length || parts.some((part) => part.dtype !== first.dtype))
    return undefined;
  const axis = fromEnd(intAttribute(node, 'axis', 0), first.value.dims.length);
  const dims = first.value.dims.map((dim, at) =>
    at === axis ? parts.reduce((sum, part) => sum + (part.value.dims[axis] ?? 0), 0) : dim,
  );
  if (elementCount(dims) !== parts.reduce((sum, part) => sum + part.value.data.length, 0)) return undefined;
  const data = emptyLike(first.value.type, elementCount(dims));
  const outer = elementCount(dims.slice(0, axis));
  let at = 0;
  for (let row = 0; row < outer; row++)
    for (const { value } of parts) {
      const length = value.data.length / outer;
      (data as Float32Array).set((value.data as Float32Array).subarray(row * length, (row + 1) * length), at);
      at += length;
    }
  return { dtype: first.dtype, value: tensor(first.value.type, dims, data as never) };
}

/** `starts`, `ends` and `axes` are attributes up to operator set 9, inputs from 10 on. */
export function slice(
  node: OnnxNode,
  [input, startsIn, endsIn, axesIn, stepsIn]: Inputs,
): OnnxConstant | undefined {
  const starts = intsAttribute(node, 'starts') ?? integers(startsIn);
  const ends = intsAttribute(node, 'ends') ?? integers(endsIn);
  if (!input || !starts || !ends) return undefined;
  const { dims } = input.value;
  const axes = axesOf(node, axesIn) ?? starts.map((_, axis) => axis);
  const steps = integers(stepsIn) ?? starts.map(() => 1);
  const taken = [...dims];
  const strides = stridesOf(dims);
  const full = [...strides];
  let origin = 0;
  for (const [i, given] of axes.entries()) {
    const axis = fromEnd(given, dims.length);
    const [dim, step, stride] = [dims[axis], steps[i], full[axis]];
    if (dim === undefined || stride === undefined || !step) return undefined;
    const clamp = (at: number, low: number, high: number) => Math.min(Math.max(fromEnd(at, dim), low), high);
    const start = step > 0 ? clamp(starts[i] ?? 0, 0, dim) : clamp(starts[i] ?? 0, 0, dim - 1);
    const end = step > 0 ? clamp(ends[i] ?? 0, 0, dim) : clamp(ends[i] ?? 0, -1, dim - 1);
    taken[axis] = Math.max(0, Math.ceil((end - start) / step));
    strides[axis] = stride * step;
    origin += start * stride;
  }
  return gatherStrided(input, taken, strides, origin);
}

export function gather(node: OnnxNode, [input, indices]: Inputs): OnnxConstant | undefined {
  const wanted = integers(indices);
  if (!input || !indices || !wanted) return undefined;
  const { dims, type, data } = input.value;
  const axis = fromEnd(intAttribute(node, 'axis', 0), dims.length);
  const length = dims[axis];
  if (length === undefined || wanted.some((index) => index < -length || index >= length)) return undefined;
  const [outer, inner] = [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis + 1))];
  const outDims = [...dims.slice(0, axis), ...indices.value.dims, ...dims.slice(axis + 1)];
  if (!fitsMemory(outDims)) return undefined;
  const out = emptyLike(type, elementCount(outDims)) as Float32Array;
  let at = 0;
  for (let row = 0; row < outer; row++)
    for (const index of wanted) {
      const from = (row * length + fromEnd(index, length)) * inner;
      out.set((data as Float32Array).subarray(from, from + inner), at);
      at += inner;
    }
  return { dtype: input.dtype, value: tensor(type, outDims, out as never) };
}

/** Shape of a constant, with `start` and `end` of operator set 15. */
export function shapeOf(node: OnnxNode, value: Tensor): OnnxConstant {
  const end = node.attributes['end'];
  const dims = value.dims.slice(
    intAttribute(node, 'start', 0),
    end?.type === 'int' ? Number(end.value) : undefined,
  );
  return { dtype: 'int64', value: tensor('int64', [dims.length], BigInt64Array.from(dims, BigInt)) };
}

/** ConstantOfShape: one value (default float32 zero) everywhere. */
export function filled(node: OnnxNode, shape: OnnxConstant | undefined): OnnxConstant | undefined {
  const dims = integers(shape);
  if (!dims || dims.some((dim) => dim < 0) || !fitsMemory(dims)) return undefined;
  const given = node.attributes['value'];
  if (given?.type !== 'tensor')
    return { dtype: 'float32', value: tensor('float32', dims, new Float32Array(elementCount(dims))) };
  const { dtype, value } = given.value;
  const data = emptyLike(value.type, elementCount(dims)) as Float32Array;
  return {
    dtype,
    value: tensor(value.type, dims, data.fill((value.data as Float32Array)[0] as number) as never),
  };
}
