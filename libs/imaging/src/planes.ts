import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Picture } from '@fovea/application';
import { abortable, throwIfAborted } from './abort.ts';
import type { EncodedImage } from './encode.ts';
import { sharp } from './native.ts';
import { pixelsOf } from './picture.ts';

interface PlaneOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * One byte a pixel as an 8-bit grey PNG: class ids, heat. Every value comes back as it is.
 * @param plane data: row-major, width * height
 * @throws CANCELLED; RangeError for data that does not fill the size
 * @example const { bytes } = await encodeGrey({ data: classIds, width, height });
 */
export async function encodeGrey(
  plane: { readonly data: Uint8Array; readonly width: number; readonly height: number },
  { signal }: PlaneOptions = {},
): Promise<EncodedImage> {
  const { data, width, height } = plane;
  checkPlane(data, plane);
  const encode = () =>
    sharp(data, { raw: { width, height, channels: 1 }, limitInputPixels: false })
      .toColourspace('b-w')
      .png()
      .toBuffer();
  return { bytes: await abortable(encode, signal), mime: 'image/png', width, height };
}

/** Pixels after which the event loop gets a turn: a few milliseconds. */
const TURN = 1_000_000;

/**
 * A picture with everything else transparent, as an RGBA PNG. Where nothing shows, nothing is kept either: those pixels
 * are black, so what was cut away cannot be brought back, and the file is small.
 * @param alpha opacity of every pixel, 0..255, row-major
 * @throws IMAGE_CORRUPT, CANCELLED; RangeError for an alpha that does not fill the picture
 * @example const { bytes } = await encodeCutout(picture, alpha);
 */
export async function encodeCutout(
  picture: Picture,
  alpha: Uint8Array,
  { signal }: PlaneOptions = {},
): Promise<EncodedImage> {
  const { rgb, width, height } = await pixelsOf(picture);
  checkPlane(alpha, { width, height });
  const rgba = new Uint8Array(width * height * 4);
  for (let from = 0; from < alpha.length; from += TURN) {
    if (from > 0) await nextTurn();
    throwIfAborted(signal);
    const to = Math.min(alpha.length, from + TURN);
    for (let pixel = from; pixel < to; pixel++) {
      const opacity = alpha[pixel]!;
      if (opacity === 0) continue;
      rgba[pixel * 4] = rgb[pixel * 3]!;
      rgba[pixel * 4 + 1] = rgb[pixel * 3 + 1]!;
      rgba[pixel * 4 + 2] = rgb[pixel * 3 + 2]!;
      rgba[pixel * 4 + 3] = opacity;
    }
  }
  const encode = () =>
    sharp(rgba, { raw: { width, height, channels: 4 }, limitInputPixels: false })
      .png()
      .toBuffer();
  return { bytes: await abortable(encode, signal), mime: 'image/png', width, height };
}

function checkPlane(data: Uint8Array, { width, height }: { width: number; height: number }): void {
  if (!(width > 0 && height > 0 && data.length === width * height))
    throw new RangeError(`a plane of ${width} x ${height} does not have ${data.length} values`);
}
