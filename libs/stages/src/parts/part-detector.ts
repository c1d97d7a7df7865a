import { defineStage, type Picture, type Stage, type StageModel } from '@fovea/application';
import type { Box } from '@fovea/contracts';
import {
  boxArea,
  boxFromCorners,
  boxToImage,
  modelPoint,
  nms,
  toImage,
  type Frame,
  type ImagePoint,
} from '@fovea/geometry';
import { fitImage } from '@fovea/imaging';
import type { Tensor, Tensors } from '@fovea/tensor';
import { batchOf, squareInput } from '../keypoints/keypoints.ts';

/** A palm or face that a detector found, in pixels of the picture. */
export interface Part {
  readonly score: number;
  /** Not clipped: it may reach outside the picture. */
  readonly box: Box;
  /** The detector's own few points, in the order of its card. */
  readonly points: readonly ImagePoint[];
}
export interface PartParams {
  /** At most so many, the best. */
  readonly maxItems: number;
}

const OUTPUTS = ['boxes', 'scores', 'keypoints'] as const;
/** Of both detectors' cards. */
const IOU_THRESHOLD = 0.3;

/**
 * A stage around one of MediaPipe's anchor detectors: letterbox, one run, non-maximum suppression; best first.
 * @param options minScore only what is surer than this, 0..1
 * @param options points how many points come with a box
 */
export function partDetector(options: {
  name: string;
  version: number;
  models: readonly [string, ...string[]];
  minScore: number;
  points: number;
}): Stage<Picture, PartParams, Frame, Part[]> {
  const { minScore, points, ...stage } = options;
  return defineStage({
    ...stage,
    outputs: OUTPUTS,

    async preprocess(picture: Picture, _params: PartParams, model: StageModel) {
      const side = squareInput(model, OUTPUTS);
      const fitted = await fitImage(picture, {
        mode: 'letterbox',
        width: side,
        height: side,
        kernel: 'bilinear',
      });
      return { feeds: { image: batchOf([fitted], side) }, frame: fitted.frame };
    },

    postprocess(outputs: Tensors, { frame, params }: { frame: Frame; params: PartParams }): Part[] {
      const { boxes, scores, keypoints } = outputs as Record<(typeof OUTPUTS)[number], Tensor<'float32'>>;
      const parts: Part[] = [];
      scores.data.forEach((score, anchor) => {
        if (!(score > minScore)) return;
        const [x1 = NaN, y1 = NaN, x2 = NaN, y2 = NaN] = boxes.data.subarray(anchor * 4, anchor * 4 + 4);
        const own = keypoints.data.subarray(anchor * points * 2, (anchor + 1) * points * 2);
        const part: Part = {
          score: Math.min(1, score),
          box: boxToImage(frame, boxFromCorners(x1, y1, x2, y2)),
          points: Array.from({ length: points }, (_, i) =>
            toImage(frame, modelPoint(own[i * 2] ?? NaN, own[i * 2 + 1] ?? NaN)),
          ),
        };
        if (boxArea(part.box) > 0 && part.points.every(({ x, y }) => Number.isFinite(x + y)))
          parts.push(part);
      });
      // Equal scores: the lower anchor, which is further up or left.
      const kept = nms(
        parts.map(({ box }) => box),
        parts.map(({ score }) => score),
        { iouThreshold: IOU_THRESHOLD, maxItems: params.maxItems },
      );
      return kept.map((index) => parts[index] as Part);
    },
  });
}
