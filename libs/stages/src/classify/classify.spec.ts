import type { Image, StageModel } from '@fovea/application';
import { tensor, type Tensor } from '@fovea/tensor';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classify, type ClassifyParams } from './classify.ts';
import { classificationCrops, mirror, type Crops } from './crops.ts';

const classes = ['tench', 'tabby', 'tiger cat', 'Egyptian cat', 'crane', 'crane'].map((name, index) => ({
  index,
  name,
  wnid: `n0000000${index}`,
}));
const model = {
  id: 'tiny',
  classes,
  inputs: [{ name: 'image', dtype: 'uint8', shape: ['n', 32, 32, 3] }],
  outputs: [{ name: 'logits', dtype: 'float32', shape: ['n', 6] }],
} as unknown as StageModel;
const params: ClassifyParams = { topK: 3, minScore: 0, crops: 1 };
const post = (logits: number[][], changed: Partial<ClassifyParams> = {}) =>
  classify.postprocess(
    { logits: tensor('float32', [logits.length, 6], Float32Array.from(logits.flat())) },
    { frame: undefined, params: { ...params, ...changed }, model },
  ) as { label: string; classId: number; score: number }[];

describe('classify.postprocess', () => {
  const logits = [[0, 3, 2, 1, 0, 0]];
  it('names the best, with probabilities over all classes', () => {
    const labels = post(logits, { topK: 6 });
    expect(labels.map(({ label }) => label).slice(0, 3)).toEqual(['tabby', 'tiger cat', 'Egyptian cat']);
    expect(labels.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5);
  });
  it('keeps scores when it filters by label', () => {
    const [best] = post(logits);
    expect(post(logits, { labels: ['tabby'] })).toEqual([best]);
  });
  it('leaves out what is under minScore', () =>
    expect(post(logits, { minScore: 0.5 }).map(({ label }) => label)).toEqual(['tabby']));
  it('averages crops', () => {
    const [first, second] = post(
      [
        [0, 9, 0, 0, 0, 0],
        [9, 0, 0, 0, 0, 0],
      ],
      { topK: 2 },
    );
    expect(first?.score).toBeCloseTo(second?.score ?? 0, 6);
  });
});

describe('classify.preprocess', () => {
  it.each<[Crops]>([[1], [5], [10]])('makes a batch of %i crops of the model’s size', async (crops) => {
    const image: Image = { rgb: new Uint8Array(80 * 50 * 3).fill(77), width: 80, height: 50 };
    const { feeds } = await classify.preprocess(image, { ...params, crops }, model);
    const pixels = feeds['image'] as Tensor<'uint8'>;
    expect(pixels.dims).toEqual([crops, 32, 32, 3]);
    expect(new Set(pixels.data)).toEqual(new Set([77]));
  });
});

describe('classificationCrops', () => {
  it('lie in the picture, the first in its centre', () =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (width, height) => {
        const crops = classificationCrops({ width, height }, { crops: 5, fraction: 224 / 256 });
        for (const { region } of crops) {
          expect(region.x).toBeGreaterThanOrEqual(0);
          expect(region.x + region.width).toBeLessThanOrEqual(width + 1e-9);
          expect(region.y + region.height).toBeLessThanOrEqual(height + 1e-9);
          expect(region.width).toBe(region.height);
        }
        const [centre] = crops;
        expect((centre?.region.x ?? 0) * 2 + (centre?.region.width ?? 0)).toBeCloseTo(width, 6);
      }),
    ));
  it('mirrors left to right', () => {
    const rgb = Uint8Array.from([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6]);
    mirror(rgb, 3);
    expect([...rgb]).toEqual([3, 3, 3, 2, 2, 2, 1, 1, 1, 6, 6, 6, 5, 5, 5, 4, 4, 4]);
  });
});
