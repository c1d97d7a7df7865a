import type { Image } from '@fovea/application';
import { abortable } from './abort.ts';
import { readPicture, type ReadLimits } from './decode.ts';
import { sharp } from './native.ts';
import { checkImage } from './render.ts';

export const ENCODE_FORMATS = ['png', 'jpeg', 'webp'] as const;
export type EncodeFormat = (typeof ENCODE_FORMATS)[number];
/** Longest side that a format can hold. */
export const LONGEST_SIDE: Record<EncodeFormat, number> = { png: 2 ** 31 - 1, jpeg: 65_535, webp: 16_383 };

export interface EncodeOptions {
  readonly format: EncodeFormat;
  /** 1..100, of `jpeg` and `webp`; default 90. */
  readonly quality?: number;
  readonly signal?: AbortSignal;
}
export interface EncodedImage {
  readonly bytes: Uint8Array;
  readonly mime: string;
  readonly width: number;
  readonly height: number;
}

/**
 * sharp's options of a format.
 * @throws RangeError for an unknown format or a quality outside 1..100
 */
export function saveOptions(format: EncodeFormat, quality: number): { quality?: number } {
  if (!ENCODE_FORMATS.includes(format))
    throw new RangeError(`format must be one of ${ENCODE_FORMATS.join(', ')}, got ${format}`);
  if (!(Number.isInteger(quality) && quality >= 1 && quality <= 100))
    throw new RangeError(`quality must be an integer from 1 to 100, got ${quality}`);
  return format === 'png' ? {} : { quality };
}

/**
 * A picture as a file.
 * @throws CANCELLED; RangeError for an unknown format, a quality outside 1..100, or a side the format cannot hold
 * @example const { bytes, mime } = await encodeImage(image, { format: 'png' });
 */
export async function encodeImage(image: Image, options: EncodeOptions): Promise<EncodedImage> {
  const { format, quality = 90, signal } = options;
  const { rgb, width, height } = image;
  checkImage(image);
  const save = saveOptions(format, quality);
  if (Math.max(width, height) > LONGEST_SIDE[format])
    throw new RangeError(
      `a ${format} holds at most ${LONGEST_SIDE[format]} pixels a side, got ${width} x ${height}`,
    );
  const encode = () =>
    sharp(rgb, { raw: { width, height, channels: 3 }, limitInputPixels: false })
      .toFormat(format, save)
      .toBuffer();
  return { bytes: await abortable(encode, signal), mime: `image/${format}`, width, height };
}

/**
 * A small WebP of a picture file, orientation applied, never larger than the picture.
 * @param options size: its longer side, in pixels; default 256
 * @throws IMAGE_CORRUPT, IMAGE_TOO_LARGE, UNSUPPORTED_MEDIA, CANCELLED
 * @example const { bytes } = await thumbnail(upload, { size: 256 });
 */
export async function thumbnail(
  bytes: Uint8Array,
  options: ReadLimits & { readonly size?: number } = {},
): Promise<EncodedImage> {
  const { size = 256 } = options;
  if (!(Number.isInteger(size) && size > 0 && size <= LONGEST_SIDE.webp))
    throw new RangeError(`size must be an integer from 1 to ${LONGEST_SIDE.webp}, got ${size}`);
  const { result } = await readPicture(bytes, options, {
    pipeline: (picture) =>
      picture
        .resize(size, size, { fit: 'inside', withoutEnlargement: true })
        .webp({ quality: 80 })
        .toBuffer({ resolveWithObject: true }),
  });
  return { bytes: result.data, mime: 'image/webp', width: result.info.width, height: result.info.height };
}
