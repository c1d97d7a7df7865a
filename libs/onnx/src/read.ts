import { VisionError } from '@fovea/contracts';
import { readConstant } from './constants.ts';
import { modelFailed } from './failure.ts';
import {
  dtypeName,
  type OnnxAttribute,
  type OnnxAttributes,
  type OnnxFunction,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from './model.ts';
import {
  decodeModel,
  toBigInt,
  type AttributeProto,
  type DimensionProto,
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type OperatorSetProto,
  type ValueInfoProto,
} from './schema.ts';

const text = new TextDecoder();

/**
 * Reads the bytes of an ONNX file into plain structures; constants of float16 become float32 tensors that remember
 * their type. Training information, sparse tensors and doc strings are not read.
 * @throws MODEL_FAILED when the bytes are no ONNX model, are cut short, or keep tensors in other files
 * @example const { graph } = readModel(await readFile('model.onnx')); graph.inputs[0]?.shape; // ['n', 224, 224, 3]
 */
export function readModel(bytes: Uint8Array): OnnxModel {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('bytes must be a Uint8Array');
  if (bytes.byteLength === 0) throw modelFailed('the ONNX file is empty');
  const proto = decode(bytes);
  if (!proto.graph) throw modelFailed(`the ${bytes.byteLength} bytes hold no ONNX graph`);
  const { '': opset, 'ai.onnx': alias, ...opsets } = readOpsets(proto.opsetImport);
  const version = opset ?? alias;
  if (version === undefined)
    throw modelFailed(
      `the ONNX file names no operator set: it may end too early (${bytes.byteLength} bytes)`,
    );
  try {
    return {
      irVersion: Number(toBigInt(proto.irVersion)),
      opset: version,
      opsets,
      producer: proto.producerName ?? '',
      producerVersion: proto.producerVersion ?? '',
      domain: proto.domain ?? '',
      modelVersion: proto.modelVersion ? toBigInt(proto.modelVersion) : 0n,
      metadata: Object.fromEntries(proto.metadataProps.map(({ key, value }) => [key, value])),
      graph: readGraph(proto.graph),
      functions: proto.functions.map(readFunction),
    };
  } catch (cause) {
    if (cause instanceof VisionError) throw cause;
    throw modelFailed('the ONNX file has a field of the wrong kind', undefined, cause);
  }
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return decodeModel(bytes);
  } catch (cause) {
    throw modelFailed(
      `the ${bytes.byteLength} bytes are no complete ONNX model: ${cause instanceof Error ? cause.message : String(cause)}`,
      undefined,
      cause,
    );
  }
}

const readOpsets = (imports: readonly OperatorSetProto[]): Record<string, number> =>
  Object.fromEntries(imports.map(({ domain, version }) => [domain ?? '', Number(toBigInt(version))]));

function readGraph(proto: GraphProto): OnnxGraph {
  if ((proto.sparseInitializer?.length ?? 0) > 0)
    throw modelFailed('the graph has sparse initializers, which are not read');
  return {
    name: proto.name ?? '',
    inputs: proto.input.map(readValue),
    outputs: proto.output.map(readValue),
    values: proto.valueInfo.map(readValue),
    nodes: proto.node.map(readNode),
    initializers: new Map(
      proto.initializer.map((tensor) => [
        tensor.name ?? '',
        readConstant(tensor, `initializer "${tensor.name ?? ''}"`),
      ]),
    ),
  };
}

const readDimension = (dim: DimensionProto): number | string =>
  Object.hasOwn(dim, 'dimValue') && dim.dimValue ? Number(toBigInt(dim.dimValue)) : (dim.dimParam ?? '');

function readValue(proto: ValueInfoProto): OnnxValue {
  const type = proto.type?.tensorType;
  const dtype = type ? dtypeName(type.elemType) : undefined;
  return {
    name: proto.name,
    ...(dtype ? { dtype } : {}),
    ...(type?.shape ? { shape: type.shape.dim.map(readDimension) } : {}),
  };
}

function readNode(proto: NodeProto): OnnxNode {
  if (!proto.opType) throw modelFailed(`node "${proto.name ?? ''}" names no operator`);
  return {
    name: proto.name ?? '',
    op: proto.opType,
    domain: proto.domain ?? '',
    ...(proto.overload ? { overload: proto.overload } : {}),
    inputs: [...proto.input],
    outputs: [...proto.output],
    attributes: readAttributes(proto.attribute, `${proto.opType} "${proto.name || (proto.output[0] ?? '')}"`),
  };
}

const readAttributes = (protos: readonly AttributeProto[], where: string): OnnxAttributes =>
  Object.fromEntries(
    protos.map((proto) => [proto.name, readAttribute(proto, `attribute ${proto.name} of ${where}`)]),
  );

/** By AttributeProto.AttributeType. */
function readAttribute(proto: AttributeProto, where: string): OnnxAttribute {
  if (proto.refAttrName) return { type: 'reference', value: proto.refAttrName, of: proto.type };
  switch (proto.type) {
    case 1:
      return { type: 'float', value: proto.f ?? 0 };
    case 2:
      return { type: 'int', value: proto.i ? toBigInt(proto.i) : 0n };
    case 3:
      return { type: 'string', value: text.decode(proto.s) };
    case 4:
      if (!proto.t) break;
      return { type: 'tensor', value: readConstant(proto.t, where) };
    case 5:
      if (!proto.g) break;
      return { type: 'graph', value: readGraph(proto.g) };
    case 6:
      return { type: 'floats', value: [...(proto.floats ?? [])] };
    case 7:
      return { type: 'ints', value: (proto.ints ?? []).map(toBigInt) };
    case 8:
      return { type: 'strings', value: (proto.strings ?? []).map((bytes) => text.decode(bytes)) };
    case 9:
      return { type: 'tensors', value: (proto.tensors ?? []).map((tensor) => readConstant(tensor, where)) };
    case 10:
      return { type: 'graphs', value: (proto.graphs ?? []).map(readGraph) };
  }
  throw modelFailed(`${where} has the type ${proto.type} or no value, which is not read`);
}

const readFunction = (proto: FunctionProto): OnnxFunction => ({
  name: proto.name,
  domain: proto.domain ?? '',
  ...(proto.overload ? { overload: proto.overload } : {}),
  inputs: [...proto.input],
  outputs: [...proto.output],
  attributes: [...proto.attribute],
  defaults: readAttributes(proto.attributeProto, `function ${proto.name}`),
  nodes: proto.node.map(readNode),
  opsets: readOpsets(proto.opsetImport),
});
