import type { StageModel } from '@fovea/application';
import { VisionError, type Box } from '@fovea/contracts';
import {
  boxArea,
  boxFromCorners,
  boxIntersection,
  boxToImage,
  nms,
  type Frame,
  type Size,
} from '@fovea/geometry';
import type { Tensor, Tensors } from '@fovea/tensor';
import { selectClasses } from '../select-classes.ts';

/** What a detector found. */
export interface Detection {
  readonly label: string;
  readonly classId: number;
  readonly score: number;
  /** In pixels of the picture, clipped to it; never without area. */
  readonly box: Box;
}

export interface DetectParams {
  /** What is less sure is left out, 0..1. */
  readonly minScore: number;
  /** At most so many, the best. */
  readonly maxItems: number;
  /** A box that shares more than this with a better one of its label is dropped, 0..1. Default 0.6 (the model's card). */
  readonly iouThreshold?: number | undefined;
  /** False: boxes of different labels drop one another, too. Default true. */
  readonly classAware?: boolean | undefined;
  /** Only these classes: index or name. Default: all. */
  readonly classes?: readonly string[] | undefined;
  /** Not these classes: index or name. */
  readonly exclude?: readonly string[] | undefined;
}

/**
 * Width and height of a detector's input.
 * @throws MODEL_FAILED for a model (of the user) with another contract
 */
export function detectorInput(model: StageModel): Size {
  const [input] = model.inputs;
  const [, height, width, channels] = input?.shape ?? [];
  const fits = input?.name === 'image' && input.dtype === 'uint8' && channels === 3;
  const given = new Set(model.outputs.map(({ name }) => name));
  if (fits && typeof width === 'number' && typeof height === 'number')
    if (['boxes', 'scores', 'labels'].every((name) => given.has(name))) return { width, height };
  throw wrongContract(model);
}

const wrongContract = (model: StageModel): VisionError =>
  new VisionError('MODEL_FAILED', `${model.id} cannot detect: it has another contract`, {
    hint:
      'A detector takes `image`, uint8 [n, H, W, 3] RGB, and gives `boxes`, float32 [n, k, 4] (x1 y1 x2 y2 in input ' +
      'pixels), `scores`, float32 [n, k] (0..1), and `labels`, int64 [n, k]; see CONTRIBUTING.md.',
  });

/** The classes that the parameters let through. @throws INVALID_PARAMETER for a class that the model does not know */
export function wantedClasses(model: StageModel, params: DetectParams): (classId: number) => boolean {
  const only = params.classes && selectClasses(model.classes, params.classes, 'classes');
  const never = params.exclude && selectClasses(model.classes, params.exclude, 'exclude');
  return (classId) => (only?.has(classId) ?? true) && !never?.has(classId);
}

/**
 * The boxes of one row of a detector's outputs in the picture, before non-maximum suppression.
 * @param context frame: how the picture was moved into the input; bounds: what the boxes are clipped to
 * @throws MODEL_FAILED where the outputs do not fit together
 */
export function candidatesOf(
  outputs: Tensors,
  row: number,
  context: { frame: Frame; bounds: Box; params: DetectParams; model: StageModel },
): Detection[] {
  const { frame, bounds, params, model } = context;
  const { boxes, scores, labels } = outputs as Record<'boxes' | 'scores' | 'labels', Tensor>;
  const count = scores.dims[1] ?? 0;
  if (boxes.data.length !== scores.data.length * 4 || labels.data.length !== scores.data.length)
    throw wrongContract(model);
  const wanted = wantedClasses(model, params);
  const found: Detection[] = [];
  for (let at = row * count; at < (row + 1) * count; at++) {
    const score = Number(scores.data[at]);
    const classId = Number(labels.data[at]);
    if (!(score >= params.minScore) || !wanted(classId)) continue;
    const corners = Array.from(boxes.data.subarray(at * 4, at * 4 + 4), Number);
    const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = corners;
    const box = boxIntersection(boxToImage(frame, boxFromCorners(x1, y1, x2, y2)), bounds);
    if (box) found.push({ label: model.classes[classId]?.name ?? `class ${classId}`, classId, score, box });
  }
  return found;
}

/** Best first; equal scores by class, then from top to bottom, left to right, small to large. */
export const byRank = (a: Detection, b: Detection): number =>
  b.score - a.score ||
  a.classId - b.classId ||
  a.box.y - b.box.y ||
  a.box.x - b.box.x ||
  boxArea(a.box) - boxArea(b.box);

/** The best box of each object: non-maximum suppression, then at most `maxItems`. */
export function suppress(candidates: readonly Detection[], params: DetectParams): Detection[] {
  const { iouThreshold = 0.6, classAware = true, maxItems } = params;
  const ranked = candidates.toSorted(byRank);
  const kept = nms(
    ranked.map(({ box }) => box),
    ranked.map(({ score }) => score),
    {
      iouThreshold,
      maxItems,
      ...(classAware ? { classIds: ranked.map(({ classId }) => classId) } : {}),
    },
  );
  return kept.map((index) => ranked[index] as Detection);
}
