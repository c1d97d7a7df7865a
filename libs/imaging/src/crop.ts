import type { Image, Picture } from '@fovea/application';
import type { Box } from '@fovea/contracts';
import {
  cropFrame,
  modelPoint,
  rotatedCropFrame,
  toImage,
  type RotatedFrame,
  type Size,
} from '@fovea/geometry';
import { throwIfAborted } from './abort.ts';
import { pixelsOf } from './picture.ts';
import {
  checkImage,
  checkTarget,
  padded,
  render,
  type Fitted,
  type PadValue,
  type RenderOptions,
} from './render.ts';

export interface CropOptions extends RenderOptions {
  /** Default: the box's size, rounded to whole pixels. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * A box of a picture, stretched to a size; it may reach outside the picture.
 * @param box in pixels of the picture
 * @param options kernel default `bicubic`, padValue default 0 (outside the picture)
 * @throws CANCELLED; RangeError for a box without a size
 * @example const face = await cropImage(image, item.box, { width: 192, height: 192, kernel: 'bilinear' });
 */
export async function cropImage(picture: Picture, box: Box, options: CropOptions = {}): Promise<Fitted> {
  const { width = Math.max(1, Math.round(box.width)), height = Math.max(1, Math.round(box.height)) } =
    options;
  checkTarget(width, height);
  const source = { width: picture.width, height: picture.height };
  const isWhole = options.width === undefined && options.height === undefined;
  // Without a target the box is moved to whole pixels, so that the pixels come out as they are.
  const region = isWhole ? { x: Math.round(box.x), y: Math.round(box.y), width, height } : box;
  return render(
    picture,
    cropFrame(source, region, { width, height }),
    isWhole ? { ...options, kernel: 'nearest' } : options,
  );
}

/** A box turned about its centre. */
export interface RotatedBox {
  readonly centreX: number;
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
  /** How far the box is turned, clockwise as seen. */
  readonly angleRad: number;
}
export interface RotatedCropOptions {
  /** `pad` (default): the picture goes over into `padValue`; `clamp`: its edge goes on. */
  readonly outside?: 'pad' | 'clamp';
  readonly padValue?: PadValue;
  readonly signal?: AbortSignal;
}

/** Source pixels to a target pixel above which the picture is shrunk first, against aliasing. */
const MAX_PITCH = 1.5;

/**
 * A turned box of a picture, upright in the target: for hands and faces. Bilinear; what shrinks is antialiased.
 * @param box in pixels of the picture; it may reach outside
 * @param options width, height: the target, in pixels
 * @throws CANCELLED; RangeError for sizes that are not positive
 * @example const { rgb, frame } = await cropRotated(image, palm, { width: 224, height: 224 });
 */
export async function cropRotated(
  picture: Picture,
  box: RotatedBox,
  options: Size & RotatedCropOptions,
): Promise<Fitted<RotatedFrame>> {
  const { width, height, outside = 'pad', padValue = 0, signal } = options;
  checkTarget(width, height);
  throwIfAborted(signal);
  const image = await pixelsOf(picture);
  checkImage(image);
  const upright = {
    x: box.centreX - box.width / 2,
    y: box.centreY - box.height / 2,
    width: box.width,
    height: box.height,
  };
  const size = { width: image.width, height: image.height };
  const frame = rotatedCropFrame(size, upright, { target: { width, height }, rotationRad: box.angleRad });
  const shrunk = await shrinkAround(image, box, {
    pitch: Math.max(box.width / width, box.height / height),
    signal,
  });
  const rgb = outside === 'pad' ? padded(width, height, padValue) : new Uint8Array(width * height * 3);
  warp(shrunk, frame, { rgb, clamp: outside === 'clamp' });
  return { rgb, width, height, frame };
}

/** The part of a picture that is sampled: pixel (u, v) = picture (x * scale + offset). */
type Part = Pick<Fitted, 'rgb' | 'width' | 'height'> & {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly offsetX: number;
  readonly offsetY: number;
};

/** The picture itself, or what lies around the box shrunk to about one pixel for a target pixel. */
async function shrinkAround(
  image: Image,
  box: RotatedBox,
  options: { pitch: number; signal: AbortSignal | undefined },
): Promise<Part> {
  const { pitch, signal } = options;
  const whole = { ...image, scaleX: 1, scaleY: 1, offsetX: 0, offsetY: 0 };
  if (pitch <= MAX_PITCH) return whole;
  const [cos, sin] = [Math.abs(Math.cos(box.angleRad)), Math.abs(Math.sin(box.angleRad))];
  // Two target pixels of margin, for the neighbours that bilinear sampling looks at.
  const reachX = (box.width * cos + box.height * sin) / 2 + 2 * pitch;
  const reachY = (box.width * sin + box.height * cos) / 2 + 2 * pitch;
  const left = Math.max(0, Math.floor(box.centreX - reachX));
  const top = Math.max(0, Math.floor(box.centreY - reachY));
  const width = Math.min(image.width, Math.ceil(box.centreX + reachX)) - left;
  const height = Math.min(image.height, Math.ceil(box.centreY + reachY)) - top;
  if (width <= 0 || height <= 0) return whole;
  const target = {
    width: Math.max(1, Math.round(width / pitch)),
    height: Math.max(1, Math.round(height / pitch)),
  };
  const around = cropFrame(
    { width: image.width, height: image.height },
    { x: left, y: top, width, height },
    target,
  );
  const { rgb, frame } = await render(image, around, { kernel: 'bilinear', signal });
  return {
    rgb,
    ...target,
    scaleX: frame.scaleX,
    scaleY: frame.scaleY,
    offsetX: frame.offsetX,
    offsetY: frame.offsetY,
  };
}

/** Samples the part at every target pixel's centre, bilinear, over what `rgb` holds already. */
function warp(part: Part, frame: RotatedFrame, into: { rgb: Uint8Array; clamp: boolean }): void {
  const { rgb, clamp } = into;
  const [right, bottom] = [part.width - 1, part.height - 1];
  // The way back is linear: one pixel's place and the steps to its neighbours give all others.
  const place = (x: number, y: number): [number, number] => {
    const point = toImage(frame, modelPoint(x, y));
    return [point.x * part.scaleX + part.offsetX - 0.5, point.y * part.scaleY + part.offsetY - 0.5];
  };
  const [startX, startY] = place(0.5, 0.5);
  const [rightX, rightY] = place(1.5, 0.5);
  const [downX, downY] = place(0.5, 1.5);
  let out = 0;
  for (let v = 0; v < frame.targetHeight; v++)
    for (let u = 0; u < frame.targetWidth; u++, out += 3) {
      let x = startX + u * (rightX - startX) + v * (downX - startX);
      let y = startY + u * (rightY - startY) + v * (downY - startY);
      if (clamp) {
        x = Math.min(right, Math.max(0, x));
        y = Math.min(bottom, Math.max(0, y));
      }
      if (x >= 0 && y >= 0 && x <= right && y <= bottom) sampleInside(part, x, y, { rgb, out });
      else if (x > -1 && y > -1 && x < right + 1 && y < bottom + 1) sampleEdge(part, x, y, { rgb, out });
    }
}

interface Pixel {
  readonly rgb: Uint8Array;
  readonly out: number;
}

function sampleInside(part: Part, x: number, y: number, { rgb, out }: Pixel): void {
  const source = part.rgb;
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [fx, fy] = [x - left, y - top];
  // On the last column and row the neighbour weighs nothing.
  const right = left + 1 < part.width ? 3 : 0;
  const down = top + 1 < part.height ? part.width * 3 : 0;
  let at = (top * part.width + left) * 3;
  for (let channel = 0; channel < 3; channel++, at++) {
    const upper = source[at]! * (1 - fx) + source[at + right]! * fx;
    const lower = source[at + down]! * (1 - fx) + source[at + down + right]! * fx;
    rgb[out + channel] = upper * (1 - fy) + lower * fy + 0.5;
  }
}

/** Less than a pixel beyond the edge: the picture goes over into what stands there. */
function sampleEdge(part: Part, x: number, y: number, { rgb, out }: Pixel): void {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  for (let channel = 0; channel < 3; channel++) {
    let sum = 0;
    for (const row of [top, top + 1])
      for (const column of [left, left + 1]) {
        const isInside = row >= 0 && column >= 0 && row < part.height && column < part.width;
        const value = isInside ? part.rgb[(row * part.width + column) * 3 + channel]! : rgb[out + channel]!;
        sum += value * (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
      }
    rgb[out + channel] = sum + 0.5;
  }
}
