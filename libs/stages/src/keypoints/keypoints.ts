import type { StageModel } from '@fovea/application';
import { VisionError, type Box, type ResultOf } from '@fovea/contracts';
import {
  boxArea,
  boxFromCorners,
  clipBox,
  modelPoint,
  nms,
  oks,
  toImage,
  type Frame,
  type ImagePoint,
  type OksTruth,
  type RotatedFrame,
  type Size,
} from '@fovea/geometry';
import { concatRows, tensor, type Tensor } from '@fovea/tensor';

/** One person, hand or face, in pixels of the picture. */
export type KeypointItem = ResultOf<'keypoints'>['items'][number];
export type Keypoint = KeypointItem['keypoints'][number];

/** Crops of a picture as one batch: rgb of `side * side * 3` bytes each. */
export const batchOf = (crops: readonly { readonly rgb: Uint8Array }[], side: number): Tensor<'uint8'> =>
  concatRows(crops.map(({ rgb }) => tensor('uint8', [1, side, side, 3], rgb)));

/**
 * S of a model whose input is `image`, uint8 [n, S, S, 3].
 * @param outputs the outputs that the stage reads
 * @throws MODEL_FAILED for a model (of the user) with another contract
 */
export function squareInput(model: StageModel, outputs: readonly string[]): number {
  const [input] = model.inputs;
  const [, height, width, channels] = input?.shape ?? [];
  const fits = input?.name === 'image' && input.dtype === 'uint8' && channels === 3 && height === width;
  if (fits && typeof width === 'number' && hasOutputs(model, outputs)) return width;
  throw wrongContract(model, { shape: '[n, S, S, 3]', outputs });
}

export const hasOutputs = (model: StageModel, outputs: readonly string[]): boolean =>
  outputs.every((wanted) => model.outputs.some(({ name }) => name === wanted));

export const wrongContract = (
  model: StageModel,
  wanted: { shape: string; outputs: readonly string[] },
): VisionError =>
  new VisionError('MODEL_FAILED', `${model.id} does not fit here: it has another contract`, {
    hint:
      `Wanted: \`image\`, uint8 ${wanted.shape} RGB, giving ${wanted.outputs.map((name) => `\`${name}\``).join(', ')}; ` +
      'models/cards shows the contracts of the models that ship.',
  });

/** The points of a model's output in the picture, and the depth where there is one. */
export interface Landmarks {
  readonly points: readonly ImagePoint[];
  /** The third number of each point, as the model gives it. */
  readonly thirds: readonly number[];
}

/**
 * `count` points of three numbers (x, y and a score or depth) from `start` on, moved into the picture.
 * They are not clipped: of a person who is cut off by the edge, a joint may well lie outside.
 */
export function pointsOf(
  data: Float32Array,
  range: { start: number; count: number },
  frame: Frame | RotatedFrame,
): Landmarks {
  const points: ImagePoint[] = [];
  const thirds: number[] = [];
  for (let i = 0, at = range.start; i < range.count; i++, at += 3) {
    points.push(toImage(frame, modelPoint(data[at] ?? NaN, data[at + 1] ?? NaN)));
    thirds.push(data[at + 2] ?? NaN);
  }
  return { points, thirds };
}

/** The name of a keypoint in the model's label file. */
export const pointName = (model: StageModel, index: number): string =>
  model.classes[index]?.name ?? `point-${index}`;

/** Into 0..1; NaN becomes 0. */
export const unit = (score: number): number => (score > 0 ? Math.min(1, score) : 0);

/** The part of the box around points that lies in the picture; no area where none does. */
export function boxAround(points: readonly ImagePoint[], picture: Size): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return clipBox(boxFromCorners(left, top, right, bottom), picture);
}

/** False for what cannot be answered: a number that is not finite, or nothing of the box inside the picture. */
export const isUsable = ({ box, keypoints }: KeypointItem): boolean =>
  boxArea(box) > 0 && keypoints.every(({ x, y, z = 0 }) => Number.isFinite(x + y + z));

export interface BestOptions {
  /** What is less sure is left out, 0..1. */
  readonly minScore: number;
  readonly maxItems: number;
  /** An item whose box shares more than this with a better one's is the same thing found twice. Default: none is. */
  readonly iouThreshold?: number;
  /** As iouThreshold, by the similarity of the joints (OKS; COCO's 17): people stand close, their joints do not. */
  readonly oksThreshold?: number;
}

/**
 * The items to answer, best first; equal scores from top to bottom, left to right.
 * @example bestItems(hands, { minScore: 0.2, maxItems: 20, iouThreshold: 0.5 });
 */
export function bestItems(items: readonly KeypointItem[], options: BestOptions): KeypointItem[] {
  const { minScore, maxItems, iouThreshold, oksThreshold } = options;
  const ranked = items
    .filter(({ score }) => score >= minScore)
    .sort((a, b) => b.score - a.score || a.box.y - b.box.y || a.box.x - b.box.x);
  if (oksThreshold !== undefined) return withoutTwins(ranked, oksThreshold).slice(0, maxItems);
  if (iouThreshold === undefined) return ranked.slice(0, maxItems);
  const boxes = ranked.map(({ box }) => box);
  const scores = ranked.map(({ score }) => score);
  return nms(boxes, scores, { iouThreshold, maxItems }).map((index) => ranked[index] as KeypointItem);
}

/** Greedy suppression by OKS, as is usual behind top-down pose (Papandreou et al. 2017, "Towards accurate multi-person pose"). */
function withoutTwins(ranked: readonly KeypointItem[], oksThreshold: number): KeypointItem[] {
  const kept: { item: KeypointItem; truth: OksTruth }[] = [];
  for (const item of ranked) {
    const keypoints = item.keypoints.flatMap(({ x, y }) => [x, y, 1]);
    if (kept.some(({ truth }) => oks(keypoints, truth) > oksThreshold)) continue;
    kept.push({ item, truth: { keypoints, box: item.box, area: boxArea(item.box) } });
  }
  return kept.map(({ item }) => item);
}
