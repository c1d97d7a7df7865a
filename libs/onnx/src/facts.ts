import { foldConstants, subgraphs } from './fold.ts';
import type { OnnxGraph, OnnxModel, OnnxValue } from './model.ts';

/** What a model is, without running it. */
export interface GraphFacts {
  readonly producer: string;
  readonly irVersion: number;
  /** Version of the standard operator set. */
  readonly opset: number;
  /** Domains of operators beside the standard ones. */
  readonly domains: readonly string[];
  /** Without initializers that are listed as inputs; dynamic dimensions by name. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Numbers learnt in training: see {@link graphFacts}. */
  readonly parameters: number;
  /** Nodes by operator after constant folding, those of subgraphs included. */
  readonly ops: Readonly<Record<string, number>>;
}

const WEIGHT_TYPE = /^(b?float(16|32|64)|u?int8)$/;

/**
 * Facts of a graph. `parameters` counts, after constant folding, the elements of every constant of a floating-point or
 * 8-bit type that has more than one element, each constant once. So weights that are stored as float16 or int8 and
 * restored by nodes count as what they become; bounds, scales of a whole tensor (scalars), shapes and indices (int32,
 * int64) do not count.
 */
export function graphFacts(model: OnnxModel): GraphFacts {
  const { graph } = foldConstants(model);
  const ops: Record<string, number> = {};
  let parameters = 0;
  const visit = ({ nodes, initializers }: OnnxGraph): void => {
    for (const { dtype, value } of initializers.values())
      if (WEIGHT_TYPE.test(dtype) && value.data.length > 1) parameters += value.data.length;
    for (const node of nodes) {
      const name = node.domain === '' || node.domain === 'ai.onnx' ? node.op : `${node.domain}.${node.op}`;
      ops[name] = (ops[name] ?? 0) + 1;
      subgraphs(node).forEach(visit);
    }
  };
  visit(graph);
  return {
    producer: [model.producer, model.producerVersion].filter(Boolean).join(' '),
    irVersion: model.irVersion,
    opset: model.opset,
    domains: Object.keys(model.opsets),
    inputs: graph.inputs.filter(({ name }) => !graph.initializers.has(name)),
    outputs: graph.outputs,
    parameters,
    ops: Object.fromEntries(Object.entries(ops).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
