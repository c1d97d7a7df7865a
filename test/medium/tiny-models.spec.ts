import {
  addModel,
  columnsModel,
  float32,
  garbageModel,
  gatherModel,
  identityModel,
  int64,
  int64BoolModel,
  matmulModel,
  slowModel,
  twoOutputsModel,
  uint8,
  uint8CastModel,
  unloadableModel,
} from '@fovea/testing';
import type { Tensor, Tensors } from '@fovea/tensor';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';

const toOrt = ({ type, data, dims }: Tensor) => new OrtTensor(type, data, dims);

async function run(model: Uint8Array, feeds: Tensors) {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const outputs = await session.run(
      Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toOrt(feed)])),
    );
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { type, dims, data }]) => [
        name,
        { type, dims: [...dims], data: [...(data as Float32Array)] },
      ]),
    );
  } finally {
    await session.release();
  }
}

describe('tiny models compute in onnxruntime what they say', () => {
  const x = float32([1, -2, 3, 4, 5, 6, -7, 8], [2, 4]);

  it('identity', async () => {
    expect(await run(identityModel(), { x })).toEqual({
      y: { type: 'float32', dims: [2, 4], data: [...x.data] },
    });
  });
  it('add', async () => {
    const { y } = await run(addModel([1, 2, 3, 4]), { x });
    expect(y?.data).toEqual([2, 0, 6, 8, 6, 8, -4, 12]);
  });
  it('uint8 cast and mean per picture', async () => {
    const image = uint8([0, 3, 6, 255, 255, 255], [2, 1, 1, 3]);
    expect(await run(uint8CastModel(), { image })).toEqual({
      mean: { type: 'float32', dims: [2], data: [3, 255] },
    });
  });
  it('repeated products', async () => {
    const { y } = await run(matmulModel({ inner: 3, size: 8 }), {
      x: float32([1, 2, 3, 4, 5, 6, 7, 8], [1, 8]),
    });
    expect(y?.data).toEqual([6, 7, 8, 1, 2, 3, 4, 5]);
  });
  it('slow: 200 products for a millisecond', async () => {
    const row = float32(
      Array.from({ length: 128 }, (_, i) => i),
      [1, 128],
    );
    const { y } = await run(slowModel({ ms: 1 }), { x: row });
    expect(y?.data[200 % 128]).toBe(0);
    expect(y?.data).toHaveLength(128);
  });
  it('two outputs, one large', async () => {
    const { small, large } = await run(twoOutputsModel({ columns: 1000 }), { x });
    expect(small).toEqual({ type: 'float32', dims: [2, 1], data: [6, 12] });
    expect(large?.dims).toEqual([2, 1000]);
    expect(large?.data[999]).toBe(6);
    expect(large?.data[1999]).toBe(12);
  });
  it('rows on axis 1', async () => {
    const { y } = await run(columnsModel(), { x: float32([1, 2, 3, 4], [4, 1]) });
    expect(y).toEqual({ type: 'float32', dims: [4, 1], data: [2, 4, 6, 8] });
  });
  it('int64 and bool outputs', async () => {
    expect(await run(int64BoolModel(), { x })).toEqual({
      best: { type: 'int64', dims: [2], data: [3n, 3n] },
      positive: { type: 'bool', dims: [2, 4], data: [1, 0, 1, 1, 1, 1, 0, 1] },
    });
  });
  it('a gather that fails while running for a poison row only', async () => {
    expect((await run(gatherModel(), { index: int64([0, 3]) }))['y']?.data).toEqual([10, 40]);
    await expect(run(gatherModel(), { index: int64([0, 99]) })).rejects.toThrow(/out of (data )?bounds/i);
  });
  it('models that do not load', async () => {
    await expect(InferenceSession.create(unloadableModel(), { logSeverityLevel: 4 })).rejects.toThrow(
      /NoSuchOperator/,
    );
    await expect(InferenceSession.create(garbageModel(), { logSeverityLevel: 4 })).rejects.toThrow();
  });
});
