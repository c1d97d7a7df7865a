import { describe, expect, it } from 'vitest';
import { detectionCalibration } from './calibration.ts';
import { detectionMatrix } from './detection-matrix.ts';
import type { BoxInput } from './matching.ts';
import { vocMap } from './voc-map.ts';

const at = (x: number, width = 10) => ({ x, y: 0, width, height: 10 });
const truth = (id: number, x: number, more: object = {}) => ({
  id,
  imageId: 1,
  categoryId: 1,
  box: at(x),
  area: 100,
  crowd: false,
  ...more,
});
const found = (x: number, score: number, more: object = {}) => ({
  imageId: 1,
  categoryId: 1,
  score,
  box: at(x),
  ...more,
});
const input = (
  truths: BoxInput['truths'],
  predictions: BoxInput['predictions'],
  imageIds: readonly number[] = [1, 2],
): BoxInput => ({
  imageIds,
  categories: [
    { id: 1, name: 'cat' },
    { id: 5, name: 'dog' },
  ],
  truths,
  predictions,
});

describe('VOC mAP', () => {
  it('is what it is by hand: hit, double, hit', () => {
    const { categories, map } = vocMap(
      input([truth(1, 0), truth(2, 50)], [found(0, 0.9), found(1, 0.8), found(50, 0.7)]),
    );
    expect(categories[0]).toMatchObject({
      objects: 2,
      precision: [1, 1 / 2, 2 / 3],
      recall: [1 / 2, 1 / 2, 1],
    });
    // Half of the recall at precision 1, half at 2/3.
    expect(categories[0]?.ap).toBeCloseTo(5 / 6, 12);
    expect(map).toBeCloseTo(5 / 6, 12);
    const eleven = vocMap(
      input([truth(1, 0), truth(2, 50)], [found(0, 0.9), found(1, 0.8), found(50, 0.7)]),
      { method: '11-point' },
    );
    expect(eleven.map).toBeCloseTo((6 + 5 * (2 / 3)) / 11, 12);
  });

  it('counts difficult objects neither way, however often they are found', () => {
    const figures = vocMap(
      input([truth(1, 0, { ignore: true }), truth(2, 50)], [found(0, 0.9), found(0, 0.8), found(50, 0.7)]),
    );
    expect(figures.categories[0]).toMatchObject({ ap: 1, objects: 1, precision: [1] });
  });

  it('has a hit at exactly the threshold, and none without overlap at threshold 0', () => {
    // 10 x 10 and 20 x 10 from the same corner share half.
    const half = input([truth(1, 0)], [{ ...found(0, 0.9), box: at(0, 20) }]);
    expect(vocMap(half, { iouThreshold: 0.5 }).map).toBe(1);
    expect(vocMap(half, { iouThreshold: 0.51 }).map).toBe(0);
    expect(vocMap(input([truth(1, 0)], [found(500, 0.9)]), { iouThreshold: 0 }).map).toBe(0);
  });

  it('takes equal scores in the order given', () => {
    const pair = [found(0, 0.5), found(300, 0.5)];
    expect(vocMap(input([truth(1, 0)], pair)).map).toBe(1);
    expect(vocMap(input([truth(1, 0)], pair.toReversed())).map).toBe(0.5);
  });

  it('keeps pictures and categories apart', () => {
    const figures = vocMap(
      input([truth(1, 0)], [found(0, 0.9, { imageId: 2 }), found(0, 0.8, { categoryId: 5 }), found(0, 0.7)]),
    );
    expect(figures.categories.map(({ ap }) => ap)).toEqual([0.5, NaN]);
    expect(figures.map).toBe(0.5);
  });

  it('is 0 with nothing found, not a number with nothing to find', () => {
    expect(vocMap(input([truth(1, 0)], [])).map).toBe(0);
    expect(vocMap(input([], [found(0, 0.9)])).map).toBeNaN();
    expect(vocMap(input([], [])).map).toBeNaN();
  });

  it('refuses what has no order or no box', () => {
    expect(() => vocMap(input([], [found(0, NaN)]))).toThrow(RangeError);
    expect(() => vocMap(input([], [found(0, 1, { box: undefined })]))).toThrow(TypeError);
    expect(() => vocMap(input([], []), { iouThreshold: NaN })).toThrow(RangeError);
  });
});

describe('detection matrix', () => {
  const counts = (content: BoxInput, options = {}) => [...detectionMatrix(content, options).matrix.counts];

  it('has mistaken, missed and made-up objects', () => {
    const content = input(
      [truth(1, 0), truth(2, 50, { categoryId: 5 }), truth(3, 100)],
      [found(0, 0.9), found(50, 0.8), found(200, 0.7, { categoryId: 5 }), found(100, 0.2)],
    );
    // Rows cat, dog, background; the fourth prediction is below 0.25.
    expect(counts(content)).toEqual([1, 0, 1, 1, 0, 0, 0, 1, 0]);
    expect(detectionMatrix(content).categoryIds).toEqual([1, 5]);
    expect(counts(content, { minScore: 0.1 })).toEqual([2, 0, 0, 1, 0, 0, 0, 1, 0]);
  });

  it('pairs the largest overlap first, of equal ones the higher score', () => {
    expect(counts(input([truth(1, 0)], [found(2, 0.9), found(0, 0.3, { categoryId: 5 })]))).toEqual([
      0, 1, 0, 0, 0, 0, 1, 0, 0,
    ]);
    expect(counts(input([truth(1, 0)], [found(0, 0.3, { categoryId: 5 }), found(0, 0.9)]))).toEqual([
      1, 0, 0, 0, 0, 0, 0, 1, 0,
    ]);
  });

  it('leaves out what lies on ignored truths and in crowds of the same picture', () => {
    const ignored = [truth(1, 0, { ignore: true }), truth(2, 100, { crowd: true, box: at(100, 200) })];
    expect(counts(input(ignored, [found(0, 0.9), found(150, 0.9)]))).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(counts(input(ignored, [found(150, 0.9, { imageId: 2 })]))[6]).toBe(1);
  });

  it('is empty for nothing', () => {
    expect(counts(input([], [], []))).toEqual(Array(9).fill(0));
  });
});

describe('detection calibration', () => {
  it('takes hits as correct and leaves out what lies on ignored truths', () => {
    const content = input(
      [truth(1, 0), truth(2, 50, { ignore: true }), truth(3, 100, { crowd: true, box: at(100, 200) })],
      [found(0, 0.8), found(0, 0.6), found(50, 0.9), found(150, 0.9)],
    );
    const { ece, count } = detectionCalibration(content);
    expect(count).toBe(2);
    expect(ece).toBeCloseTo((0.2 + 0.6) / 2, 12);
    expect(detectionCalibration(content, { minScore: 0.7 }).count).toBe(1);
  });

  it('does not mix pictures', () => {
    const crowd = truth(3, 100, { crowd: true, box: at(100, 200) });
    expect(detectionCalibration(input([crowd], [found(150, 0.9, { imageId: 2 })])).count).toBe(1);
  });
});
