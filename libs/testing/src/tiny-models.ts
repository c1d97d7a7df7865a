import { float32, int64, node, tinyModel, type TinyGraph } from './tiny-model.ts';

// Ready-made tiny graphs for tests of inference. Every one says what it computes, so that a test can check the numbers.

const rows4 = ['float32', ['n', 4]] as const;

/** `y = x`, float32 [n, 4]. */
export const identityModel = (): Uint8Array =>
  tinyModel({ inputs: { x: rows4 }, outputs: { y: rows4 }, nodes: [node('Identity', ['x'], ['y'])] });

/** `y = x + b`, float32 [n, 4]; default b = [1, 2, 3, 4]. */
export const addModel = (b: readonly [number, number, number, number] = [1, 2, 3, 4]): Uint8Array =>
  tinyModel({
    inputs: { x: rows4 },
    outputs: { y: rows4 },
    nodes: [node('Add', ['x', 'b'], ['y'])],
    initializers: { b: float32(b) },
  });

/** `mean` [n] float32 = the mean of each picture of `image`, uint8 [n, h, w, 3]: the cast is in the graph. */
export const uint8CastModel = (): Uint8Array =>
  tinyModel({
    inputs: { image: ['uint8', ['n', 'h', 'w', 3]] },
    outputs: { mean: ['float32', ['n']] },
    nodes: [
      node('Cast', ['image'], ['pixels'], { to: 1 }),
      node('ReduceMean', ['pixels'], ['mean'], { axes: [1, 2, 3], keepdims: 0 }),
    ],
  });

/**
 * Costs time in proportion to `inner` × `size`²: x [n, size] times a matrix, `inner` times over. The matrix moves every
 * value one place on, so the answer is exact: `y[row][(i + inner) % size] = x[row][i]`.
 * @param options.inner repetitions, default 1
 * @param options.size columns of x, default 128
 */
export function matmulModel({ inner = 1, size = 128 }: { inner?: number; size?: number } = {}): Uint8Array {
  const shift = new Array<number>(size * size).fill(0);
  for (let i = 0; i < size; i++) shift[i * size + ((i + 1) % size)] = 1;
  const body: TinyGraph = {
    inputs: { step: ['int64', []], go: ['bool', []], state: ['float32', ['n', size]] },
    outputs: { on: ['bool', []], next: ['float32', ['n', size]] },
    nodes: [node('Identity', ['go'], ['on']), node('MatMul', ['state', 'shift'], ['next'])],
  };
  return tinyModel({
    inputs: { x: ['float32', ['n', size]] },
    outputs: { y: ['float32', ['n', size]] },
    nodes: [node('Loop', ['times', '', 'x'], ['y'], { body })],
    initializers: { times: int64([inner], []), shift: float32(shift, [size, size]) },
  });
}

/** Repetitions of a [1, 128] x [128, 128] product that take about 1 ms on one thread of a 2020s server core. */
const PRODUCTS_PER_MS = 200;

/**
 * {@link matmulModel} with 128 columns that takes roughly `ms` milliseconds for one row: within a factor of a few, so
 * for tests of order (this one is still running), never of duration.
 */
export const slowModel = ({ ms }: { ms: number }): Uint8Array =>
  matmulModel({ inner: Math.max(1, Math.round(ms * PRODUCTS_PER_MS)), size: 128 });

/**
 * `small` [n, 1] = the sum of a row of x [n, 4], and `large` [n, columns] = that sum repeated: for tests that only the
 * outputs asked for leave the session. Default 262,144 columns = 1 MiB a row.
 */
export const twoOutputsModel = ({ columns = 262_144 }: { columns?: number } = {}): Uint8Array =>
  tinyModel({
    inputs: { x: rows4 },
    outputs: { small: ['float32', ['n', 1]], large: ['float32', ['n', columns]] },
    nodes: [
      node('ReduceSum', ['x', 'axis'], ['small'], { keepdims: 1 }),
      node('Tile', ['small', 'repeats'], ['large']),
    ],
    initializers: { axis: int64([1]), repeats: int64([1, columns]) },
  });

/** `y = 2x`, float32 [4, n]: rows are not axis 0, so requests must not be joined along it. */
export const columnsModel = (): Uint8Array =>
  tinyModel({
    inputs: { x: ['float32', [4, 'n']] },
    outputs: { y: ['float32', [4, 'n']] },
    nodes: [node('Add', ['x', 'x'], ['y'])],
  });

/** `best` int64 [n] = the column of a row's largest value, `positive` bool [n, 4] = x > 0; x float32 [n, 4]. */
export const int64BoolModel = (): Uint8Array =>
  tinyModel({
    inputs: { x: rows4 },
    outputs: { best: ['int64', ['n']], positive: ['bool', ['n', 4]] },
    nodes: [
      node('ArgMax', ['x'], ['best'], { axis: 1, keepdims: 0 }),
      node('Greater', ['x', 'zero'], ['positive']),
    ],
    initializers: { zero: float32([0], []) },
  });

/**
 * `y = table[index]`, index int64 [n], y float32 [n], table = [10, 20, 30, 40]: an index outside -4..3 fails while
 * running, and the whole batch with it. That is the poison input of a test.
 */
export const gatherModel = (): Uint8Array =>
  tinyModel({
    inputs: { index: ['int64', ['n']] },
    outputs: { y: ['float32', ['n']] },
    nodes: [node('Gather', ['table', 'index'], ['y'], { axis: 0 })],
    initializers: { table: float32([10, 20, 30, 40]) },
  });

/** A readable ONNX file that no runtime loads: its only operator does not exist. */
export const unloadableModel = (): Uint8Array =>
  tinyModel({ inputs: { x: rows4 }, outputs: { y: rows4 }, nodes: [node('NoSuchOperator', ['x'], ['y'])] });

/** Bytes that are no ONNX file at all. */
export const garbageModel = (): Uint8Array => new TextEncoder().encode('this is not a model');
