import type { Image } from '@fovea/application';
import { abortable, throwIfAborted } from './abort.ts';
import { decodeImage, type ReadLimits } from './decode.ts';
import { LONGEST_SIDE, saveOptions, type EncodedImage, type EncodeFormat } from './encode.ts';
import { sharp } from './native.ts';
import { checkImage } from './render.ts';

export interface OverlayOptions extends ReadLimits {
  /** A file's bytes, or a decoded picture. */
  readonly picture: Uint8Array | Image;
  /** What libs/overlay draws: an SVG whose viewBox is the picture as seen. */
  readonly svg: string;
  /** Default `png`. */
  readonly format?: EncodeFormat;
  /** 1..100, of `jpeg` and `webp`; default 90. */
  readonly quality?: number;
  /** A larger picture is shrunk so that its longer side has this many pixels; default 4096. */
  readonly maxSide?: number;
  /** How many times larger the output is than the picture, before `maxSide`; default 1. */
  readonly enlarge?: number;
}

/** The longest side that librsvg draws. */
const LONGEST_DRAWING = 32_767;

/**
 * The picture as seen with a drawing over it. The drawing is made at the size of the output, so it stays sharp.
 * @throws IMAGE_CORRUPT, IMAGE_TOO_LARGE, UNSUPPORTED_MEDIA, CANCELLED; RangeError for an unknown format or a bad maxSide
 * @example const { bytes } = await renderOverlay({ picture: upload, svg: toSvg(shapes, size), format: 'png' });
 */
export async function renderOverlay(options: OverlayOptions): Promise<EncodedImage> {
  const { picture, svg, format = 'png', quality = 90, maxSide = 4096, enlarge = 1, signal } = options;
  const save = saveOptions(format, quality);
  if (!(Number.isInteger(maxSide) && maxSide > 0 && maxSide <= LONGEST_DRAWING))
    throw new RangeError(`maxSide must be an integer from 1 to ${LONGEST_DRAWING}, got ${maxSide}`);
  if (!(enlarge >= 1 && Number.isFinite(enlarge)))
    throw new RangeError(`enlarge must be at least 1, got ${enlarge}`);
  const image = picture instanceof Uint8Array ? await decodeImage(picture, options) : picture;
  checkImage(image);
  throwIfAborted(signal);
  const ratio = Math.min(
    enlarge,
    Math.min(maxSide, LONGEST_SIDE[format]) / Math.max(image.width, image.height),
  );
  const width = Math.max(1, Math.round(image.width * ratio));
  const height = Math.max(1, Math.round(image.height * ratio));
  const draw = async (): Promise<Buffer> => {
    // librsvg is given bytes without an address: it opens no file and no URL that the drawing may name.
    const drawing = await sharp(Buffer.from(svg), { limitInputPixels: false })
      .resize(width, height, { fit: 'fill' })
      .ensureAlpha()
      .raw()
      .toBuffer();
    throwIfAborted(signal);
    return sharp(image.rgb, {
      raw: { width: image.width, height: image.height, channels: 3 },
      limitInputPixels: false,
    })
      .resize(width, height, { fit: 'fill' })
      .composite([{ input: drawing, raw: { width, height, channels: 4 } }])
      .removeAlpha()
      .toFormat(format, save)
      .toBuffer();
  };
  return { bytes: await abortable(draw, signal), mime: `image/${format}`, width, height };
}
