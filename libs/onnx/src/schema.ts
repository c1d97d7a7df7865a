import protobuf from 'protobufjs/light.js';

// The messages of the public ONNX specification (onnx.proto, IR version 3 to 11) that Fovea reads and writes, by field
// number. Left out: training information, sparse tensors, quantisation annotations and doc strings; a reader of
// protocol buffers skips what it does not know.

type Field = readonly [id: number, type: string];

const one = (id: number, type: string): Field => [id, type];
const many = (id: number, type: string): readonly [...Field, 'repeated'] => [id, type, 'repeated'];
/** Numbers that the specification declares as packed; the others are not, reading accepts both. */
const packed = (id: number, type: string): readonly [...Field, 'packed'] => [id, type, 'packed'];

const MESSAGES = {
  ModelProto: {
    irVersion: one(1, 'int64'),
    producerName: one(2, 'string'),
    producerVersion: one(3, 'string'),
    domain: one(4, 'string'),
    modelVersion: one(5, 'int64'),
    graph: one(7, 'GraphProto'),
    opsetImport: many(8, 'OperatorSetIdProto'),
    metadataProps: many(14, 'StringStringEntryProto'),
    functions: many(25, 'FunctionProto'),
  },
  OperatorSetIdProto: { domain: one(1, 'string'), version: one(2, 'int64') },
  StringStringEntryProto: { key: one(1, 'string'), value: one(2, 'string') },
  GraphProto: {
    node: many(1, 'NodeProto'),
    name: one(2, 'string'),
    initializer: many(5, 'TensorProto'),
    input: many(11, 'ValueInfoProto'),
    output: many(12, 'ValueInfoProto'),
    valueInfo: many(13, 'ValueInfoProto'),
    sparseInitializer: many(15, 'bytes'),
  },
  NodeProto: {
    input: many(1, 'string'),
    output: many(2, 'string'),
    name: one(3, 'string'),
    opType: one(4, 'string'),
    attribute: many(5, 'AttributeProto'),
    domain: one(7, 'string'),
    overload: one(8, 'string'),
  },
  FunctionProto: {
    name: one(1, 'string'),
    input: many(4, 'string'),
    output: many(5, 'string'),
    attribute: many(6, 'string'),
    node: many(7, 'NodeProto'),
    opsetImport: many(9, 'OperatorSetIdProto'),
    domain: one(10, 'string'),
    attributeProto: many(11, 'AttributeProto'),
    overload: one(13, 'string'),
  },
  AttributeProto: {
    name: one(1, 'string'),
    f: one(2, 'float'),
    i: one(3, 'int64'),
    s: one(4, 'bytes'),
    t: one(5, 'TensorProto'),
    g: one(6, 'GraphProto'),
    floats: many(7, 'float'),
    ints: many(8, 'int64'),
    strings: many(9, 'bytes'),
    tensors: many(10, 'TensorProto'),
    graphs: many(11, 'GraphProto'),
    type: one(20, 'int32'),
    refAttrName: one(21, 'string'),
  },
  ValueInfoProto: { name: one(1, 'string'), type: one(2, 'TypeProto') },
  TypeProto: { tensorType: one(1, 'TensorTypeProto') },
  TensorTypeProto: { elemType: one(1, 'int32'), shape: one(2, 'TensorShapeProto') },
  TensorShapeProto: { dim: many(1, 'DimensionProto') },
  DimensionProto: { dimValue: one(1, 'int64'), dimParam: one(2, 'string') },
  TensorProto: {
    dims: many(1, 'int64'),
    dataType: one(2, 'int32'),
    floatData: packed(4, 'float'),
    int32Data: packed(5, 'int32'),
    int64Data: packed(7, 'int64'),
    name: one(8, 'string'),
    rawData: one(9, 'bytes'),
    doubleData: packed(10, 'double'),
    uint64Data: packed(11, 'uint64'),
    externalData: many(13, 'StringStringEntryProto'),
    dataLocation: one(14, 'int32'),
  },
} as const satisfies Record<string, Record<string, readonly [number, string, ('repeated' | 'packed')?]>>;

const root = new protobuf.Root();
for (const [name, fields] of Object.entries(MESSAGES)) {
  const type = new protobuf.Type(name);
  for (const [field, [id, kind, rule]] of Object.entries<readonly [number, string, string?]>(fields))
    type.add(
      new protobuf.Field(
        field,
        id,
        kind,
        rule ? 'repeated' : 'optional',
        undefined,
        rule ? { packed: rule === 'packed' } : {},
      ),
    );
  root.add(type);
}
root.resolveAll();
const modelType = root.lookupType('ModelProto');

/** A 64-bit integer as the protobuf library hands it over. */
export interface Long {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}
/** Joins the halves of a 64-bit integer, read as signed. */
export const toBigInt = (value: Long): bigint => (BigInt(value.high | 0) << 32n) | BigInt(value.low >>> 0);
/** Splits a 64-bit integer for the protobuf library. */
export const toLong = (value: bigint | number): Long => {
  const bits = BigInt(value);
  return {
    low: Number(BigInt.asIntN(32, bits)),
    high: Number(BigInt.asIntN(32, bits >> 32n)),
    unsigned: false,
  };
};

export interface Entry {
  readonly key: string;
  readonly value: string;
}
export interface OperatorSetProto {
  readonly domain?: string;
  readonly version: Long;
}
export interface TensorProto {
  readonly name?: string;
  readonly dims: readonly Long[];
  readonly dataType: number;
  readonly floatData?: readonly number[];
  readonly int32Data?: readonly number[];
  readonly int64Data?: readonly Long[];
  readonly doubleData?: readonly number[];
  readonly uint64Data?: readonly Long[];
  readonly rawData?: Uint8Array;
  readonly externalData?: readonly Entry[];
  readonly dataLocation?: number;
}
export interface AttributeProto {
  readonly name: string;
  readonly type: number;
  readonly refAttrName?: string;
  readonly f?: number;
  readonly i?: Long;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly floats?: readonly number[];
  readonly ints?: readonly Long[];
  readonly strings?: readonly Uint8Array[];
  readonly tensors?: readonly TensorProto[];
  readonly graphs?: readonly GraphProto[];
}
export interface NodeProto {
  readonly name?: string;
  readonly opType: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}
export interface DimensionProto {
  readonly dimValue?: Long;
  readonly dimParam?: string;
}
export interface ValueInfoProto {
  readonly name: string;
  readonly type?: {
    readonly tensorType?: {
      readonly elemType: number;
      readonly shape?: { readonly dim: readonly DimensionProto[] } | null;
    } | null;
  } | null;
}
export interface GraphProto {
  readonly name?: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
  readonly valueInfo: readonly ValueInfoProto[];
  readonly sparseInitializer?: readonly Uint8Array[];
}
export interface FunctionProto {
  readonly name: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly string[];
  readonly attributeProto: readonly AttributeProto[];
  readonly node: readonly NodeProto[];
  readonly opsetImport: readonly OperatorSetProto[];
}
export interface ModelProto {
  readonly irVersion: Long;
  readonly producerName?: string;
  readonly producerVersion?: string;
  readonly domain?: string;
  readonly modelVersion?: Long;
  readonly graph?: GraphProto | null;
  readonly opsetImport: readonly OperatorSetProto[];
  readonly metadataProps: readonly Entry[];
  readonly functions: readonly FunctionProto[];
}

/** Decodes the bytes of an ONNX file; throws the protobuf library's own errors. */
export const decodeModel = (bytes: Uint8Array): ModelProto =>
  modelType.decode(bytes) as unknown as ModelProto;
/** Encodes a message as an ONNX file. */
export const encodeModel = (model: ModelProto): Uint8Array =>
  new Uint8Array(modelType.encode(model).finish());
