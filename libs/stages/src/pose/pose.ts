import { defineStage, type Picture, type StageModel } from '@fovea/application';
import type { Box } from '@fovea/contracts';
import { clipBox, type Frame } from '@fovea/geometry';
import { cropImage } from '@fovea/imaging';
import type { Tensor, Tensors } from '@fovea/tensor';
import {
  batchOf,
  isUsable,
  pointName,
  pointsOf,
  squareInput,
  unit,
  type KeypointItem,
} from '../keypoints/keypoints.ts';

/** The models of one person's pose: Thunder is the more exact one, Lightning about seven times as fast. */
export const POSE_MODELS = { accurate: 'movenet-thunder-coco17', fast: 'movenet-lightning-coco17' } as const;

/** The detectors that find the people, the default first: the cards' figures are with its boxes, and people are large. */
export const PERSON_DETECTORS = ['nanodet-g-coco80', 'nanodet-g-512-coco80'] as const;

/** A box less sure than this is not looked at: the recipe behind the figures on the models' cards. */
export const MIN_PERSON_SCORE = 0.2;

export interface Person {
  readonly box: Box;
  readonly score: number;
}
export interface People {
  readonly picture: Picture;
  /** At least one: they run as one batch. */
  readonly people: readonly Person[];
}
interface PersonFrame extends Person {
  readonly frame: Frame;
}

const JOINTS = 17;

/** The square about a box's centre with its longer side: what the models were measured with. */
export function squareAround({ x, y, width, height }: Box): Box {
  const side = Math.max(width, height);
  return { x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side };
}

/**
 * The 17 joints of each person found by a detector, in the order of the people (who have no area in the picture, or no
 * finite joints, are left out). The score is the detector's times the mean of the joints'.
 * @example const poses = await context.stage(pose, { picture, people }, {});
 */
export const pose = defineStage({
  name: 'pose',
  version: 1,
  models: [POSE_MODELS.accurate, POSE_MODELS.fast],
  outputs: ['keypoints'],

  async preprocess({ picture, people }: People, _params: object, model: StageModel) {
    const side = squareInput(model, ['keypoints']);
    // Square boxes as squares keep the aspect; what reaches outside the picture is black.
    const cut = async (person: Person) => {
      const square = squareAround(person.box);
      const { rgb, frame } = await cropImage(picture, square, {
        width: side,
        height: side,
        kernel: 'bilinear',
      });
      return { ...person, rgb, frame };
    };
    const crops = await Promise.all(people.map(cut));
    const frame = crops.map(({ rgb: _, ...kept }): PersonFrame => kept);
    return { feeds: { image: batchOf(crops, side) }, frame };
  },

  postprocess(
    outputs: Tensors,
    { frame: people, model }: { frame: readonly PersonFrame[]; params: object; model: StageModel },
  ): KeypointItem[] {
    const { data } = outputs['keypoints'] as Tensor<'float32'>;
    return people
      .map(({ frame, box, score }, row): KeypointItem => {
        const { points, thirds } = pointsOf(data, { start: row * JOINTS * 3, count: JOINTS }, frame);
        const keypoints = points.map(({ x, y }, i) => ({
          name: pointName(model, i),
          x,
          y,
          score: unit(thirds[i] as number),
        }));
        const mean = keypoints.reduce((sum, keypoint) => sum + keypoint.score, 0) / JOINTS;
        const picture = { width: frame.sourceWidth, height: frame.sourceHeight };
        return { score: unit(score * mean), box: clipBox(box, picture), keypoints };
      })
      .filter(isUsable);
  },
});
