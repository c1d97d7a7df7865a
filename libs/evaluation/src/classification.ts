import { ConfusionMatrix, type ClassFigures } from './confusion-matrix.ts';

/** One picture: its true class and the scores of all classes. */
export interface ClassifiedItem {
  readonly truth: number;
  readonly scores: ArrayLike<number>;
}

export interface ClassificationFigures {
  /** The share of pictures whose true class is among the best k, for each k asked for; NaN without pictures. */
  readonly topK: readonly { readonly k: number; readonly accuracy: number }[];
  /** Of the best class. */
  readonly matrix: ConfusionMatrix;
  readonly perClass: readonly ClassFigures[];
}

/**
 * The place of the true class, from 0. Classes with a higher score stand before it, of equal scores those with the
 * lower number: as a stable sort has them, so that constant scores are no perfect classifier.
 * @throws RangeError when the class has no score or a score is NaN
 */
export function rankOf(truth: number, scores: ArrayLike<number>): number {
  const own = scores[truth];
  if (!Number.isInteger(truth) || own === undefined)
    throw new RangeError(`truth must be a class from 0 to ${scores.length - 1}, is ${truth}`);
  let rank = 0;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (Number.isNaN(score)) throw new RangeError(`scores: that of class ${i} is NaN`);
    if (score > own || (score === own && i < truth)) rank++;
  }
  return rank;
}

/**
 * Top-k accuracy (Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", IJCV 2015), the confusion
 * matrix of the best class, and precision, recall and F1 of each.
 * @param classes how many there are; each item has as many scores
 * @param options ks default 1 and 5
 * @throws RangeError when a truth, a number of scores, a score or a k is not possible
 * @example classificationFigures([{ truth: 1, scores: [0.2, 0.8] }], 2, { ks: [1] }).topK[0].accuracy; // 1
 */
export function classificationFigures(
  items: Iterable<ClassifiedItem>,
  classes: number,
  options: { ks?: readonly number[] } = {},
): ClassificationFigures {
  const { ks = [1, 5] } = options;
  for (const k of ks)
    if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`ks must be 1 or more, is ${k}`);
  const matrix = new ConfusionMatrix(classes);
  const within = ks.map(() => 0);
  let count = 0;
  for (const { truth, scores } of items) {
    if (scores.length !== classes)
      throw new RangeError(`scores must be ${classes}, one per class, are ${scores.length}`);
    const rank = rankOf(truth, scores);
    ks.forEach((k, i) => (within[i]! += rank < k ? 1 : 0));
    matrix.add(truth, best(scores));
    count++;
  }
  return {
    topK: ks.map((k, i) => ({ k, accuracy: within[i]! / count })),
    matrix,
    perClass: matrix.perClass(),
  };
}

/** The class of the highest score; of equal ones the first. Scores are checked by then. */
function best(scores: ArrayLike<number>): number {
  let at = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i]! > scores[at]!) at = i;
  return at;
}
