import { boxIou } from '@fovea/geometry';
import { ConfusionMatrix } from './confusion-matrix.ts';
import { byImage, checkFraction, isIgnored, selectBoxes, liesOn, type BoxInput } from './matching.ts';

export interface DetectionMatrix {
  /** Row = truth, column = prediction; the last of both is the background. */
  readonly matrix: ConfusionMatrix;
  /** The category id of each row but the last. */
  readonly categoryIds: readonly number[];
}

/**
 * Which category is taken for which: in each picture, boxes are paired whatever their category, the largest overlap
 * first (equal overlaps: the higher score, then the order given), each box once, as YOLO's validation does it. A truth
 * without partner is taken for background (missed); a prediction without partner makes background an object, unless it
 * overlaps an ignored truth, or lies in a crowd with that share of itself.
 * @param options minScore from which a prediction counts, default 0.25; iouThreshold of a pair, default 0.5
 * @throws RangeError when an option is not within 0..1 or a score is not finite; TypeError for a missing box
 * @example detectionMatrix({ imageIds, categories, truths, predictions }).matrix.counts;
 */
export function detectionMatrix(
  input: BoxInput,
  options: { minScore?: number; iouThreshold?: number } = {},
): DetectionMatrix {
  const { minScore = 0.25, iouThreshold = 0.5 } = options;
  checkFraction(minScore, 'minScore');
  checkFraction(iouThreshold, 'iouThreshold');
  const categoryIds = input.categories.map(({ id }) => id);
  const rows = new Map(categoryIds.map((id, row) => [id, row]));
  const background = categoryIds.length;
  const matrix = new ConfusionMatrix(background + 1);
  const selected = selectBoxes(input);
  const predictionsOf = byImage(selected.predictions.filter(({ score }) => score >= minScore));
  const truthsOf = byImage(selected.truths);

  for (const imageId of new Set(input.imageIds)) {
    const all = truthsOf.get(imageId) ?? [];
    const truths = all.filter((truth) => !isIgnored(truth));
    const predictions = predictionsOf.get(imageId) ?? [];
    const pairs = truths.flatMap((truth) =>
      predictions.map((prediction) => ({ truth, prediction, iou: boxIou(truth.box, prediction.box) })),
    );
    pairs.sort((a, b) => b.iou - a.iou || b.prediction.score - a.prediction.score);
    const used = new Set<object>();
    for (const { truth, prediction, iou } of pairs) {
      if (iou < iouThreshold || iou === 0 || used.has(truth) || used.has(prediction)) continue;
      used.add(truth).add(prediction);
      matrix.add(rows.get(truth.categoryId)!, rows.get(prediction.categoryId)!);
    }
    for (const truth of truths) if (!used.has(truth)) matrix.add(rows.get(truth.categoryId)!, background);
    const ignored = all.filter(isIgnored);
    for (const prediction of predictions)
      if (!used.has(prediction) && !ignored.some((truth) => liesOn(prediction, truth, iouThreshold)))
        matrix.add(background, rows.get(prediction.categoryId)!);
  }
  return { matrix, categoryIds };
}
