import {
  writeModel,
  type OnnxAttribute,
  type OnnxConstant,
  type OnnxDimension,
  type OnnxDtype,
  type OnnxGraph,
  type OnnxNode,
} from '@fovea/onnx';
import { tensor, type Tensor, type TensorType } from '@fovea/tensor';

/** `[element type, shape]`; a name is a dynamic dimension, `n` by custom the batch. */
export type TinyValue = readonly [dtype: OnnxDtype, shape: readonly OnnxDimension[]];

/** A plain attribute: whole numbers become ints, wrap others with {@link float}; a tensor, a list or a subgraph as they are. */
export type TinyAttribute = number | string | readonly number[] | Tensor | TinyGraph | OnnxAttribute;

export interface TinyGraph {
  readonly inputs: Readonly<Record<string, TinyValue>>;
  readonly outputs: Readonly<Record<string, TinyValue>>;
  readonly nodes: readonly OnnxNode[];
  /** A bare tensor, or one with the element type it has in the file (`{ dtype: 'float16', value }`). */
  readonly initializers?: Readonly<Record<string, Tensor | OnnxConstant>>;
}

export interface TinyModel extends TinyGraph {
  /** Version of the standard operator set; default 17. */
  readonly opset?: number;
}

/** float32 values with their dims; without dims a row. */
export const float32 = (
  values: readonly number[],
  dims: readonly number[] = [values.length],
): Tensor<'float32'> => tensor('float32', dims, Float32Array.from(values));
/** int64 values with their dims; without dims a row. Shapes, axes and indices are such. */
export const int64 = (
  values: readonly number[],
  dims: readonly number[] = [values.length],
): Tensor<'int64'> => tensor('int64', dims, BigInt64Array.from(values, BigInt));
/** uint8 values with their dims; without dims a row. */
export const uint8 = (
  values: readonly number[],
  dims: readonly number[] = [values.length],
): Tensor<'uint8'> => tensor('uint8', dims, Uint8Array.from(values));
/** booleans with their dims; without dims a row. */
export const bool = (values: readonly boolean[], dims: readonly number[] = [values.length]): Tensor<'bool'> =>
  tensor('bool', dims, Uint8Array.from(values, Number));
/** A float attribute, where a whole number would be taken for an int. */
export const float = (value: number): OnnxAttribute => ({ type: 'float', value });

/**
 * A node of a tiny graph.
 * @param inputs names, '' for an optional input that is left out
 * @example node('Gemm', ['x', 'w', 'b'], ['y'], { transB: 1, alpha: float(2) })
 */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, TinyAttribute>> = {},
): OnnxNode {
  const entries = Object.entries(attributes).map(([name, value]) => [name, attribute(value)] as const);
  return {
    name: `${op}:${outputs[0] ?? ''}`,
    op,
    domain: '',
    inputs,
    outputs,
    attributes: Object.fromEntries(entries),
  };
}

function attribute(value: TinyAttribute): OnnxAttribute {
  if (typeof value === 'number')
    return Number.isInteger(value) ? { type: 'int', value: BigInt(value) } : { type: 'float', value };
  if (typeof value === 'string') return { type: 'string', value };
  if (isList(value))
    return value.every(Number.isInteger)
      ? { type: 'ints', value: value.map(BigInt) }
      : { type: 'floats', value };
  if ('data' in value) return { type: 'tensor', value: constant(value) };
  if ('nodes' in value) return { type: 'graph', value: graph(value) };
  return value;
}

const isList = (value: object): value is readonly number[] => Array.isArray(value);

const constant = (value: Tensor | OnnxConstant): OnnxConstant =>
  'dtype' in value ? value : { dtype: value.type satisfies TensorType & OnnxDtype, value };

const values = (declared: Readonly<Record<string, TinyValue>>) =>
  Object.entries(declared).map(([name, [dtype, shape]]) => ({ name, dtype, shape }));

const graph = (tiny: TinyGraph): OnnxGraph => ({
  name: 'tiny',
  inputs: values(tiny.inputs),
  outputs: values(tiny.outputs),
  values: [],
  nodes: tiny.nodes,
  initializers: new Map(
    Object.entries(tiny.initializers ?? {}).map(([name, value]) => [name, constant(value)]),
  ),
});

/**
 * The bytes of an ONNX model from one expression: for tests that run a real model instead of a pretended one.
 * @example
 * tinyModel({
 *   inputs: { x: ['float32', ['n', 4]] },
 *   outputs: { y: ['float32', ['n', 4]] },
 *   nodes: [node('Add', ['x', 'b'], ['y'])],
 *   initializers: { b: float32([1, 2, 3, 4]) },
 * })
 */
export const tinyModel = (tiny: TinyModel): Uint8Array =>
  writeModel({
    irVersion: 8,
    opset: tiny.opset ?? 17,
    opsets: {},
    producer: 'fovea-testing',
    producerVersion: '',
    domain: '',
    modelVersion: 0n,
    metadata: {},
    graph: graph(tiny),
    functions: [],
  });
