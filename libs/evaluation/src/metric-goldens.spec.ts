import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { calibration } from './calibration.ts';
import { ConfusionMatrix } from './confusion-matrix.ts';
import { vocMap, type VocOptions } from './voc-map.ts';

type Four = [number, number, number, number];
interface Goldens {
  readonly voc: {
    readonly images: number;
    readonly truths: { imageId: number; categoryId: number; box: Four; ignore: boolean }[];
    readonly predictions: { imageId: number; categoryId: number; box: Four; score: number }[];
    readonly figures: { threshold: number; category: number; area: number | null; eleven: number | null }[];
  }[];
  readonly segmentation: {
    readonly classes: number;
    readonly truth: number[];
    readonly predicted: number[];
    readonly figures: Record<'meanIou' | 'pixelAccuracy' | 'meanAccuracy' | 'frequencyWeightedIou', number>;
  }[];
  readonly calibration: {
    readonly bins: number;
    readonly confidence: number[];
    readonly correct: boolean[];
    readonly ece: number;
    readonly mce: number;
  }[];
}

// Made by test/metric-goldens.py, whose first lines are the recipe.
const goldens = JSON.parse(
  readFileSync(new URL('../test/metric-goldens.json', import.meta.url), 'utf8'),
) as Goldens;
const boxOf = ([x, y, width, height]: Four) => ({ x, y, width, height });

describe('figures equal numpy’s', () => {
  it.each(goldens.voc.map((golden, i) => [i, golden] as const))('VOC AP, case %i', (_i, golden) => {
    const input = {
      imageIds: Array.from({ length: golden.images }, (_, i) => i + 1),
      categories: [1, 2, 3].map((id) => ({ id, name: String(id) })),
      truths: golden.truths.map((truth, id) => ({
        ...truth,
        id,
        box: boxOf(truth.box),
        area: 1,
        crowd: false,
      })),
      predictions: golden.predictions.map((prediction) => ({ ...prediction, box: boxOf(prediction.box) })),
    };
    // To 12 digits; a class without objects has no AP.
    const round = (ap: number | null | undefined) =>
      ap == null || Number.isNaN(ap) ? null : Number(ap.toFixed(12));
    const apOf = (category: number, options: VocOptions) =>
      round(vocMap(input, options).categories.find(({ id }) => id === category)?.ap);
    for (const { threshold, category, area, eleven } of golden.figures) {
      expect(apOf(category, { iouThreshold: threshold })).toBe(round(area));
      expect(apOf(category, { iouThreshold: threshold, method: '11-point' })).toBe(round(eleven));
    }
  });

  it.each(goldens.segmentation)(
    'segmentation of $classes classes',
    ({ classes, truth, predicted, figures }) => {
      const matrix = new ConfusionMatrix(classes);
      matrix.addMap(truth, predicted);
      const found = matrix.segmentation();
      expect(found.meanIou).toBeCloseTo(figures.meanIou, 12);
      expect(found.pixelAccuracy).toBeCloseTo(figures.pixelAccuracy, 12);
      expect(found.meanAccuracy).toBeCloseTo(figures.meanAccuracy, 12);
      expect(found.frequencyWeightedIou).toBeCloseTo(figures.frequencyWeightedIou, 12);
    },
  );

  it.each(goldens.calibration)('calibration in $bins bins', ({ bins, confidence, correct, ece, mce }) => {
    const found = calibration(
      confidence.map((value, i) => ({ confidence: value, correct: correct[i] === true })),
      { bins },
    );
    expect(found.ece).toBeCloseTo(ece, 12);
    expect(found.mce).toBeCloseTo(mce, 12);
  });
});
