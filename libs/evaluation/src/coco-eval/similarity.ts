import type { Box } from '@fovea/contracts';
import { boxArea, measureMask, measuredMaskIou, oks } from '@fovea/geometry';
import type { CocoPrediction, CocoTruth, CocoType } from './types.ts';

/** The likeness of the predictions and truths of one picture and category. */
export interface Similarity {
  /** Row per prediction, column per truth. */
  readonly values: Float64Array;
  /** Square pixels of every prediction: what counts as its size. */
  readonly areas: Float64Array;
}

export type Measure = (predictions: readonly CocoPrediction[], truths: readonly CocoTruth[]) => Similarity;

/** How predictions are compared with truths. */
export function measureOf(type: CocoType, sigmas?: readonly number[]): Measure {
  if (type === 'bbox') return boxSimilarity;
  if (type === 'segm') return maskSimilarity;
  return (predictions, truths) => keypointSimilarity(predictions, truths, sigmas);
}

function boxSimilarity(predictions: readonly CocoPrediction[], truths: readonly CocoTruth[]): Similarity {
  const boxes = predictions.map(({ box }) => needed(box, 'box', 'prediction'));
  return fill(boxes.map(boxArea), truths, (i, truth) => cocoBoxIou(boxes[i]!, truth));
}

/** IoU; with a crowd region the share of the prediction that lies in it. */
function cocoBoxIou(a: Box, { box: b, crowd }: CocoTruth): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (!(width > 0 && height > 0)) return 0;
  const shared = width * height;
  const area = a.width * a.height;
  return shared / (crowd ? area : area + b.width * b.height - shared);
}

function maskSimilarity(predictions: readonly CocoPrediction[], truths: readonly CocoTruth[]): Similarity {
  const masks = predictions.map(({ mask }) => measureMask(needed(mask, 'mask', 'prediction')));
  // Where nothing was found, truths need not be decoded.
  const others = new Map(
    masks.length === 0
      ? []
      : truths.map((truth) => [truth, measureMask(needed(truth.mask, 'mask', 'truth'))]),
  );
  return fill(
    masks.map(({ area }) => area),
    truths,
    (i, truth) => measuredMaskIou(masks[i]!, others.get(truth)!, truth),
  );
}

function keypointSimilarity(
  predictions: readonly CocoPrediction[],
  truths: readonly CocoTruth[],
  sigmas?: readonly number[],
): Similarity {
  const found = predictions.map(({ keypoints }) => needed(keypoints, 'keypoints', 'prediction'));
  return fill(found.map(keypointArea), truths, (i, { keypoints, box, area }) =>
    oks(found[i]!, { keypoints: needed(keypoints, 'keypoints', 'truth'), box, area }, sigmas),
  );
}

/** Of the box around all keypoints. */
function keypointArea(keypoints: readonly number[]): number {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at + 1 < keypoints.length; at += 3) {
    left = Math.min(left, keypoints[at]!);
    right = Math.max(right, keypoints[at]!);
    top = Math.min(top, keypoints[at + 1]!);
    bottom = Math.max(bottom, keypoints[at + 1]!);
  }
  return (right - left) * (bottom - top);
}

function fill(
  areas: readonly number[],
  truths: readonly CocoTruth[],
  compare: (prediction: number, truth: CocoTruth) => number,
): Similarity {
  const values = new Float64Array(areas.length * truths.length);
  for (let i = 0, at = 0; i < areas.length; i++) for (const truth of truths) values[at++] = compare(i, truth);
  return { values, areas: Float64Array.from(areas) };
}

function needed<V>(value: V | undefined, name: string, of: 'prediction' | 'truth'): V {
  if (value === undefined) throw new TypeError(`every ${of} measured needs ${name}`);
  return value;
}
