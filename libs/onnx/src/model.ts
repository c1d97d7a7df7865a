import type { Tensor } from '@fovea/tensor';

/** ONNX element types by their number in TensorProto.DataType. */
const DTYPE_NUMBERS = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
} as const;

/** An element type of ONNX, by the name that model cards use. */
export type OnnxDtype = keyof typeof DTYPE_NUMBERS;
const NAMES = new Map<number, OnnxDtype>(
  Object.entries(DTYPE_NUMBERS).map(([name, number]) => [number, name as OnnxDtype]),
);
export const dtypeName = (number: number): OnnxDtype | undefined => NAMES.get(number);
export const dtypeNumber = (name: OnnxDtype): number => DTYPE_NUMBERS[name];

/**
 * A constant: its value, and the element type it has in the file. float16 and bfloat16 are widened to float32,
 * uint16 and int16 to int32, uint32 and uint64 to int64; writing narrows them again.
 */
export interface OnnxConstant {
  readonly dtype: OnnxDtype;
  readonly value: Tensor;
}

/** A dimension: a number, a name where it is dynamic, '' where nothing is known. */
export type OnnxDimension = number | string;

/** An input, output or intermediate value. */
export interface OnnxValue {
  readonly name: string;
  /** Undefined where the value is no tensor (sequence, map, optional) or has no declared type. */
  readonly dtype?: OnnxDtype;
  /** Undefined where not even the rank is known. */
  readonly shape?: readonly OnnxDimension[];
}

/** An attribute of a node; `reference` names an attribute of the function that the node stands in. */
export type OnnxAttribute =
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'tensor'; readonly value: OnnxConstant }
  | { readonly type: 'graph'; readonly value: OnnxGraph }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'ints'; readonly value: readonly bigint[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensors'; readonly value: readonly OnnxConstant[] }
  | { readonly type: 'graphs'; readonly value: readonly OnnxGraph[] }
  | { readonly type: 'reference'; readonly value: string; readonly of: number };
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export interface OnnxNode {
  readonly name: string;
  readonly op: string;
  /** '' is the standard operator set. */
  readonly domain: string;
  readonly overload?: string;
  /** '' where an optional input is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Types and shapes of intermediate values, as far as the file states them. */
  readonly values: readonly OnnxValue[];
  /** In an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, OnnxConstant>;
}

/** A function of the file: nodes that are called by the function's name like an operator. */
export interface OnnxFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly string[];
  readonly defaults: OnnxAttributes;
  readonly nodes: readonly OnnxNode[];
  readonly opsets: Readonly<Record<string, number>>;
}

export interface OnnxModel {
  readonly irVersion: number;
  /** Version of the standard operator set. */
  readonly opset: number;
  /** Versions of the other operator sets by domain. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: bigint;
  readonly metadata: Readonly<Record<string, string>>;
  readonly graph: OnnxGraph;
  readonly functions: readonly OnnxFunction[];
}
