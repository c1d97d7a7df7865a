import { writeModel, type OnnxConstant, type OnnxNode } from '@fovea/onnx';
import { tensor, type Tensor } from '@fovea/tensor';

// A small stack of convolutions, the work that vision models consist of: about 10 GFLOP for the probe's input.

const CHANNELS = [8, 128, 128, 128, 8] as const;
const SIDE = 64;
const ROWS = 4;

/** Numbers in [-1, 1) that are the same on every machine (a linear congruential generator, Numerical Recipes). */
function noise(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** The input of the probe model. */
export const probeInput = (): Tensor<'float32'> =>
  tensor('float32', [ROWS, CHANNELS[0], SIDE, SIDE], noise(ROWS * CHANNELS[0] * SIDE * SIDE, 1));

/** The bytes of the probe model: `y` [n, 8, 64, 64] from `x` [n, 8, 64, 64]. */
export function probeModel(): Uint8Array {
  const initializers = new Map<string, OnnxConstant>();
  const nodes: OnnxNode[] = [];
  const last = CHANNELS.length - 2;
  let value = 'x';
  for (let layer = 0; layer <= last; layer++) {
    const [from, to] = CHANNELS.slice(layer) as [number, number];
    const weights = `weights${layer}`;
    // Scaled so that values keep their size from layer to layer.
    const values = noise(to * from * 9, layer + 2).map((weight) => weight / Math.sqrt(from * 3));
    initializers.set(weights, { dtype: 'float32', value: tensor('float32', [to, from, 3, 3], values) });
    const convolved = layer === last ? 'y' : `convolved${layer}`;
    nodes.push({
      name: `conv${layer}`,
      op: 'Conv',
      domain: '',
      inputs: [value, weights],
      outputs: [convolved],
      attributes: { pads: { type: 'ints', value: [1n, 1n, 1n, 1n] } },
    });
    if (layer === last) break;
    value = `rectified${layer}`;
    nodes.push({
      name: `relu${layer}`,
      op: 'Relu',
      domain: '',
      inputs: [convolved],
      outputs: [value],
      attributes: {},
    });
  }
  const shape = (channels: number) => ['n', channels, SIDE, SIDE];
  return writeModel({
    irVersion: 8,
    opset: 17,
    opsets: {},
    producer: 'fovea',
    producerVersion: '',
    domain: '',
    modelVersion: 0n,
    metadata: {},
    functions: [],
    graph: {
      name: 'probe',
      inputs: [{ name: 'x', dtype: 'float32', shape: shape(CHANNELS[0]) }],
      outputs: [{ name: 'y', dtype: 'float32', shape: shape(CHANNELS[4]) }],
      values: [],
      nodes,
      initializers,
    },
  });
}
