import { elementCount, tensor, viewAs, type Tensor, type TensorType } from '@fovea/tensor';
import { brainsToFloats, floatsToBrains, floatsToHalves, halvesToFloats } from './float16.ts';
import { dtypeName, dtypeNumber, type OnnxConstant, type OnnxDtype } from './model.ts';
import { modelFailed } from './failure.ts';
import { toBigInt, toLong, type TensorProto } from './schema.ts';

/** DataLocation.EXTERNAL of the specification. */
const EXTERNAL = 1;

/** How the elements of a type are stored: the tensor type they are held in, and the array of the file. */
interface Storage {
  readonly held: TensorType;
  readonly bytes: number;
  readonly read: (raw: Uint8Array) => Tensor['data'];
  readonly write: (data: Tensor['data']) => ArrayBufferView;
}

const same = (held: TensorType, bytes: number): Storage => ({
  held,
  bytes,
  read: (raw) => viewAs(held, raw),
  write: (data) => data,
});
const uint16s = (raw: Uint8Array): Uint16Array => new Uint16Array(raw.slice().buffer);

/** The types that a constant may have; the file is little-endian, as is every machine that Fovea runs on. */
const STORAGE: Partial<Record<OnnxDtype, Storage>> = {
  uint8: same('uint8', 1),
  int8: same('int8', 1),
  int32: same('int32', 4),
  int64: same('int64', 8),
  float32: same('float32', 4),
  float64: same('float64', 8),
  bool: same('bool', 1),
  float16: {
    held: 'float32',
    bytes: 2,
    read: (raw) => halvesToFloats(uint16s(raw)),
    write: (data) => floatsToHalves(data as Float32Array),
  },
  bfloat16: {
    held: 'float32',
    bytes: 2,
    read: (raw) => brainsToFloats(uint16s(raw)),
    write: (data) => floatsToBrains(data as Float32Array),
  },
  uint16: {
    held: 'int32',
    bytes: 2,
    read: (raw) => Int32Array.from(uint16s(raw)),
    write: (data) => Uint16Array.from(data as Int32Array),
  },
  int16: {
    held: 'int32',
    bytes: 2,
    read: (raw) => Int32Array.from(new Int16Array(raw.slice().buffer)),
    write: (data) => Int16Array.from(data as Int32Array),
  },
  uint32: {
    held: 'int64',
    bytes: 4,
    read: (raw) => BigInt64Array.from(new Uint32Array(raw.slice().buffer), BigInt),
    write: (data) => Uint32Array.from(data as BigInt64Array, Number),
  },
  // Beyond 2^63 the bit pattern is kept and reads as negative.
  uint64: same('int64', 8),
};

/** The tensor type that holds a constant's elements, or undefined where Fovea does not read the type. */
export const heldAs = (dtype: OnnxDtype): TensorType | undefined => STORAGE[dtype]?.held;

const longBytes = (values: TensorProto['int64Data'] = []): Uint8Array =>
  new Uint8Array(BigInt64Array.from(values, toBigInt).buffer);

/** The elements of the typed field that the specification names for a type, as the bytes raw_data would have. */
function typedFieldBytes(dtype: OnnxDtype, proto: TensorProto): Uint8Array {
  const int32s = proto.int32Data ?? [];
  switch (dtype) {
    case 'float32':
      return new Uint8Array(Float32Array.from(proto.floatData ?? []).buffer);
    case 'float64':
      return new Uint8Array(Float64Array.from(proto.doubleData ?? []).buffer);
    case 'int64':
      return longBytes(proto.int64Data);
    case 'uint64':
      return longBytes(proto.uint64Data);
    case 'uint32':
      return new Uint8Array(Uint32Array.from(proto.uint64Data ?? [], (value) => value.low).buffer);
    case 'int32':
      return new Uint8Array(Int32Array.from(int32s).buffer);
    case 'uint16':
    case 'int16':
    case 'float16':
    case 'bfloat16':
      return new Uint8Array(Uint16Array.from(int32s).buffer);
    default:
      return Uint8Array.from(int32s);
  }
}

/**
 * Reads a tensor of the file.
 * @throws MODEL_FAILED for external data, an unreadable type or a wrong number of bytes
 */
export function readConstant(proto: TensorProto, where: string): OnnxConstant {
  if (proto.dataLocation === EXTERNAL || (proto.externalData?.length ?? 0) > 0) {
    const file = proto.externalData?.find((entry) => entry.key === 'location')?.value ?? 'another file';
    throw modelFailed(
      `${where} is stored outside the model, in "${file}"`,
      'Save the model as one file, without external data.',
    );
  }
  const dtype = dtypeName(proto.dataType);
  const storage = dtype && STORAGE[dtype];
  if (!dtype || !storage)
    throw modelFailed(`${where} has the element type ${dtype ?? proto.dataType}, which is not read`);
  const dims = proto.dims.map((dim) => Number(toBigInt(dim)));
  if (dims.some((dim) => dim < 0)) throw modelFailed(`${where} has the dims [${dims.join(', ')}]`);
  // A copy where the library hands out a Buffer: its slice() would alias the file.
  const raw =
    Object.hasOwn(proto, 'rawData') && proto.rawData
      ? new Uint8Array(proto.rawData)
      : typedFieldBytes(dtype, proto);
  const wanted = elementCount(dims) * storage.bytes;
  if (raw.byteLength !== wanted)
    throw modelFailed(
      `${where} has ${raw.byteLength} bytes, [${dims.join(', ')}] of ${dtype} need ${wanted}`,
    );
  return { dtype, value: tensor(storage.held, dims, storage.read(raw) as never) };
}

/** Writes a constant as raw data in its own element type. @throws TypeError when the value is not held as the type needs */
export function writeConstant(name: string, constant: OnnxConstant): TensorProto {
  const storage = STORAGE[constant.dtype];
  if (!storage || storage.held !== constant.value.type)
    throw new TypeError(
      `constant ${name}: ${constant.dtype} cannot be written from a ${constant.value.type} tensor`,
    );
  const stored = storage.write(constant.value.data);
  return {
    name,
    dims: constant.value.dims.map(toLong),
    dataType: dtypeNumber(constant.dtype),
    rawData: new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength),
  };
}

/** A zeroed array for elements of a type. */
export function emptyLike(type: TensorType, length: number): Tensor['data'] {
  switch (type) {
    case 'uint8':
    case 'bool':
      return new Uint8Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
  }
}
