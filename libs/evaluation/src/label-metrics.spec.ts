import { describe, expect, it } from 'vitest';
import { Random } from '../test/random.ts';
import { calibration } from './calibration.ts';
import { classificationFigures, rankOf } from './classification.ts';
import { ConfusionMatrix } from './confusion-matrix.ts';

describe('confusion matrix', () => {
  it('has the figures of segmentation by hand', () => {
    const matrix = new ConfusionMatrix(3);
    matrix.addMap([0, 0, 0, 1, 1, 255], [0, 0, 1, 1, 0, 2]);
    const figures = matrix.segmentation();
    expect([...figures.iou]).toEqual([2 / 4, 1 / 3, NaN]);
    expect(figures.meanIou).toBeCloseTo((1 / 2 + 1 / 3) / 2, 12);
    expect(figures.pixelAccuracy).toBe(3 / 5);
    expect(figures.meanAccuracy).toBeCloseTo((2 / 3 + 1 / 2) / 2, 12);
    expect(figures.frequencyWeightedIou).toBeCloseTo((3 / 5) * (1 / 2) + (2 / 5) * (1 / 3), 12);
  });

  it('counts a class that is only predicted as wrong', () => {
    const matrix = new ConfusionMatrix(2);
    matrix.addMap([0, 0], [0, 1]);
    expect([...matrix.segmentation().iou]).toEqual([0.5, 0]);
    expect(matrix.segmentation().meanAccuracy).toBe(0.5);
    expect(matrix.perClass()[1]).toEqual({ precision: 0, recall: NaN, f1: 0, support: 0 });
  });

  it('is no number when nothing was counted', () => {
    const figures = new ConfusionMatrix(2).segmentation();
    expect([
      figures.meanIou,
      figures.pixelAccuracy,
      figures.meanAccuracy,
      figures.frequencyWeightedIou,
    ]).toEqual([NaN, NaN, NaN, NaN]);
    expect(new ConfusionMatrix(2).accuracy()).toBeNaN();
  });

  it('refuses labels that are no classes and counts nothing then', () => {
    const matrix = new ConfusionMatrix(2);
    expect(() => matrix.addMap([0, 2], [0, 0])).toThrow('truth must be a class from 0 to 1, is 2');
    expect(() => matrix.addMap([0, 0], [0, 255])).toThrow('predicted must be a class from 0 to 1, is 255');
    expect(() => matrix.addMap([0], [0, 1])).toThrow('predicted has 2 pixels, truth 1');
    expect(() => matrix.add(0, NaN)).toThrow(RangeError);
    expect(() => matrix.merge(new ConfusionMatrix(3))).toThrow(RangeError);
    expect(() => new ConfusionMatrix(0)).toThrow(RangeError);
    expect([...matrix.counts]).toEqual([0, 0, 0, 0]);
  });

  it('grows to the same figures in parts, and a perfect prediction has only 1s', () => {
    const random = new Random(3);
    const labels = () => Uint8Array.from({ length: 500 }, () => random.int(0, 6));
    const [truth, predicted] = [labels(), labels()];
    const [whole, one, two, perfect] = Array.from({ length: 4 }, () => new ConfusionMatrix(7));
    whole!.addMap(truth, predicted);
    one!.addMap(truth.subarray(0, 123), predicted.subarray(0, 123));
    two!.addMap(truth.subarray(123), predicted.subarray(123));
    one!.merge(two!);
    expect(one!.segmentation()).toEqual(whole!.segmentation());
    expect(whole!.accuracy()).toBe(whole!.segmentation().pixelAccuracy);
    perfect!.addMap(truth, truth);
    expect(perfect!.segmentation()).toMatchObject({ meanIou: 1, pixelAccuracy: 1, meanAccuracy: 1 });
    // IoU never exceeds F1, which is its monotone image 2 IoU / (1 + IoU).
    const { iou } = whole!.segmentation();
    whole!.perClass().forEach(({ f1 }, i) => expect(f1).toBeCloseTo((2 * iou[i]!) / (1 + iou[i]!), 12));
  });
});

describe('classification', () => {
  it('has top-k, matrix and figures by hand', () => {
    const { topK, matrix, perClass } = classificationFigures(
      [
        { truth: 0, scores: [0.7, 0.2, 0.1] },
        { truth: 0, scores: [0.3, 0.6, 0.1] },
        { truth: 1, scores: Float32Array.of(0.1, 0.8, 0.1) },
        { truth: 2, scores: [0.5, 0.3, 0.2] },
      ],
      3,
      { ks: [1, 2, 5] },
    );
    expect(topK).toEqual([
      { k: 1, accuracy: 0.5 },
      { k: 2, accuracy: 0.75 },
      { k: 5, accuracy: 1 },
    ]);
    expect([...matrix.counts]).toEqual([1, 1, 0, 0, 1, 0, 1, 0, 0]);
    expect(perClass[0]).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5, support: 2 });
    expect(perClass[1]).toEqual({ precision: 0.5, recall: 1, f1: 2 / 3, support: 1 });
    expect(perClass[2]).toEqual({ precision: NaN, recall: 0, f1: 0, support: 1 });
  });

  it('does not take constant scores for a perfect classifier', () => {
    const items = [0, 1, 2, 3].map((truth) => ({ truth, scores: [1, 1, 1, 1] }));
    const { topK, matrix } = classificationFigures(items, 4, { ks: [1, 2] });
    expect(topK.map(({ accuracy }) => accuracy)).toEqual([0.25, 0.5]);
    expect(matrix.accuracy()).toBe(0.25);
  });

  it('is no number without pictures and refuses what is not possible', () => {
    expect(classificationFigures([], 2).topK[0]?.accuracy).toBeNaN();
    expect(() => classificationFigures([{ truth: 0, scores: [1] }], 2)).toThrow('scores must be 2');
    expect(() => classificationFigures([{ truth: 2, scores: [1, 0] }], 2)).toThrow('truth must be a class');
    expect(() => classificationFigures([{ truth: 0, scores: [1, NaN] }], 2)).toThrow('class 1 is NaN');
    expect(() => rankOf(0, [NaN, 1])).toThrow('class 0 is NaN');
    expect(() => classificationFigures([], 2, { ks: [0] })).toThrow('ks must be');
  });
});

describe('calibration', () => {
  const judged = (confidence: number, correct: boolean) => ({ confidence, correct });

  it('has bins and errors by hand', () => {
    const { bins, ece, mce, count } = calibration(
      [judged(0.9, true), judged(0.9, false), judged(0.9, true), judged(0.2, false)],
      { bins: 2 },
    );
    expect(count).toBe(4);
    expect(bins[0]).toEqual({ from: 0, to: 0.5, count: 1, confidence: 0.2, accuracy: 0 });
    expect(bins[1]).toMatchObject({ from: 0.5, to: 1, count: 3, accuracy: 2 / 3 });
    expect(ece).toBeCloseTo((3 / 4) * (0.9 - 2 / 3) + (1 / 4) * 0.2, 12);
    expect(mce).toBeCloseTo(0.9 - 2 / 3, 12);
  });

  it('puts a border into the bin below, 0 into the first, 1 into the last', () => {
    for (let i = 1; i <= 15; i++) {
      const { bins } = calibration([judged(i / 15, true)]);
      expect(bins.findIndex(({ count }) => count === 1)).toBe(i - 1);
    }
    expect(calibration([judged(0, false)]).bins[0]?.count).toBe(1);
    expect(calibration([judged(Number.MIN_VALUE, false)]).bins[0]?.count).toBe(1);
  });

  it('is no number without predictions and refuses what is no confidence', () => {
    expect(calibration([])).toMatchObject({ ece: NaN, mce: NaN, count: 0 });
    expect(calibration([]).bins).toHaveLength(15);
    for (const confidence of [NaN, -0.1, 1.1])
      expect(() => calibration([judged(confidence, true)])).toThrow('confidence must be within 0..1');
    expect(() => calibration([], { bins: 0 })).toThrow(RangeError);
  });

  it('lies between 0 and the largest gap', () => {
    const random = new Random(9);
    for (let round = 0; round < 50; round++) {
      const items = Array.from({ length: random.int(1, 80) }, () =>
        judged(random.next(), random.chance(0.5)),
      );
      const { ece, mce, bins } = calibration(items, { bins: random.int(1, 20) });
      expect(ece).toBeGreaterThanOrEqual(0);
      expect(ece).toBeLessThanOrEqual(mce + 1e-12);
      expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(items.length);
    }
  });
});
