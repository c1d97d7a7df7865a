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

/** Points one after another, joined to a line. */
const chain = (...points: number[]): Limbs =>
  points.slice(1).map((point, i) => [points[i] as number, point] as const);
const ring = (...points: number[]): Limbs => chain(...points, points[0] as number);

/** Contours of MediaPipe's face mesh (face_mesh_connections.py, FACEMESH_CONTOURS): lips, eyes, eyebrows, oval. */
const FACE_CONTOURS: Limbs = [
  ...ring(61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
  ...ring(78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191),
  ...ring(263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
  ...ring(33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
  ...chain(276, 283, 282, 295, 285),
  ...chain(300, 293, 334, 296, 336),
  ...chain(46, 53, 52, 65, 55),
  ...chain(70, 63, 105, 66, 107),
  ...ring(
    ...[10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377],
    ...[152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109],
  ),
];

/** The lines of every skeleton: limbs, fingers, contours. */
export const LIMBS: Readonly<Record<ResultOf<'keypoints'>['skeleton'], Limbs>> = {
  coco17: COCO17,
  hand21: HAND21,
  face468: FACE_CONTOURS,
};
