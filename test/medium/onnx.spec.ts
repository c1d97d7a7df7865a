import { readFile } from 'node:fs/promises';
import { foldConstants, readModel, writeModel } from '@fovea/onnx';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';

const weights = new URL('../../models/weights/classification/', import.meta.url);

/** Two pictures of numbers that every run repeats: no file and no seed is needed. */
const pictures = (side: number): Tensor =>
  new Tensor(
    'uint8',
    Uint8Array.from({ length: 2 * side * side * 3 }, (_, i) => (i * 2654435761) >>> 24),
    [2, side, side, 3],
  );

async function logits(model: Uint8Array, image: Tensor): Promise<Float32Array> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  try {
    return (await session.run({ image }, ['logits']))['logits']?.data as Float32Array;
  } finally {
    await session.release();
  }
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);

describe('a real model, read, folded and written again', () => {
  it('computes the logits of the original', async () => {
    const original = await readFile(new URL('efficientnet-lite0.onnx', weights));
    const model = readModel(original);
    const image = pictures(224);
    const expected = await logits(original, image);
    expect(expected).toHaveLength(2000);

    const rewritten = await logits(writeModel(model), image);
    expect(largestDifference(expected, rewritten)).toBeLessThanOrEqual(1e-4);
    const folded = foldConstants(model);
    expect(folded.graph.nodes.length).toBeLessThan(model.graph.nodes.length / 4);
    expect(largestDifference(expected, await logits(writeModel(folded), image))).toBeLessThanOrEqual(1e-4);
  });

  it('keeps weights as float16 when it only writes, and restores float32 when it folds', async () => {
    const original = await readFile(new URL('efficientnet-lite0.onnx', weights));
    const model = readModel(original);
    expect(Math.abs(writeModel(model).byteLength - original.byteLength)).toBeLessThan(10_000);
    expect(writeModel(foldConstants(model)).byteLength).toBeGreaterThan(4 * 4_631_000);
  });
});
