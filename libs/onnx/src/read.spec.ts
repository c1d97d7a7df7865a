import { VisionError } from '@fovea/contracts';
import { tensor } from '@fovea/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OnnxAttribute, OnnxConstant, OnnxDtype, OnnxGraph, OnnxModel } from './model.ts';
import { readModel } from './read.ts';
import { encodeModel, toLong, type TensorProto } from './schema.ts';
import { writeModel } from './write.ts';

const graph = (parts: Partial<OnnxGraph> = {}): OnnxGraph => ({
  name: 'g',
  inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 4] }],
  outputs: [{ name: 'y', dtype: 'float32', shape: ['n', 4] }],
  values: [],
  nodes: [{ name: '', op: 'Identity', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} }],
  initializers: new Map(),
  ...parts,
});
const model = (parts: Partial<OnnxGraph> = {}): OnnxModel => ({
  irVersion: 8,
  opset: 17,
  opsets: {},
  producer: 'spec',
  producerVersion: '1',
  domain: '',
  modelVersion: 0n,
  metadata: {},
  graph: graph(parts),
  functions: [],
});

const caught = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};
/** Reads a file whose only initializer is this tensor message. */
const withTensor = (proto: Partial<TensorProto>) =>
  readModel(
    encodeModel({
      irVersion: toLong(8),
      opsetImport: [{ version: toLong(17) }],
      metadataProps: [],
      functions: [],
      graph: {
        node: [],
        input: [],
        output: [],
        valueInfo: [],
        initializer: [{ name: 'w', dims: [], dataType: 1, ...proto }],
      },
    }),
  ).graph.initializers.get('w');

const dims = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const size = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1);
const numbers = (
  dtype: OnnxDtype,
  element: fc.Arbitrary<number>,
  held: 'float32' | 'int32',
  make: (n: number[]) => never,
) =>
  dims.chain((shape) =>
    fc
      .array(element, { minLength: size(shape), maxLength: size(shape) })
      .map((values): OnnxConstant => ({ dtype, value: tensor(held, shape, make(values)) })),
  );
const floats = (values: number[]) => Float32Array.from(values) as never;
const ints = (values: number[]) => Int32Array.from(values) as never;
const int64s = dims.chain((shape) =>
  fc.bigInt64Array({ minLength: size(shape), maxLength: size(shape) }).map((values): OnnxConstant => ({
    dtype: 'int64',
    value: tensor('int64', shape, BigInt64Array.from(values)),
  })),
);
const constant = fc.oneof(
  numbers('float32', fc.float({ noNaN: true }), 'float32', floats),
  numbers('float16', fc.integer({ min: -2048, max: 2048 }), 'float32', floats),
  numbers('bfloat16', fc.integer({ min: -256, max: 256 }), 'float32', floats),
  numbers('int32', fc.integer(), 'int32', ints),
  numbers('uint16', fc.integer({ min: 0, max: 65535 }), 'int32', ints),
  numbers('int16', fc.integer({ min: -32768, max: 32767 }), 'int32', ints),
  int64s,
);
const name = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
const attribute: fc.Arbitrary<OnnxAttribute> = fc.oneof(
  fc.record({ type: fc.constant('float' as const), value: fc.float({ noNaN: true }) }),
  fc.record({
    type: fc.constant('int' as const),
    value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  }),
  fc.record({ type: fc.constant('string' as const), value: name }),
  fc.record({ type: fc.constant('floats' as const), value: fc.array(fc.float({ noNaN: true })) }),
  fc.record({
    type: fc.constant('ints' as const),
    value: fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  }),
  fc.record({ type: fc.constant('strings' as const), value: fc.array(name) }),
  fc.record({ type: fc.constant('tensor' as const), value: constant }),
  fc.record({ type: fc.constant('tensors' as const), value: fc.array(constant, { maxLength: 2 }) }),
  fc.constant<OnnxAttribute>({ type: 'graph', value: graph() }),
  fc.constant<OnnxAttribute>({ type: 'reference', value: 'outer', of: 1 }),
);
const value = fc
  .record({ name, dtype: fc.constantFrom<OnnxDtype>('float32', 'uint8', 'int64', 'string') })
  .chain((named) =>
    fc
      .option(fc.array(fc.oneof(fc.nat(), name), { maxLength: 4 }), { nil: undefined })
      .map((shape) => (shape ? { ...named, shape } : named)),
  );
const node = fc.record({
  name,
  op: name,
  domain: fc.constantFrom('', 'com.microsoft'),
  inputs: fc.array(fc.oneof(name, fc.constant('')), { maxLength: 3 }),
  outputs: fc.array(name, { maxLength: 2 }),
  attributes: fc.dictionary(name, attribute, { maxKeys: 3, noNullPrototype: true }),
});

describe('write, then read', () => {
  it('gives the same model back', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 3 }),
        fc.array(node, { maxLength: 3 }),
        fc.uniqueArray(fc.tuple(name, constant), { selector: ([key]) => key, maxLength: 4 }),
        (values, nodes, initializers) => {
          const written = model({ inputs: values, values, nodes, initializers: new Map(initializers) });
          expect(readModel(writeModel(written))).toEqual(written);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps functions, metadata and operator sets', () => {
    const written: OnnxModel = {
      ...model(),
      opsets: { 'com.microsoft': 1 },
      metadata: { author: 'someone' },
      modelVersion: 3n,
      functions: [
        {
          name: 'Double',
          domain: 'local',
          inputs: ['a'],
          outputs: ['b'],
          attributes: ['scale'],
          defaults: { bias: { type: 'float', value: 0.5 } },
          nodes: [{ name: '', op: 'Add', domain: '', inputs: ['a', 'a'], outputs: ['b'], attributes: {} }],
          opsets: { '': 17 },
        },
      ],
    };
    expect(readModel(writeModel(written))).toEqual(written);
  });

  it('refuses a constant that its type cannot hold', () => {
    const wrong: OnnxConstant = { dtype: 'int64', value: tensor('float32', [1], Float32Array.of(1)) };
    expect(() => writeModel(model({ initializers: new Map([['w', wrong]]) }))).toThrow(TypeError);
  });
});

describe('readModel', () => {
  it('reads the typed fields of the specification like raw data', () => {
    const two = { dims: [toLong(2)] };
    expect(withTensor({ ...two, dataType: 1, floatData: [1.5, -2] })?.value.data).toEqual(
      Float32Array.of(1.5, -2),
    );
    expect(withTensor({ ...two, dataType: 11, doubleData: [0.1, 2] })?.value.data).toEqual(
      Float64Array.of(0.1, 2),
    );
    expect(
      withTensor({ ...two, dataType: 7, int64Data: [toLong(-5n), toLong(2n ** 40n)] })?.value.data,
    ).toEqual(BigInt64Array.of(-5n, 2n ** 40n));
    expect(withTensor({ ...two, dataType: 6, int32Data: [-7, 8] })?.value.data).toEqual(Int32Array.of(-7, 8));
    expect(withTensor({ ...two, dataType: 3, int32Data: [-7, 8] })?.value.data).toEqual(Int8Array.of(-7, 8));
    expect(withTensor({ ...two, dataType: 2, int32Data: [250, 8] })?.value.data).toEqual(
      Uint8Array.of(250, 8),
    );
    expect(withTensor({ ...two, dataType: 9, int32Data: [1, 0] })?.value).toMatchObject({ type: 'bool' });
    expect(
      withTensor({ ...two, dataType: 12, uint64Data: [toLong(2 ** 32 - 1), toLong(1)] })?.value.data,
    ).toEqual(BigInt64Array.of(4294967295n, 1n));
  });

  it('reads float16 from bit patterns and remembers the type', () => {
    expect(withTensor({ dims: [toLong(2)], dataType: 10, int32Data: [0x3c00, 0xc000] })).toEqual({
      dtype: 'float16',
      value: tensor('float32', [2], Float32Array.of(1, -2)),
    });
  });

  it.each([
    [
      'external data',
      { dataLocation: 1, externalData: [{ key: 'location', value: 'weights.bin' }] },
      /initializer "w".*weights\.bin/,
    ],
    [
      'missing bytes',
      { dims: [toLong(3)], rawData: new Uint8Array(8) },
      /initializer "w" has 8 bytes, \[3\] of float32 need 12/,
    ],
    ['a string tensor', { dataType: 8 }, /initializer "w" has the element type string/],
    ['an unknown type', { dataType: 99 }, /element type 99/],
    ['a negative dim', { dims: [toLong(-1)] }, /dims \[-1\]/],
  ])('names what is wrong: %s', (_, proto, message) => {
    const error = caught(() => withTensor(proto));
    expect(error).toBeInstanceOf(VisionError);
    expect(error).toMatchObject({ code: 'MODEL_FAILED', message: expect.stringMatching(message) as string });
  });

  it('refuses empty and foreign bytes', () => {
    for (const bytes of [
      new Uint8Array(),
      new TextEncoder().encode('<!doctype html><html>'),
      new Uint8Array([1, 2, 3]),
    ])
      expect(caught(() => readModel(bytes))).toMatchObject({ name: 'VisionError', code: 'MODEL_FAILED' });
  });

  it('refuses every truncation of a model', () => {
    const weights: OnnxConstant = {
      dtype: 'float32',
      value: tensor('float32', [8], new Float32Array(8).fill(2)),
    };
    const bytes = writeModel(model({ initializers: new Map([['w', weights]]) }));
    for (let length = 0; length < bytes.length; length++)
      expect(
        caught(() => readModel(bytes.subarray(0, length))),
        `${length} bytes`,
      ).toMatchObject({ code: 'MODEL_FAILED' });
  });

  it('answers any bytes with a model or MODEL_FAILED', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const answer = caught(() => readModel(bytes));
        return answer instanceof VisionError
          ? answer.code === 'MODEL_FAILED'
          : typeof answer === 'object' && 'graph' in answer!;
      }),
      { numRuns: 300 },
    );
  });

  it('survives flipped bytes of a real model the same way', () => {
    const bytes = writeModel(
      model({
        initializers: new Map([
          ['w', { dtype: 'float16', value: tensor('float32', [2], Float32Array.of(1, 2)) }],
        ]),
      }),
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const broken = bytes.slice();
        broken[at] = byte;
        const answer = caught(() => readModel(broken));
        return !(answer instanceof Error) || answer instanceof VisionError;
      }),
      { numRuns: 500 },
    );
  });

  it('reports wrong use by code as a TypeError', () => {
    expect(() => readModel('model.onnx' as never)).toThrow(TypeError);
  });
});
