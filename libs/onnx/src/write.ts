import { writeConstant } from './constants.ts';
import {
  dtypeNumber,
  type OnnxAttribute,
  type OnnxAttributes,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from './model.ts';
import {
  encodeModel,
  toLong,
  type AttributeProto,
  type FunctionProto,
  type GraphProto,
  type NodeProto,
  type OperatorSetProto,
  type ValueInfoProto,
} from './schema.ts';

const text = new TextEncoder();

/**
 * The bytes of an ONNX file; constants are written as raw data in their own element type.
 * @throws TypeError when a constant's value is not held as its type needs
 */
export function writeModel(model: OnnxModel): Uint8Array {
  return encodeModel({
    irVersion: toLong(model.irVersion),
    producerName: model.producer,
    producerVersion: model.producerVersion,
    domain: model.domain,
    modelVersion: toLong(model.modelVersion),
    graph: writeGraph(model.graph),
    opsetImport: writeOpsets({ '': model.opset, ...model.opsets }),
    metadataProps: Object.entries(model.metadata).map(([key, value]) => ({ key, value })),
    functions: model.functions.map(writeFunction),
  });
}

const writeOpsets = (opsets: Readonly<Record<string, number>>): OperatorSetProto[] =>
  Object.entries(opsets).map(([domain, version]) => ({ domain, version: toLong(version) }));

const writeGraph = (graph: OnnxGraph): GraphProto => ({
  name: graph.name,
  node: graph.nodes.map(writeNode),
  initializer: [...graph.initializers].map(([name, constant]) => writeConstant(name, constant)),
  input: graph.inputs.map(writeValue),
  output: graph.outputs.map(writeValue),
  valueInfo: graph.values.map(writeValue),
});

const writeValue = ({ name, dtype, shape }: OnnxValue): ValueInfoProto => ({
  name,
  ...(dtype
    ? {
        type: {
          tensorType: {
            elemType: dtypeNumber(dtype),
            ...(shape
              ? {
                  shape: {
                    dim: shape.map((dim) =>
                      typeof dim === 'number' ? { dimValue: toLong(dim) } : dim ? { dimParam: dim } : {},
                    ),
                  },
                }
              : {}),
          },
        },
      }
    : {}),
});

const writeNode = (node: OnnxNode): NodeProto => ({
  ...(node.name ? { name: node.name } : {}),
  opType: node.op,
  ...(node.domain ? { domain: node.domain } : {}),
  ...(node.overload ? { overload: node.overload } : {}),
  input: node.inputs,
  output: node.outputs,
  attribute: writeAttributes(node.attributes),
});

const writeAttributes = (attributes: OnnxAttributes): AttributeProto[] =>
  Object.entries(attributes).map(([name, attribute]) => ({ name, ...writeAttribute(attribute) }));

/** `type` is AttributeProto.AttributeType. */
function writeAttribute(attribute: OnnxAttribute): Omit<AttributeProto, 'name'> {
  switch (attribute.type) {
    case 'float':
      return { type: 1, f: attribute.value };
    case 'int':
      return { type: 2, i: toLong(attribute.value) };
    case 'string':
      return { type: 3, s: text.encode(attribute.value) };
    case 'tensor':
      return { type: 4, t: writeConstant('', attribute.value) };
    case 'graph':
      return { type: 5, g: writeGraph(attribute.value) };
    case 'floats':
      return { type: 6, floats: attribute.value };
    case 'ints':
      return { type: 7, ints: attribute.value.map(toLong) };
    case 'strings':
      return { type: 8, strings: attribute.value.map((value) => text.encode(value)) };
    case 'tensors':
      return { type: 9, tensors: attribute.value.map((value) => writeConstant('', value)) };
    case 'graphs':
      return { type: 10, graphs: attribute.value.map(writeGraph) };
    case 'reference':
      return { type: attribute.of, refAttrName: attribute.value };
  }
}

const writeFunction = (fn: OnnxFunction): FunctionProto => ({
  name: fn.name,
  domain: fn.domain,
  ...(fn.overload ? { overload: fn.overload } : {}),
  input: fn.inputs,
  output: fn.outputs,
  attribute: fn.attributes,
  attributeProto: writeAttributes(fn.defaults),
  node: fn.nodes.map(writeNode),
  opsetImport: writeOpsets(fn.opsets),
});
