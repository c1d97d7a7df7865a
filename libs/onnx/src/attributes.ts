import type { OnnxNode } from './model.ts';

/** An int attribute of a node, or the operator's default. */
export function intAttribute(node: OnnxNode, name: string, otherwise: number): number {
  const attribute = node.attributes[name];
  return attribute?.type === 'int' ? Number(attribute.value) : otherwise;
}

/** A list of ints of a node, or undefined where it is not given. */
export function intsAttribute(node: OnnxNode, name: string): readonly number[] | undefined {
  const attribute = node.attributes[name];
  return attribute?.type === 'ints' ? attribute.value.map(Number) : undefined;
}
