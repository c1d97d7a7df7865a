import { modelFailed } from './failure.ts';
import type { OnnxModel, OnnxNode, OnnxValue } from './model.ts';

/** A tensor inside a graph that is to leave it as well, under a name of its own. */
export interface AddedOutput extends OnnxValue {
  /** Its name in the graph: an output of a node. */
  readonly tensor: string;
}

/**
 * The model with tensors inside its graph as further outputs, after those it has; what it computes stays the same.
 * @throws MODEL_FAILED when there is no such tensor, TypeError when a name is taken
 */
export function addOutputs(model: OnnxModel, added: readonly AddedOutput[]): OnnxModel {
  const { graph } = model;
  const made = new Set(graph.nodes.flatMap(({ outputs }) => outputs));
  const taken = new Set([...made, ...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()]);
  const nodes: OnnxNode[] = [];
  for (const { name, tensor } of added) {
    if (!made.has(tensor)) throw modelFailed(`the graph computes no tensor "${tensor}"`);
    if (taken.has(name)) throw new TypeError(`the graph has a tensor "${name}" already`);
    taken.add(name);
    nodes.push({
      name: `output ${name}`,
      op: 'Identity',
      domain: '',
      inputs: [tensor],
      outputs: [name],
      attributes: {},
    });
  }
  const outputs = added.map(({ name, dtype, shape }): OnnxValue => ({
    name,
    ...(dtype === undefined ? {} : { dtype }),
    ...(shape === undefined ? {} : { shape }),
  }));
  return {
    ...model,
    graph: { ...graph, nodes: [...graph.nodes, ...nodes], outputs: [...graph.outputs, ...outputs] },
  };
}
