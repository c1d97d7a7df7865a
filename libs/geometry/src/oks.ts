import type { Box } from '@fovea/contracts';

/**
 * How far apart annotators put each of COCO's 17 keypoints (nose, eyes, ears, shoulders, elbows, wrists, hips, knees,
 * ankles), relative to the size of the person: cocodataset.org/#keypoints-eval.
 */
export const COCO_SIGMAS: readonly number[] = [
  0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89,
].map((tenths) => tenths / 10);

/** A labelled person (or thing) with keypoints. */
export interface OksTruth {
  /** x, y, visibility (0 = not labelled) one keypoint after another. */
  readonly keypoints: ArrayLike<number>;
  readonly box: Box;
  /** In square pixels, of the mask where there is one. */
  readonly area: number;
}

/**
 * Object keypoint similarity (COCO), 0..1: the mean over the labelled keypoints of exp(-d²/2s²k²), with d the distance,
 * s² the area and k twice the sigma. Without a labelled keypoint d is the distance to the box grown by its own size on
 * every side.
 * @param keypoints found: x, y and anything (a score) one after another
 * @param sigmas one per keypoint; default {@link COCO_SIGMAS}
 * @throws RangeError when either has not three numbers for every sigma
 * @example oks([10, 10, 0.9], { keypoints: [10, 10, 2], box, area: 400 }, [0.05]); // 1
 */
export function oks(keypoints: ArrayLike<number>, truth: OksTruth, sigmas = COCO_SIGMAS): number {
  const labelled = truth.keypoints;
  for (const [name, { length }] of Object.entries({ keypoints, 'truth.keypoints': labelled }))
    if (length !== sigmas.length * 3)
      throw new RangeError(`${name} must hold ${sigmas.length * 3} numbers, got ${length}`);
  const { x, y, width, height } = truth.box;
  const anyLabelled = sigmas.some((_, k) => labelled[k * 3 + 2]! > 0);
  // COCO's guard against an area of 0.
  const area = truth.area + Number.EPSILON;
  let sum = 0;
  let count = 0;
  sigmas.forEach((sigma, k) => {
    const at = k * 3;
    if (anyLabelled && !(labelled[at + 2]! > 0)) return;
    const dx = anyLabelled
      ? keypoints[at]! - labelled[at]!
      : beyond(keypoints[at]!, x - width, x + width * 2);
    const dy = anyLabelled
      ? keypoints[at + 1]! - labelled[at + 1]!
      : beyond(keypoints[at + 1]!, y - height, y + height * 2);
    sum += Math.exp(-((dx * dx + dy * dy) / (sigma * 2) ** 2 / area / 2));
    count++;
  });
  return count === 0 ? 0 : sum / count;
}

const beyond = (value: number, from: number, to: number) =>
  Math.max(0, from - value) + Math.max(0, value - to);
