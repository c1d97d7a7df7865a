import type { ResultOf } from '@fovea/contracts';

/** Pairs of keypoint indices that a limb joins. */
export type Limbs = readonly (readonly [from: number, to: number])[];

/** COCO's person: 0 nose, 1-2 eyes, 3-4 ears, 5-6 shoulders, 7-8 elbows, 9-10 wrists, 11-12 hips, 13-14 knees, 15-16 ankles; left first. */
const COCO17: Limbs = [
  [0, 1],
  [0, 2],
  [1, 3],
  [2, 4],
  [5, 6],
  [5, 11],
  [6, 12],
  [11, 12],
  [5, 7],
  [7, 9],
  [6, 8],
  [8, 10],
  [11, 13],
  [13, 15],
  [12, 14],
  [14, 16],
];

/** A hand: 0 wrist, then four points a finger from the thumb on, base to tip; the bases make the palm. */
const HAND21: Limbs = [
  ...[1, 5, 9, 13, 17].flatMap((base) => [0, 1, 2].map((i) => [base + i, base + i + 1] as const)),
  [0, 1],
  [0, 5],
  [5, 9],
  [9, 13],
  [13, 17],
  [0, 17],
];

/** The limbs of every skeleton; a face's 468 points are close enough to need none. */
export const LIMBS: Readonly<Record<ResultOf<'keypoints'>['skeleton'], Limbs>> = {
  coco17: COCO17,
  hand21: HAND21,
  face468: [],
};
