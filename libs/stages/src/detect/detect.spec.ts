import type { Image, StageModel } from '@fovea/application';
import { tensor, type Tensor } from '@fovea/tensor';
import { describe, expect, it } from 'vitest';
import type { DetectParams } from './candidates.ts';
import { detect } from './detect.ts';
import { detectRegions } from './detect-regions.ts';

const model = {
  id: 'tiny',
  classes: ['person', 'cat', 'dog'].map((name, index) => ({ index, name })),
  inputs: [{ name: 'image', dtype: 'uint8', shape: ['n', 64, 64, 3] }],
  outputs: ['boxes', 'scores', 'labels'].map((name) => ({ name })),
} as unknown as StageModel;
const params: DetectParams = { minScore: 0.3, maxItems: 100 };
const grey = (width: number, height: number): Image => ({
  rgb: new Uint8Array(width * height * 3).fill(77),
  width,
  height,
});

type Found = [x1: number, y1: number, x2: number, y2: number, score: number, classId: number];
/** One row of outputs for each list, filled up to the same length with what scores nothing. */
function outputs(...rows: Found[][]) {
  const count = Math.max(...rows.map((row) => row.length));
  const all = rows.flatMap((row) => [
    ...row,
    ...Array.from({ length: count - row.length }, (): Found => [0, 0, 1, 1, 0, 0]),
  ]);
  return {
    boxes: tensor(
      'float32',
      [rows.length, count, 4],
      Float32Array.from(all.flatMap((item) => item.slice(0, 4))),
    ),
    scores: tensor(
      'float32',
      [rows.length, count],
      Float32Array.from(all, (item) => item[4]),
    ),
    labels: tensor(
      'int64',
      [rows.length, count],
      BigInt64Array.from(all, (item) => BigInt(item[5])),
    ),
  };
}
async function found(items: Found[], changed: Partial<DetectParams> = {}, picture = grey(128, 96)) {
  const own = { ...params, ...changed };
  const { frame } = await detect.preprocess(picture, own, model);
  return detect.postprocess(outputs(items), { frame, params: own, model });
}

describe('detect.preprocess', () => {
  it('letterboxes: centred, black above and below', async () => {
    const { feeds } = await detect.preprocess(grey(128, 96), params, model);
    const { dims, data } = feeds['image'] as Tensor<'uint8'>;
    expect(dims).toEqual([1, 64, 64, 3]);
    const column = Array.from({ length: 64 }, (_, row) => data[row * 64 * 3]);
    expect(column).toEqual([
      ...Array<number>(8).fill(0),
      ...Array<number>(48).fill(77),
      ...Array<number>(8).fill(0),
    ]);
  });
  it.each([
    ['inputs', [{ name: 'pixels', dtype: 'float32', shape: ['n', 3, 64, 64] }]],
    ['inputs', [{ name: 'image', dtype: 'uint8', shape: ['n', 'h', 'w', 3] }]],
    ['outputs', [{ name: 'boxes' }, { name: 'logits' }]],
  ])('refuses a model with other %s', async (field, value) => {
    const other = { ...model, [field]: value } as unknown as StageModel;
    await expect(detect.preprocess(grey(9, 9), params, other)).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      hint: expect.stringContaining('`boxes`, float32 [n, k, 4]') as string,
    });
  });
});

describe('detect.postprocess', () => {
  it('leads back to pixels of the picture, clipped to it', async () =>
    expect(
      await found([
        [10, 18, 20, 28, 0.5, 1],
        [-9, 0, 99, 64, 0.4, 2],
      ]),
    ).toEqual([
      { label: 'cat', classId: 1, score: 0.5, box: { x: 20, y: 20, width: 20, height: 20 } },
      {
        label: 'dog',
        classId: 2,
        score: expect.closeTo(0.4, 6) as number,
        box: { x: 0, y: 0, width: 128, height: 96 },
      },
    ]));
  it('drops what has no area in the picture, and what is no number', async () =>
    expect(
      await found([
        [0, 0, 64, 7, 0.9, 0],
        [20, 20, 20, 40, 0.9, 0],
        [NaN, 20, 30, 40, 0.9, 0],
        [10, 20, 30, 40, NaN, 0],
      ]),
    ).toEqual([]));
  it('keeps boxes of a strip one pixel wide', async () => {
    const [strip] = await found([[31, 0, 34, 64, 0.9, 0]], {}, grey(1, 64));
    expect(strip?.box).toEqual({ x: 0, y: 0, width: 1, height: 64 });
  });
  it('suppresses per label, or whatever the label', async () => {
    const items: Found[] = [
      [10, 20, 30, 40, 0.9, 1],
      [10, 20, 30, 41, 0.8, 1],
      [10, 20, 30, 40, 0.7, 2],
    ];
    const labels = async (changed: Partial<DetectParams>) =>
      (await found(items, changed)).map(({ label, score }) => `${label} ${score.toFixed(1)}`);
    expect(await labels({})).toEqual(['cat 0.9', 'dog 0.7']);
    expect(await labels({ classAware: false })).toEqual(['cat 0.9']);
    expect(await labels({ iouThreshold: 0.99 })).toEqual(['cat 0.9', 'cat 0.8', 'dog 0.7']);
    // What is not wanted does not suppress either.
    expect(await labels({ classAware: false, exclude: ['cat'] })).toEqual(['dog 0.7']);
    expect(await labels({ classes: ['DOG', '1'], maxItems: 1 })).toEqual(['cat 0.9']);
  });
  it('orders equal scores by class, then place, whatever the order of the model', async () => {
    const items: Found[] = [
      [40, 30, 50, 40, 0.5, 2],
      [40, 30, 50, 40, 0.5, 1],
      [10, 30, 20, 40, 0.5, 1],
      [40, 10, 50, 20, 0.5, 1],
    ];
    const sorted = await found(items);
    expect(sorted.map(({ classId, box }) => [classId, box.x, box.y])).toEqual([
      [1, 80, 4],
      [1, 20, 44],
      [1, 80, 44],
      [2, 80, 44],
    ]);
    expect(await found(items.toReversed())).toEqual(sorted);
  });
  it('names the parameter of an unknown class', async () =>
    await expect(found([[0, 20, 9, 30, 1, 0]], { exclude: ['cat', 'unicorn'] })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      errors: [{ path: 'exclude.1', message: 'unknown class "unicorn"' }],
    }));
  it('refuses outputs that do not fit together', async () => {
    const { frame } = await detect.preprocess(grey(9, 9), params, model);
    const { boxes, scores } = outputs([[0, 0, 1, 1, 1, 0]]);
    const labels = tensor('int64', [1, 2], new BigInt64Array(2));
    expect(() => detect.postprocess({ boxes, scores, labels }, { frame, params, model })).toThrow(
      expect.objectContaining({ code: 'MODEL_FAILED' }),
    );
  });
});

describe('detectRegions', () => {
  const regions = [
    { x: 0, y: 0, width: 32, height: 32 },
    { x: 90, y: 10, width: 32, height: 16 },
  ];
  it('answers for each region, in pixels of the picture, clipped to the region', async () => {
    const { feeds, frame } = await detectRegions.preprocess(
      { picture: grey(128, 96), regions },
      params,
      model,
    );
    expect((feeds['image'] as Tensor).dims).toEqual([2, 64, 64, 3]);
    const rows = outputs([[8, 8, 16, 16, 0.9, 0]], [[0, 0, 64, 32, 0.9, 0]]);
    const [first, second] = await detectRegions.postprocess(rows, { frame, params, model });
    expect(first?.map(({ box }) => box)).toEqual([{ x: 4, y: 4, width: 4, height: 4 }]);
    // Its square begins at y = 2; what it shows above and below the region does not count.
    expect(second?.map(({ box }) => box)).toEqual([{ x: 90, y: 10, width: 32, height: 8 }]);
  });
});
