import type { Image, Picture } from '@fovea/application';
import type { Frame, Size } from '@fovea/geometry';
import type { Box } from '@fovea/contracts';
import { abortable, throwIfAborted } from './abort.ts';
import { pixelsOf, reduceUndecoded } from './picture.ts';
import { planReduction, reduce } from './reduce.ts';
import { KERNELS, resample, resampleCost, type Kernel } from './resample.ts';

/** A grey level, or red, green, blue; 0..255. */
export type PadValue = number | readonly [red: number, green: number, blue: number];

/** A picture moved into a target, and the frame that leads back to the source. */
export interface Fitted<F = Frame> extends Image {
  readonly frame: F;
}

export interface RenderOptions {
  /** Default `bicubic`. All but `nearest` are antialiased when they shrink. */
  readonly kernel?: Kernel;
  /** What lies outside the picture; default 0 (black). */
  readonly padValue?: PadValue;
  /** True: always as Pillow resamples, to the byte. Default: within 1 grey level of it, sooner for large pictures. */
  readonly exact?: boolean;
  readonly signal?: AbortSignal;
}

/** Multiplications that are done sooner here than libvips is called. */
const SMALL = 500_000;

/** @throws TypeError, RangeError when a picture's bytes do not fit its size */
export function checkImage(image: Image): void {
  if (!(image.rgb instanceof Uint8Array)) throw new TypeError('image.rgb must be a Uint8Array');
  const wanted = image.width * image.height * 3;
  if (wanted === 0 || image.rgb.length !== wanted)
    throw new RangeError(
      `image of ${image.width} x ${image.height} needs ${wanted} bytes of rgb, has ${image.rgb.length}`,
    );
}

/** @throws RangeError when a target is not of whole pixels */
export function checkTarget(width: number, height: number): void {
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0))
    throw new RangeError(`target width and height must be positive integers, got ${width} x ${height}`);
}

/** A canvas of one colour. */
export function padded(width: number, height: number, padValue: PadValue): Uint8Array {
  const [red, green, blue] = typeof padValue === 'number' ? [padValue, padValue, padValue] : padValue;
  const canvas = new Uint8Array(width * height * 3).fill(red);
  if (red === green && green === blue) return canvas;
  for (let at = 0; at < canvas.length; at += 3) {
    canvas[at + 1] = green;
    canvas[at + 2] = blue;
  }
  return canvas;
}

/** The target pixels [from, to) whose centres lie in the picture. */
function covered(axis: {
  scale: number;
  offset: number;
  source: number;
  target: number;
}): [from: number, to: number] {
  const { scale, offset, source, target } = axis;
  // The slack keeps a pixel whose centre lies on the edge but for rounding.
  const from = Math.max(0, Math.ceil(offset - 0.5 - 1e-6));
  const to = Math.min(target, Math.floor(offset + source * scale - 0.5 + 1e-6) + 1);
  return [from, to];
}

/**
 * Moves a picture into a frame's target.
 * @throws RangeError, CANCELLED
 */
export async function render(picture: Picture, frame: Frame, options: RenderOptions = {}): Promise<Fitted> {
  const { kernel = 'bicubic', padValue = 0, exact = false, signal } = options;
  const { targetWidth: width, targetHeight: height, scaleX, scaleY, offsetX, offsetY } = frame;
  if ('rgb' in picture) checkImage(picture as Image);
  checkTarget(width, height);
  if (!KERNELS.includes(kernel))
    throw new RangeError(`kernel must be one of ${KERNELS.join(', ')}, got ${kernel}`);
  throwIfAborted(signal);
  const [left, right] = covered({ scale: scaleX, offset: offsetX, source: picture.width, target: width });
  const [top, bottom] = covered({ scale: scaleY, offset: offsetY, source: picture.height, target: height });
  if (right <= left || bottom <= top) return { rgb: padded(width, height, padValue), width, height, frame };

  const size = { width: right - left, height: bottom - top };
  const box = {
    x: (left - offsetX) / scaleX,
    y: (top - offsetY) / scaleY,
    width: size.width / scaleX,
    height: size.height / scaleY,
  };
  const rgb = await shrink(picture, box, { ...size, kernel, exact, signal });
  if (size.width === width && size.height === height) return { rgb, width, height, frame };

  const canvas = padded(width, height, padValue);
  for (let row = 0; row < size.height; row++)
    canvas.set(
      rgb.subarray(row * size.width * 3, (row + 1) * size.width * 3),
      ((top + row) * width + left) * 3,
    );
  return { rgb: canvas, width, height, frame };
}

/** The box as the target: by libvips where it can and it pays, straight from the file where that is possible. */
async function shrink(
  picture: Picture,
  box: Box,
  how: Size & { readonly kernel: Kernel; readonly exact: boolean; readonly signal: AbortSignal | undefined },
): Promise<Uint8Array> {
  const { kernel, exact, signal } = how;
  const reduction = exact ? undefined : planReduction(picture, box, how);
  if (reduction) {
    const direct = reduceUndecoded(picture, reduction);
    if (direct) return abortable(() => direct, signal);
  }
  const image = await pixelsOf(picture);
  const isSmall = resampleCost(box, how, kernel) <= SMALL;
  return reduction && !isSmall ? reduce(image, reduction, signal) : resample(image, box, how);
}
