import { defineStage, type Picture, type StageModel } from '@fovea/application';
import { boxFromCorners, boxToImage, clipBox, type Frame, type Size } from '@fovea/geometry';
import { fitImage } from '@fovea/imaging';
import { tensor, type Tensor, type Tensors } from '@fovea/tensor';
import {
  hasOutputs,
  isUsable,
  pointName,
  pointsOf,
  unit,
  wrongContract,
  type KeypointItem,
} from '../keypoints/keypoints.ts';

/** The model that finds up to six people and their joints in one run. */
export const MULTI_POSE_MODEL = 'movenet-multipose-coco17';

/** The card: the longer side that the published figures are with, and what both sides must be multiples of. */
const LONGER_SIDE = 320;
const STEP = 32;
/** The model always fills six slots; below this one holds nobody. What is too unsure to show, the caller decides. */
const EMPTY_SLOT_SCORE = 0.01;
const JOINTS = 17;
const OUTPUTS = ['poses', 'boxes', 'scores'] as const;

/**
 * The input's size: the picture scaled to the longer side, rounded up to multiples of 32. A square for every picture
 * would let more of them share a batch, but takes half as long again for a usual photograph.
 */
export function multiPoseInput({ width, height }: Size): Size {
  const scale = LONGER_SIDE / Math.max(width, height);
  const padded = (side: number): number => Math.max(STEP, Math.ceil(Math.round(side * scale) / STEP) * STEP);
  return { width: padded(width), height: padded(height) };
}

/**
 * The joints of up to six people, in one run whatever their number; in the order of the model's slots.
 * @example const poses = await context.stage(multiPose, picture, {});
 */
export const multiPose = defineStage({
  name: 'multi-pose',
  version: 1,
  models: [MULTI_POSE_MODEL],
  outputs: OUTPUTS,

  async preprocess(picture: Picture, _params: object, model: StageModel) {
    if (!hasOutputs(model, OUTPUTS)) throw wrongContract(model, { shape: '[n, h, w, 3]', outputs: OUTPUTS });
    const { width, height } = multiPoseInput(picture);
    const { rgb, frame } = await fitImage(picture, {
      mode: 'letterbox',
      align: 'top-left',
      width,
      height,
      kernel: 'bilinear',
    });
    return { feeds: { image: tensor('uint8', [1, height, width, 3], rgb) }, frame };
  },

  postprocess(
    outputs: Tensors,
    { frame, model }: { frame: Frame; params: object; model: StageModel },
  ): KeypointItem[] {
    const { poses, boxes, scores } = outputs as Record<(typeof OUTPUTS)[number], Tensor<'float32'>>;
    const picture = { width: frame.sourceWidth, height: frame.sourceHeight };
    const items: KeypointItem[] = [];
    scores.data.forEach((score, slot) => {
      if (!(score > EMPTY_SLOT_SCORE)) return;
      const { points, thirds } = pointsOf(poses.data, { start: slot * JOINTS * 3, count: JOINTS }, frame);
      const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = boxes.data.subarray(slot * 4, slot * 4 + 4);
      items.push({
        score: unit(score),
        box: clipBox(boxToImage(frame, boxFromCorners(x1, y1, x2, y2)), picture),
        keypoints: points.map(({ x, y }, i) => ({
          name: pointName(model, i),
          x,
          y,
          score: unit(thirds[i] as number),
        })),
      });
    });
    return items.filter(isUsable);
  },
});
