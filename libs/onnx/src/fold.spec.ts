import { tensor, type Tensor } from '@fovea/tensor';
import { describe, expect, it } from 'vitest';
import { foldConstants } from './fold.ts';
import type { OnnxAttribute, OnnxConstant, OnnxDtype, OnnxModel, OnnxNode } from './model.ts';

const f32 = (values: number[], dims = [values.length]): OnnxConstant => ({
  dtype: 'float32',
  value: tensor('float32', dims, Float32Array.from(values)),
});
const i64 = (values: number[], dims = [values.length]): OnnxConstant => ({
  dtype: 'int64',
  value: tensor('int64', dims, BigInt64Array.from(values, BigInt)),
});
const i8 = (values: number[], dims = [values.length]): OnnxConstant => ({
  dtype: 'int8',
  value: tensor('int8', dims, Int8Array.from(values)),
});
const int = (value: number): OnnxAttribute => ({ type: 'int', value: BigInt(value) });
const ints = (...values: number[]): OnnxAttribute => ({ type: 'ints', value: values.map(BigInt) });
const node = (
  op: string,
  inputs: string[],
  output: string,
  attributes: OnnxNode['attributes'] = {},
): OnnxNode => ({
  name: '',
  op,
  domain: '',
  inputs,
  outputs: [output],
  attributes,
});

function model(nodes: OnnxNode[], initializers: Record<string, OnnxConstant>): OnnxModel {
  return {
    irVersion: 8,
    opset: 17,
    opsets: {},
    producer: '',
    producerVersion: '',
    domain: '',
    modelVersion: 0n,
    metadata: {},
    functions: [],
    graph: {
      name: '',
      inputs: [{ name: 'x', dtype: 'float32', shape: ['n'] }],
      outputs: [{ name: 'y', dtype: 'float32' }],
      values: [],
      nodes,
      initializers: new Map(Object.entries(initializers)),
    },
  };
}

/** Folds one operator over constants; `Use` keeps its result alive. */
function fold(
  op: string,
  inputs: (OnnxConstant | undefined)[],
  attributes: OnnxNode['attributes'] = {},
): OnnxConstant | undefined {
  const names = inputs.map((input, i) => (input ? `c${i}` : ''));
  const given = Object.fromEntries(inputs.flatMap((input, i) => (input ? [[`c${i}`, input]] : [])));
  const { graph } = foldConstants(
    model([node(op, names, 'r', attributes), node('Use', ['x', 'r'], 'y')], given),
  );
  return graph.nodes.length === 1 ? graph.initializers.get('r') : undefined;
}
const values = (constant: OnnxConstant | undefined): [number[], number[]] | undefined =>
  constant && [[...constant.value.dims], Array.from(constant.value.data as ArrayLike<number>, Number)];

describe('operators over constants', () => {
  const grid = f32([1, 2, 3, 4, 5, 6], [2, 3]);

  it.each<[string, string, (OnnxConstant | undefined)[], OnnxNode['attributes'], [number[], number[]]]>([
    [
      'adds a row to every row',
      'Add',
      [grid, f32([10, 20, 30])],
      {},
      [
        [2, 3],
        [11, 22, 33, 14, 25, 36],
      ],
    ],
    [
      'multiplies by a column',
      'Mul',
      [grid, f32([2, 3], [2, 1])],
      {},
      [
        [2, 3],
        [2, 4, 6, 12, 15, 18],
      ],
    ],
    [
      'broadcasts both sides',
      'Sub',
      [f32([1, 2], [2, 1]), f32([1, 2, 3])],
      {},
      [
        [2, 3],
        [0, -1, -2, 1, 0, -1],
      ],
    ],
    ['divides integers towards zero', 'Div', [i64([-7, 7]), i64([2], [])], {}, [[2], [-3, 3]]],
    [
      'reshapes with 0 and -1',
      'Reshape',
      [grid, i64([0, -1, 1])],
      {},
      [
        [2, 3, 1],
        [1, 2, 3, 4, 5, 6],
      ],
    ],
    [
      'transposes',
      'Transpose',
      [grid],
      { perm: ints(1, 0) },
      [
        [3, 2],
        [1, 4, 2, 5, 3, 6],
      ],
    ],
    [
      'transposes backwards without perm',
      'Transpose',
      [f32([1, 2, 3, 4], [1, 2, 2])],
      {},
      [
        [2, 2, 1],
        [1, 3, 2, 4],
      ],
    ],
    [
      'unsqueezes by input',
      'Unsqueeze',
      [f32([1, 2]), i64([0, -1])],
      {},
      [
        [1, 2, 1],
        [1, 2],
      ],
    ],
    [
      'unsqueezes by attribute (operator set 12)',
      'Unsqueeze',
      [f32([1, 2])],
      { axes: ints(1) },
      [
        [2, 1],
        [1, 2],
      ],
    ],
    [
      'squeezes',
      'Squeeze',
      [f32([1, 2], [1, 2, 1]), i64([-1])],
      {},
      [
        [1, 2],
        [1, 2],
      ],
    ],
    [
      'concatenates along axis 1',
      'Concat',
      [grid, f32([7, 8], [2, 1])],
      { axis: int(1) },
      [
        [2, 4],
        [1, 2, 3, 7, 4, 5, 6, 8],
      ],
    ],
    [
      'slices backwards',
      'Slice',
      [i64([1, 2, 3, 4]), i64([-1]), i64([-99]), i64([0]), i64([-1])],
      {},
      [[4], [4, 3, 2, 1]],
    ],
    [
      'slices columns',
      'Slice',
      [grid, i64([1]), i64([99]), i64([-1])],
      {},
      [
        [2, 2],
        [2, 3, 5, 6],
      ],
    ],
    [
      'slices by attributes (operator set 9)',
      'Slice',
      [grid],
      { starts: ints(1), ends: ints(2), axes: ints(0) },
      [
        [1, 3],
        [4, 5, 6],
      ],
    ],
    [
      'gathers columns',
      'Gather',
      [grid, i64([2, -3])],
      { axis: int(1) },
      [
        [2, 2],
        [3, 1, 6, 4],
      ],
    ],
    ['takes the shape', 'Shape', [grid], {}, [[2], [2, 3]]],
    ['takes part of the shape', 'Shape', [grid], { start: int(1) }, [[1], [3]]],
    [
      'fills a shape',
      'ConstantOfShape',
      [i64([2])],
      { value: { type: 'tensor', value: i64([7]) } },
      [[2], [7, 7]],
    ],
    ['fills with zeros', 'ConstantOfShape', [i64([2])], {}, [[2], [0, 0]]],
    ['casts to int64 towards zero', 'Cast', [f32([1.9, -1.9])], { to: int(7) }, [[2], [1, -1]]],
    ['casts to bool', 'Cast', [f32([0, 0.5])], { to: int(9) }, [[2], [0, 1]]],
    ['casts to float16', 'Cast', [f32([2049])], { to: int(10) }, [[1], [2048]]],
    ['reads a Constant of ints', 'Constant', [], { value_ints: ints(4, 5) }, [[2], [4, 5]]],
    [
      'restores a tensor with one scale',
      'DequantizeLinear',
      [i8([-2, 4]), f32([0.5], []), i8([2], [])],
      {},
      [[2], [-2, 1]],
    ],
    [
      'restores a scale per row',
      'DequantizeLinear',
      [i8([1, 2, 3, 4], [2, 2]), f32([10, 100])],
      { axis: int(0) },
      [
        [2, 2],
        [10, 20, 300, 400],
      ],
    ],
    [
      'restores a scale per column with its zero point',
      'DequantizeLinear',
      [i8([1, 2, 3, 4], [2, 2]), f32([10, 100]), i8([1, 0])],
      { axis: int(-1) },
      [
        [2, 2],
        [0, 200, 20, 400],
      ],
    ],
  ])('%s', (_, op, inputs, attributes, expected) => {
    expect(values(fold(op, inputs, attributes))).toEqual(expected);
  });

  it('rounds float32 arithmetic to float32', () => {
    const product = fold('Mul', [f32([0.1]), f32([0.3])])?.value.data[0];
    expect(product).toBe(Math.fround(Math.fround(0.1) * Math.fround(0.3)));
  });

  it.each<[string, string, (OnnxConstant | undefined)[], OnnxNode['attributes']]>([
    ['a float that int32 cannot hold', 'Cast', [f32([3e9])], { to: int(6) }],
    ['not a number to int64', 'Cast', [f32([NaN])], { to: int(7) }],
    ['division of integers by zero', 'Div', [i64([1]), i64([0])], {}],
    ['shapes that do not fit', 'Add', [f32([1, 2]), f32([1, 2, 3])], {}],
    ['a reshape to another count', 'Reshape', [f32([1, 2, 3]), i64([2, -1])], {}],
    ['an index out of range', 'Gather', [f32([1, 2]), i64([2])], {}],
    ['a constant of 10^12 elements', 'ConstantOfShape', [i64([1_000_000, 1_000_000])], {}],
    [
      'a product of 10^10 elements',
      'Mul',
      [i64(new Array<number>(1e5).fill(1)), i64(new Array<number>(1e5).fill(1), [1e5, 1])],
      {},
    ],
    ['an operator it does not know', 'Softmax', [f32([1, 2])], {}],
  ])('leaves to the runtime: %s', (_, op, inputs, attributes) => {
    expect(fold(op, inputs, attributes)).toBeUndefined();
  });
});

describe('foldConstants', () => {
  const half = (data: Tensor<'float32'>): OnnxConstant => ({
    dtype: 'float16' satisfies OnnxDtype,
    value: data,
  });
  const weight = half(tensor('float32', [2], Float32Array.of(1, 2)));

  it('replaces a stored weight and its Cast by the float32 weight, and drops what is no longer used', () => {
    const folded = foldConstants(
      model([node('Cast', ['w16'], 'w', { to: int(1) }), node('Add', ['x', 'w'], 'y')], {
        w16: weight,
        unused: weight,
      }),
    );
    expect(folded.graph.nodes.map(({ op }) => op)).toEqual(['Add']);
    expect([...folded.graph.initializers]).toEqual([['w', f32([1, 2])]]);
  });

  it('keeps an input of the model with a default, and a result that is an output', () => {
    const given = { x: f32([1]), c: f32([2]) };
    const nodes = [node('Add', ['x', 'c'], 'z'), node('Identity', ['c'], 'y'), node('Use', ['z'], 'u')];
    const { graph } = foldConstants(model(nodes, given));
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Add', 'Identity', 'Use']);
    expect([...graph.initializers.keys()]).toEqual(['x', 'c']);
  });

  it('keeps constants that only a subgraph reads, under their names', () => {
    const branch = model([node('Add', ['x', 'w'], 'b')], {}).graph;
    const body: OnnxAttribute = { type: 'graph', value: { ...branch, inputs: [], outputs: [{ name: 'b' }] } };
    const nodes = [node('Cast', ['w16'], 'w', { to: int(1) }), node('If', ['x'], 'y', { then_branch: body })];
    const { graph } = foldConstants(model(nodes, { w16: weight }));
    expect([...graph.initializers.keys()]).toEqual(['w']);
  });

  it('leaves operators of other domains alone', () => {
    const foreign = { ...node('Add', ['c', 'c'], 'z'), domain: 'com.example' };
    const { graph } = foldConstants(model([foreign, node('Add', ['x', 'z'], 'y')], { c: f32([1]) }));
    expect(graph.nodes).toHaveLength(2);
  });
});
