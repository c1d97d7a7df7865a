import { defineStage, type Picture, type Stage, type StageModel } from '@fovea/application';
import type { RotatedFrame } from '@fovea/geometry';
import { cropRotated, type RotatedBox } from '@fovea/imaging';
import type { Tensor, Tensors } from '@fovea/tensor';
import {
  batchOf,
  boxAround,
  isUsable,
  pointName,
  pointsOf,
  squareInput,
  unit,
  type KeypointItem,
} from '../keypoints/keypoints.ts';
import type { Part } from './part-detector.ts';

export interface Parts {
  readonly picture: Picture;
  /** At least one: they run as one batch. */
  readonly parts: readonly Part[];
}
/** How a part's crop was cut, and what the detector thought of it. */
export interface PartFrame {
  readonly frame: RotatedFrame;
  /** Pixels of the picture to one of the crop. */
  readonly pitch: number;
  readonly score: number;
}

/** Of both models' cards: below it the crop shows no hand or face. */
const MIN_PRESENCE = 0.5;

/**
 * A stage around one of MediaPipe's landmark models: a turned square crop of each part in one batch, then its points.
 * The model also says whether the part is there at all (`presence`): what it does not confirm is left out. An item's
 * score is the detector's times the presence: both networks must agree. Its points have no scores of their own; each
 * carries the presence. z is in pixels of the picture, like x; smaller is nearer.
 * @param options crop the square to cut out around a part
 * @param options count how many points there are
 * @param options more what else is known of the item in that row
 */
export function partLandmarks(options: {
  name: string;
  version: number;
  models: readonly [string, ...string[]];
  outputs: readonly string[];
  crop: (part: Part) => RotatedBox;
  count: number;
  more?: (outputs: Tensors, row: number) => Partial<KeypointItem>;
}): Stage<Parts, object, readonly PartFrame[], KeypointItem[]> {
  const { crop, count, more, ...stage } = options;
  return defineStage({
    ...stage,

    async preprocess({ picture, parts }: Parts, _params: object, model: StageModel) {
      const side = squareInput(model, stage.outputs);
      const cut = async (part: Part) => {
        const box = crop(part);
        const { rgb, frame } = await cropRotated(picture, box, { width: side, height: side });
        return { rgb, frame, pitch: box.width / side, score: part.score };
      };
      const crops = await Promise.all(parts.map(cut));
      const frame = crops.map(({ rgb: _, ...kept }) => kept);
      return { feeds: { image: batchOf(crops, side) }, frame };
    },

    postprocess(
      outputs: Tensors,
      { frame: frames, model }: { frame: readonly PartFrame[]; model: StageModel },
    ): KeypointItem[] {
      const { landmarks, presence } = outputs as Record<'landmarks' | 'presence', Tensor<'float32'>>;
      const items: KeypointItem[] = [];
      for (const [row, { frame, pitch, score }] of frames.entries()) {
        const present = unit(presence.data[row] ?? 0);
        if (present < MIN_PRESENCE) continue;
        const { points, thirds } = pointsOf(landmarks.data, { start: row * count * 3, count }, frame);
        items.push({
          score: unit(score * present),
          box: boxAround(points, { width: frame.sourceWidth, height: frame.sourceHeight }),
          ...more?.(outputs, row),
          keypoints: points.map(({ x, y }, i) => ({
            name: pointName(model, i),
            x,
            y,
            z: (thirds[i] as number) * pitch,
            score: present,
          })),
        });
      }
      return items.filter(isUsable);
    },
  });
}
