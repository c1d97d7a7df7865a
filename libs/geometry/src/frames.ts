import type { Box } from '@fovea/contracts';
import { boxFromCorners, type Size } from './boxes.ts';
import { imagePoint, modelPoint, type ImagePoint, type ModelPoint } from './points.ts';

interface Sizes {
  /** The picture, in pixels. */
  readonly sourceWidth: number;
  readonly sourceHeight: number;
  /** The model's input, in pixels. */
  readonly targetWidth: number;
  readonly targetHeight: number;
}

/** How a picture was scaled and moved into a model's input: model = image * scale + offset. */
export interface Frame extends Sizes {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
}
/** A frame with a rotation: model x = a x + b y + c, model y = d x + e y + f of the image's x, y. */
export interface RotatedFrame extends Sizes {
  readonly matrix: readonly [a: number, b: number, c: number, d: number, e: number, f: number];
}

function checkSize(name: string, { width, height }: Size): void {
  if (!(width > 0 && height > 0 && Number.isFinite(width) && Number.isFinite(height)))
    throw new RangeError(`${name} must have a positive size, got ${width} x ${height}`);
}

function makeFrame(source: Size, target: Size, region: Box): Frame {
  checkSize('source', source);
  checkSize('target', target);
  checkSize('region', region);
  const scaleX = target.width / region.width;
  const scaleY = target.height / region.height;
  return {
    scaleX,
    scaleY,
    offsetX: -region.x * scaleX,
    offsetY: -region.y * scaleY,
    sourceWidth: source.width,
    sourceHeight: source.height,
    targetWidth: target.width,
    targetHeight: target.height,
  };
}

/**
 * The whole picture, its aspect kept, the rest of the target padded.
 * The scaled picture is rounded to whole pixels (at least 1) and lies on whole pixels, as a resize makes it, so
 * scaleX and scaleY can differ a little; {@link frameContent} tells where it lies.
 * @throws RangeError when a size is not positive
 * @example letterboxFrame({ width: 640, height: 480 }, { width: 640, height: 640 }, { align: 'center' }); // offsetY 80
 */
export function letterboxFrame(source: Size, target: Size, options: { align: 'center' | 'top-left' }): Frame {
  checkSize('source', source);
  checkSize('target', target);
  const scale = Math.min(target.width / source.width, target.height / source.height);
  const width = Math.max(1, Math.round(source.width * scale));
  const height = Math.max(1, Math.round(source.height * scale));
  const centred = options.align === 'center';
  return {
    ...makeFrame(source, target, { x: 0, y: 0, ...source }),
    scaleX: width / source.width,
    scaleY: height / source.height,
    offsetX: centred ? Math.floor((target.width - width) / 2) : 0,
    offsetY: centred ? Math.floor((target.height - height) / 2) : 0,
  };
}

/** The whole picture, its aspect not kept. */
export const stretchFrame = (source: Size, target: Size): Frame =>
  makeFrame(source, target, { x: 0, y: 0, ...source });

/**
 * A centred square of side min(width, height) * fraction, which may lie between pixels.
 * @param options fraction Default 1. EfficientNet-Lite at side S: S / (S + 32)
 * @throws RangeError when a size is not positive or the fraction not in (0, 1]
 */
export function centreCropFrame(source: Size, target: Size, options: { fraction?: number } = {}): Frame {
  const { fraction = 1 } = options;
  if (!(fraction > 0 && fraction <= 1)) throw new RangeError(`fraction must be in (0, 1], got ${fraction}`);
  const side = Math.min(source.width, source.height) * fraction;
  const region = { x: (source.width - side) / 2, y: (source.height - side) / 2, width: side, height: side };
  return makeFrame(source, target, region);
}

/** A part of the picture (it may reach outside), stretched to the target. */
export const cropFrame = (source: Size, box: Box, target: Size): Frame => makeFrame(source, target, box);

/**
 * A box turned about its centre, upright in the target: for hands and faces.
 * @param options rotationRad how far the box is turned, clockwise as seen
 * @throws RangeError when a size is not positive or the rotation not finite
 */
export function rotatedCropFrame(
  source: Size,
  box: Box,
  options: { target: Size; rotationRad: number },
): RotatedFrame {
  const { target, rotationRad } = options;
  const { scaleX, scaleY, sourceWidth, sourceHeight, targetWidth, targetHeight } = makeFrame(
    source,
    target,
    box,
  );
  if (!Number.isFinite(rotationRad)) throw new RangeError(`rotationRad must be finite, got ${rotationRad}`);
  const cos = Math.cos(rotationRad);
  const sin = Math.sin(rotationRad);
  const centreX = box.x + box.width / 2;
  const centreY = box.y + box.height / 2;
  const [a, b, d, e] = [cos * scaleX, sin * scaleX, -sin * scaleY, cos * scaleY];
  const c = targetWidth / 2 - a * centreX - b * centreY;
  const f = targetHeight / 2 - d * centreX - e * centreY;
  return { matrix: [a, b, c, d, e, f], sourceWidth, sourceHeight, targetWidth, targetHeight };
}

/** The part of the picture that a frame shows, in pixels of the picture; it may reach outside (padding). */
export const frameRegion = (frame: Frame): Box => ({
  x: -frame.offsetX / frame.scaleX,
  y: -frame.offsetY / frame.scaleY,
  width: frame.targetWidth / frame.scaleX,
  height: frame.targetHeight / frame.scaleY,
});

/** Where the whole picture lies in the model's input, in its pixels; whole numbers for a letterbox. */
export const frameContent = (frame: Frame): Box => ({
  x: frame.offsetX,
  y: frame.offsetY,
  // The scale is a rounded width over the source's: the product is that width but for its last bits.
  width: tidy(frame.sourceWidth * frame.scaleX),
  height: tidy(frame.sourceHeight * frame.scaleY),
});
const tidy = (value: number): number =>
  Math.abs(value - Math.round(value)) < 1e-6 ? Math.round(value) : value;

export function toModel(frame: Frame | RotatedFrame, point: ImagePoint): ModelPoint {
  if ('matrix' in frame) {
    const [a, b, c, d, e, f] = frame.matrix;
    return modelPoint(a * point.x + b * point.y + c, d * point.x + e * point.y + f);
  }
  return modelPoint(point.x * frame.scaleX + frame.offsetX, point.y * frame.scaleY + frame.offsetY);
}

export function toImage(frame: Frame | RotatedFrame, point: ModelPoint): ImagePoint {
  if ('matrix' in frame) {
    const [a, b, c, d, e, f] = frame.matrix;
    const [x, y, determinant] = [point.x - c, point.y - f, a * e - b * d];
    return imagePoint((e * x - b * y) / determinant, (a * y - d * x) / determinant);
  }
  return imagePoint((point.x - frame.offsetX) / frame.scaleX, (point.y - frame.offsetY) / frame.scaleY);
}

/** The four corners of a box, clockwise from the top left. */
const corners = ({ x, y, width, height }: Box): [number, number][] => [
  [x, y],
  [x + width, y],
  [x + width, y + height],
  [x, y + height],
];
function around(points: readonly { x: number; y: number }[]): Box {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  return boxFromCorners(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys));
}

/** A box of the picture in the model's input; with a rotated frame the upright box around it. */
export const boxToModel = (frame: Frame | RotatedFrame, box: Box): Box =>
  around(corners(box).map(([x, y]) => toModel(frame, imagePoint(x, y))));

/** A box of the model's input in the picture, not clipped; with a rotated frame the upright box around it. */
export const boxToImage = (frame: Frame | RotatedFrame, box: Box): Box =>
  around(corners(box).map(([x, y]) => toImage(frame, modelPoint(x, y))));
