import { describe, expect, it } from 'vitest';
import { cocoCase } from '../../test/coco-cases.ts';
import { evaluateCoco } from './evaluate.ts';
import type { CocoInput, CocoPrediction, CocoTruth } from './types.ts';

const box = (x: number, width = 40, height = 40) => ({ x, y: 0, width, height });
const truth = (id: number, fields: Partial<CocoTruth> = {}): CocoTruth => ({
  ...{ id, imageId: 1, categoryId: 1, box: box(0), area: 1600, crowd: false },
  ...fields,
});
const prediction = (score: number, fields: Partial<CocoPrediction> = {}): CocoPrediction => ({
  ...{ imageId: 1, categoryId: 1, score, box: box(0) },
  ...fields,
});
const input = (truths: readonly CocoTruth[], predictions: readonly CocoPrediction[]): CocoInput => ({
  imageIds: [2, 1],
  categories: [
    { id: 3, name: 'dog' },
    { id: 1, name: 'cat' },
  ],
  ...{ truths, predictions },
});
const bbox = (truths: readonly CocoTruth[], predictions: readonly CocoPrediction[]) =>
  evaluateCoco(input(truths, predictions), { type: 'bbox' });

describe('evaluateCoco', () => {
  it('of nothing has no figures', async () => {
    const { stats, perCategory, curves, images } = await bbox([], []);
    expect(Object.values(stats)).toEqual(Array.from({ length: 12 }, () => null));
    const nothing = { AP: null, AP50: null, AP75: null, AR: null, truths: 0, predictions: 0 };
    expect(perCategory).toEqual([
      { categoryId: 1, name: 'cat', ...nothing },
      { categoryId: 3, name: 'dog', ...nothing },
    ]);
    expect([curves.average, curves.perCategory[0]?.curves]).toEqual([null, null]);
    expect(images).toEqual([
      { imageId: 1, matches: [], missed: [] },
      { imageId: 2, matches: [], missed: [] },
    ]);
    await expect(
      evaluateCoco({ imageIds: [], categories: [], truths: [], predictions: [] }, { type: 'keypoints' }),
    ).resolves.toMatchObject({ stats: { AP: null }, perCategory: [], images: [] });
  });
  it('gives 0 where truths were not found, and names them', async () => {
    const { stats, images } = await bbox([truth(7), truth(8, { imageId: 2, crowd: true })], []);
    expect([stats.AP, stats.AR100, stats.APsmall]).toEqual([0, 0, null]);
    expect(images.map(({ missed }) => missed)).toEqual([[7], []]);
  });
  it('tells what became of every prediction', async () => {
    const { images, perCategory } = await bbox(
      [truth(7), truth(8, { imageId: 2, box: box(100, 400), crowd: true }), truth(9, { box: box(500) })],
      [
        prediction(0.2),
        prediction(0.9, { box: box(0, 30) }),
        prediction(0.5, { imageId: 2, box: box(200) }),
        prediction(0.4, { imageId: 2, box: box(300) }),
        prediction(0.3, { imageId: 5 }),
        prediction(0.3, { categoryId: 5 }),
      ],
    );
    expect(images).toEqual([
      {
        imageId: 1,
        matches: [
          { prediction: 1, truth: 7, iou: 0.75, ignored: false },
          { prediction: 0, truth: null, iou: 0, ignored: false },
        ],
        missed: [9],
      },
      {
        imageId: 2,
        matches: [
          { prediction: 2, truth: 8, iou: 1, ignored: true },
          { prediction: 3, truth: 8, iou: 1, ignored: true },
        ],
        missed: [],
      },
    ]);
    expect(perCategory[0]).toMatchObject({ name: 'cat', truths: 2, predictions: 4 });
    // Half of the truths by the best prediction; IoU 0.75 reaches six of the ten thresholds.
    expect(perCategory[0]!.AP50).toBeCloseTo(51 / 101, 9);
    expect(perCategory[0]!.AR).toBeCloseTo(0.5, 9);
  });
  it('draws precision over recall with the scores', async () => {
    const { curves } = await bbox(
      [truth(1), truth(2, { box: box(100) })],
      [prediction(0.9), prediction(0.8, { box: box(200) }), prediction(0.7, { box: box(100) })],
    );
    const { precision, scores } = curves.average!.iou50;
    expect([precision[0], precision[50], precision[51], precision[100]].map((p) => p!.toFixed(6))).toEqual([
      '1.000000',
      '1.000000',
      '0.666667',
      '0.666667',
    ]);
    expect([scores[0], scores[50], scores[51], scores[100]]).toEqual([0.9, 0.9, 0.7, 0.7]);
    expect(
      curves.perCategory.map(({ categoryId, curves: own }) => [categoryId, own?.iou50.precision]),
    ).toEqual([
      [1, precision],
      [3, undefined],
    ]);
    expect(curves.recall).toHaveLength(101);
  });
  it('counts only the best predictions', async () => {
    const found = [prediction(0.5), prediction(0.9, { box: box(200) })];
    const figures = async (maxDetections: number) =>
      (await evaluateCoco(input([truth(1)], found), { type: 'bbox', maxDetections })).stats.AR100;
    expect([await figures(1), await figures(2)]).toEqual([0, 1]);
  });
  it('measures classes of keypoints together where categories do not count', async () => {
    const keypoints = [5, 5, 2];
    const { stats } = await evaluateCoco(
      input([truth(1, { keypoints })], [prediction(1, { keypoints, categoryId: 3 })]),
      {
        ...{ type: 'keypoints', useCategories: false, sigmas: [0.1] },
      },
    );
    expect(stats.AP).toBeCloseTo(1, 9);
  });
  it('reports progress, and stops when aborted', async () => {
    const done: number[] = [];
    await evaluateCoco(cocoCase(0).input, { type: 'bbox', onProgress: (share) => done.push(share) });
    expect(done.at(-1)).toBe(1);
    const reason = new Error('enough');
    await expect(
      evaluateCoco(input([], []), { type: 'bbox', signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const stop = new AbortController();
    const onProgress = () => {
      stop.abort(reason);
    };
    await expect(evaluateCoco(input([], []), { type: 'bbox', signal: stop.signal, onProgress })).rejects.toBe(
      reason,
    );
  });
  it('refuses what cannot be measured', async () => {
    await expect(bbox([truth(1)], [prediction(NaN)])).rejects.toThrow(
      'predictions[0].score must be a finite number, got NaN',
    );
    await expect(evaluateCoco(input([truth(1)], [prediction(1)]), { type: 'segm' })).rejects.toThrow(
      'every prediction measured needs mask',
    );
    await expect(evaluateCoco(input([], []), { type: 'bbox', maxDetections: 0 })).rejects.toThrow(RangeError);
  });
});
