import { boxArea, boxIntersection, boxIou } from '@fovea/geometry';
import type { CocoInput, CocoPrediction, CocoTruth } from './coco-eval/types.ts';

/** What the metrics of boxes are computed from: as COCO's, but only boxes count. */
export type BoxInput = CocoInput;
export type BoxTruth = CocoTruth;
export type BoxPrediction = CocoPrediction & { readonly box: NonNullable<CocoPrediction['box']> };

/** Neither a hit nor a miss when found. */
export const isIgnored = (truth: BoxTruth): boolean => truth.crowd || truth.ignore === true;

/**
 * The predictions and truths of the pictures and categories measured.
 * @throws TypeError for a prediction without box, RangeError for a score that is not a finite number
 */
export function selectBoxes(input: BoxInput): { truths: BoxTruth[]; predictions: BoxPrediction[] } {
  const images = new Set(input.imageIds);
  const categories = new Set(input.categories.map(({ id }) => id));
  const counts = (item: { imageId: number; categoryId: number }) =>
    images.has(item.imageId) && categories.has(item.categoryId);
  const predictions = input.predictions.filter(counts).map((prediction): BoxPrediction => {
    const { box, score, imageId } = prediction;
    if (!box) throw new TypeError(`predictions: one of picture ${imageId} has no box`);
    checkScore(score, `predictions: a score of picture ${imageId}`);
    return { ...prediction, box };
  });
  return { truths: input.truths.filter(counts), predictions };
}

/** @throws RangeError when it is not a finite number: such a score has no place in an order */
export function checkScore(score: number, name: string): void {
  if (!Number.isFinite(score)) throw new RangeError(`${name} must be a finite number, is ${score}`);
}

/** @throws RangeError when it is not within 0..1 */
export function checkFraction(value: number, name: string): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} must be within 0..1, is ${value}`);
}

/** The highest score first; equal ones in the order given. */
export const byScore = <T extends { readonly score: number }>(items: readonly T[]): T[] =>
  [...items].sort((a, b) => b.score - a.score);

/** Items by picture, in the order given. */
export function byImage<T extends { readonly imageId: number }>(items: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(item.imageId);
    if (group) group.push(item);
    else groups.set(item.imageId, [item]);
  }
  return groups;
}

export type Verdict = 'hit' | 'miss' | 'ignored';

/**
 * What each prediction of one class is, by the VOC devkit's rule: it belongs to the truth of its picture that it
 * overlaps most (equal overlaps: the first). A hit, if the overlap reaches the threshold and no prediction of a higher
 * score took that truth; ignored, if that truth is; else a miss.
 * @param predictions sorted by score
 */
export function judge(
  predictions: readonly BoxPrediction[],
  truths: readonly BoxTruth[],
  iouThreshold: number,
): Verdict[] {
  const groups = byImage(truths);
  const taken = new Set<BoxTruth>();
  return predictions.map(({ box, imageId }) => {
    let best: BoxTruth | undefined;
    let overlap = -1;
    for (const truth of groups.get(imageId) ?? []) {
      const iou = boxIou(box, truth.box);
      if (iou > overlap) [best, overlap] = [truth, iou];
    }
    if (!best || overlap < iouThreshold || overlap === 0) return 'miss';
    if (isIgnored(best)) return 'ignored';
    if (taken.has(best)) return 'miss';
    taken.add(best);
    return 'hit';
  });
}

/** Whether a prediction overlaps an ignored truth enough to be no mistake. */
export function liesOn({ box, imageId }: BoxPrediction, truth: BoxTruth, threshold: number): boolean {
  const shared = imageId === truth.imageId ? boxIntersection(box, truth.box) : undefined;
  if (!shared) return false;
  // A crowd's box is larger than any of its members: what counts is how much of the prediction lies in it (COCO).
  return (truth.crowd ? boxArea(shared) / boxArea(box) : boxIou(box, truth.box)) >= threshold;
}
