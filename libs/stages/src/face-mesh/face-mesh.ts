import type { ImagePoint } from '@fovea/geometry';
import type { RotatedBox } from '@fovea/imaging';
import type { Part } from '../parts/part-detector.ts';
import { partLandmarks } from '../parts/part-landmarks.ts';

/** Of the face detector's points: the person's own right and left. */
const RIGHT_EYE = 0;
const LEFT_EYE = 1;
/** The card: how much larger than the face's box the crop is. */
const SIDE_FACTOR = 1.5;

/** The square around a face: turned so that its eyes are level, the right one to the left as seen. */
export function faceCrop({ box, points }: Part): RotatedBox {
  const right = points[RIGHT_EYE] as ImagePoint;
  const left = points[LEFT_EYE] as ImagePoint;
  const side = SIDE_FACTOR * Math.max(box.width, box.height);
  return {
    centreX: box.x + box.width / 2,
    centreY: box.y + box.height / 2,
    width: side,
    height: side,
    angleRad: Math.atan2(left.y - right.y, left.x - right.x),
  };
}

/**
 * The 468 points of each face that is one, in the order of the faces.
 * @example const meshes = await context.stage(faceMesh, { picture, parts: faces }, {});
 */
export const faceMesh = partLandmarks({
  name: 'face-mesh',
  version: 1,
  models: ['facemesh-468'],
  outputs: ['landmarks', 'presence'],
  crop: faceCrop,
  count: 468,
});
