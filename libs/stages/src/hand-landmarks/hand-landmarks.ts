import type { ImagePoint } from '@fovea/geometry';
import type { RotatedBox } from '@fovea/imaging';
import type { Tensor } from '@fovea/tensor';
import type { Part } from '../parts/part-detector.ts';
import { partLandmarks } from '../parts/part-landmarks.ts';

/** Of the palm detector's points. */
const WRIST = 0;
const MIDDLE_MCP = 2;
/** The card: how much larger than the palm the crop is, and how far towards the fingers its centre lies. */
const SIDE_FACTOR = 2.6;
const SHIFT_FACTOR = 0.5;

/** The square around a hand: turned so that its fingers point up, its centre moved towards them. */
export function handCrop({ box, points }: Part): RotatedBox {
  const wrist = points[WRIST] as ImagePoint;
  const middle = points[MIDDLE_MCP] as ImagePoint;
  // Clockwise from upwards; 0 - y, not -y: of -0 the angle would be a half turn.
  const angleRad = Math.atan2(middle.x - wrist.x, 0 - (middle.y - wrist.y));
  const shift = SHIFT_FACTOR * box.height;
  const side = SIDE_FACTOR * Math.max(box.width, box.height);
  return {
    centreX: box.x + box.width / 2 + Math.sin(angleRad) * shift,
    centreY: box.y + box.height / 2 - Math.cos(angleRad) * shift,
    width: side,
    height: side,
    angleRad,
  };
}

/**
 * The 21 points of each hand that is one, and whether it is a left or right one (of a picture that is not mirrored),
 * in the order of the palms.
 * @example const hands = await context.stage(handLandmarks, { picture, parts: palms }, {});
 */
export const handLandmarks = partLandmarks({
  name: 'hand-landmarks',
  version: 1,
  models: ['hand-landmarks-21'],
  outputs: ['landmarks', 'presence', 'handedness'],
  crop: handCrop,
  count: 21,
  more: (outputs, row) => {
    const right = (outputs['handedness'] as Tensor<'float32'>).data[row] ?? 0;
    return { handedness: right >= 0.5 ? 'right' : 'left' };
  },
});
