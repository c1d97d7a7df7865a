import { VisionError, type Box } from '@fovea/contracts';
import { clipBox, type Size } from '@fovea/geometry';

/** What is thinner, in pixels, after it was cut off at the picture's edge shows nothing. */
const THINNEST = 0.01;

/**
 * The boxes of a request, [x, y, width, height] in pixels, cut off at the picture's edge; in their order.
 * @throws INVALID_PARAMETER naming every entry without a size or outside the picture
 */
export function boxesOf(given: readonly (readonly number[])[], picture: Size): Box[] {
  const errors: { path: string; message: string }[] = [];
  const boxes = given.map(([x = 0, y = 0, width = 0, height = 0], index) => {
    const box = clipBox({ x, y, width: Math.max(0, width), height: Math.max(0, height) }, picture);
    const path = `boxes.${index}`;
    if (!(width >= THINNEST && height >= THINNEST))
      errors.push({ path, message: `width and height must be positive, got ${width} x ${height}` });
    else if (!(box.width >= THINNEST && box.height >= THINNEST))
      errors.push({
        path,
        message: `it lies outside the picture, which is ${picture.width} x ${picture.height} pixels`,
      });
    return box;
  });
  if (errors.length === 0) return boxes;
  const detail = errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new VisionError('INVALID_PARAMETER', detail, {
    errors,
    hint: 'A box is [x, y, width, height] in pixels of the picture as a person sees it, from its top left corner.',
  });
}
