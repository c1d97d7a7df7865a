import { evaluateCoco, type CocoInput } from '@fovea/evaluation';
import { describe, expect, it } from 'vitest';
import {
  cocoClasses,
  cocoCurves,
  cocoFigures,
  detectionConfusion,
  outcomeNote,
  pictureOutcomes,
  worstOutcomes,
} from './coco-report.ts';

const at = (x: number) => ({ x, y: 0, width: 40, height: 40 });
const truth = (id: number, imageId: number, categoryId: number, x: number, crowd = false) => ({
  id,
  imageId,
  categoryId,
  box: at(x),
  area: 1600,
  crowd,
});
const found = (imageId: number, categoryId: number, x: number, score: number) => ({
  imageId,
  categoryId,
  score,
  box: at(x),
});

/** Picture 1: a cat found, a dog found too faintly. 2: a dog taken for a cat. 3: only a crowd. 4: nothing. */
const input: CocoInput = {
  imageIds: [1, 2, 3, 4],
  categories: [
    { id: 7, name: 'cat' },
    { id: 9, name: 'dog' },
  ],
  truths: [truth(1, 1, 7, 0), truth(2, 1, 9, 100), truth(3, 2, 9, 0), truth(4, 3, 7, 0, true)],
  predictions: [
    found(1, 7, 0, 0.9),
    found(1, 9, 100, 0.2),
    found(1, 9, 300, 0.1),
    found(2, 7, 0, 0.8),
    found(3, 7, 2, 0.7),
  ],
};
const evaluation = await evaluateCoco(input, { type: 'bbox' });

describe('the outcome of pictures', () => {
  const outcomes = pictureOutcomes(evaluation, input);

  it('counts what is drawn: a faint hit is missed, a faint mistake is none, crowds count neither way', () => {
    expect(outcomes).toEqual([
      { imageId: 1, f1: 2 / 3, right: 1, truths: 2, missed: [9], wrong: [] },
      { imageId: 2, f1: 0, right: 0, truths: 1, missed: [9], wrong: [7] },
      { imageId: 3, f1: null, right: 0, truths: 0, missed: [], wrong: [] },
      { imageId: 4, f1: null, right: 0, truths: 0, missed: [], wrong: [] },
    ]);
  });

  it('puts the worst first, and leaves out those without mistakes', () => {
    expect(worstOutcomes(outcomes, 24).map(({ imageId }) => imageId)).toEqual([2, 1]);
    expect(worstOutcomes(outcomes, 1)).toHaveLength(1);
  });

  it('says what went wrong', () => {
    const outcome = { imageId: 1, f1: 0, right: 2, truths: 5, missed: [7, 9, 9], wrong: [7] };
    expect(outcomeNote(outcome, (id) => (id === 7 ? 'cat' : 'dog'))).toBe(
      '2 of 5 found; missed: dog ×2, cat; wrong: cat',
    );
  });
});

describe('the report', () => {
  it('has figures with their meaning, classes under the model’s numbers, curves of classes with truths', () => {
    expect(cocoFigures(evaluation)[1]).toEqual({
      name: 'AP50',
      value: evaluation.stats.AP50,
      description: 'average precision at overlap 0.5',
    });
    expect(
      cocoClasses(evaluation, (id) => id * 10).map(({ classId, label, truths }) => [classId, label, truths]),
    ).toEqual([
      [70, 'cat', 1],
      [90, 'dog', 2],
    ]);
    const curves = cocoCurves(evaluation, 'IoU');
    expect(curves.map(({ label, points }) => [label, points.length])).toEqual([
      ...Array.from({ length: 3 }, () => [null, 101]),
      ...Array.from({ length: 3 }, () => ['cat', 51]),
      ...Array.from({ length: 3 }, () => ['dog', 51]),
    ]);
    expect(curves[0]).toMatchObject({ name: 'precision at IoU 0.5', x: 'recall', y: 'precision' });
  });

  it('has a table of what was taken for what, background included', () => {
    const { labels, matrix } = detectionConfusion(input);
    expect(labels).toEqual(['cat', 'dog', 'background']);
    expect(matrix).toEqual([
      [1, 0, 0],
      [1, 0, 1],
      [0, 0, 0],
    ]);
  });
});
