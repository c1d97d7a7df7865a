import { tensor } from '@fovea/tensor';
import { concat, filled, gather, reshape, shapeOf, slice, squeeze, transpose, unsqueeze } from './arrange.ts';
import { intAttribute } from './attributes.ts';
import { arithmetic, cast, dequantize } from './elementwise.ts';
import type { OnnxConstant, OnnxGraph, OnnxModel, OnnxNode } from './model.ts';

type Evaluate = (node: OnnxNode, inputs: readonly (OnnxConstant | undefined)[]) => OnnxConstant | undefined;

const both =
  (operation: 'Add' | 'Sub' | 'Mul' | 'Div'): Evaluate =>
  (_, [a, b]) =>
    a && b && arithmetic(operation, a, b);

/** The operators that are evaluated, with one output each. */
const OPERATORS: Readonly<Record<string, Evaluate>> = {
  Constant: constantNode,
  ConstantOfShape: (node, [shape]) => filled(node, shape),
  Identity: (_, [input]) => input,
  Shape: (node, [input]) => input && shapeOf(node, input.value),
  Cast: (node, [input]) => input && cast(input, intAttribute(node, 'to', 0)),
  DequantizeLinear: dequantize,
  Add: both('Add'),
  Sub: both('Sub'),
  Mul: both('Mul'),
  Div: both('Div'),
  Reshape: reshape,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Concat: concat,
  Slice: slice,
  Gather: gather,
};

function constantNode(node: OnnxNode): OnnxConstant | undefined {
  const {
    value,
    value_float: float,
    value_floats: floats,
    value_int: int,
    value_ints: ints,
  } = node.attributes;
  if (value?.type === 'tensor') return value.value;
  if (float?.type === 'float')
    return { dtype: 'float32', value: tensor('float32', [], Float32Array.of(float.value)) };
  if (floats?.type === 'floats')
    return {
      dtype: 'float32',
      value: tensor('float32', [floats.value.length], Float32Array.from(floats.value)),
    };
  if (int?.type === 'int') return { dtype: 'int64', value: tensor('int64', [], BigInt64Array.of(int.value)) };
  if (ints?.type === 'ints')
    return { dtype: 'int64', value: tensor('int64', [ints.value.length], BigInt64Array.from(ints.value)) };
  return undefined;
}

/**
 * The same model with every node evaluated whose inputs are constants, as far as the operator is one of those that
 * restore stored weights or compute shapes: Constant, ConstantOfShape, Identity, Shape, Cast, DequantizeLinear, Add, Sub,
 * Mul, Div, Reshape, Transpose, Unsqueeze, Squeeze, Concat, Slice, Gather. Others stay, as do subgraphs, nodes whose
 * result is an output of the model, and results beyond 2^26 elements. Constants that nothing uses any more are left out.
 * @example foldConstants(model).graph.initializers.get('conv.weight'); // float32, where the file had float16 and a Cast
 */
export function foldConstants(model: OnnxModel): OnnxModel {
  return { ...model, graph: foldGraph(model.graph) };
}

function foldGraph(graph: OnnxGraph): OnnxGraph {
  // An initializer that is also an input is only a default, which the caller may replace.
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const constants = new Map([...graph.initializers].filter(([name]) => !inputs.has(name)));
  const nodes = graph.nodes.filter((node) => {
    const [output] = node.outputs;
    const result = output && !outputs.has(output) ? evaluate(node, constants) : undefined;
    if (output && result) constants.set(output, result);
    return !result;
  });
  const used = usedNames(nodes, outputs);
  const defaults = [...graph.initializers].filter(([name]) => inputs.has(name));
  return {
    ...graph,
    nodes,
    values: graph.values.filter(({ name }) => !constants.has(name)),
    initializers: new Map([...defaults, ...[...constants].filter(([name]) => used.has(name))]),
  };
}

function evaluate(node: OnnxNode, constants: ReadonlyMap<string, OnnxConstant>): OnnxConstant | undefined {
  if (node.outputs.length !== 1 || (node.domain !== '' && node.domain !== 'ai.onnx')) return undefined;
  const operator = Object.hasOwn(OPERATORS, node.op) ? OPERATORS[node.op] : undefined;
  if (!operator || node.inputs.some((name) => name !== '' && !constants.has(name))) return undefined;
  return operator(
    node,
    node.inputs.map((name) => constants.get(name)),
  );
}

/** Every name that nodes read, those of their subgraphs included. */
function usedNames(nodes: readonly OnnxNode[], outputs: Iterable<string>): Set<string> {
  const used = new Set(outputs);
  for (const node of nodes) {
    for (const name of node.inputs) used.add(name);
    for (const inner of subgraphs(node))
      for (const name of usedNames(
        inner.nodes,
        inner.outputs.map(({ name: output }) => output),
      ))
        used.add(name);
  }
  return used;
}

/** The graphs that a node holds (If, Loop, Scan). */
export function subgraphs(node: OnnxNode): OnnxGraph[] {
  return Object.values(node.attributes).flatMap((attribute) => {
    if (attribute.type === 'graph') return [attribute.value];
    return attribute.type === 'graphs' ? [...attribute.value] : [];
  });
}
