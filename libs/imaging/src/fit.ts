import type { Picture } from '@fovea/application';
import { cropFrame, letterboxFrame, stretchFrame, type Frame, type Size } from '@fovea/geometry';
import { checkTarget, render, type Fitted, type RenderOptions } from './render.ts';

export const FIT_MODES = ['centre-crop', 'letterbox', 'stretch', 'resize-short-side'] as const;
export type FitMode = (typeof FIT_MODES)[number];

export interface FitOptions extends RenderOptions {
  readonly mode: FitMode;
  /** The target, in pixels. */
  readonly width: number;
  readonly height: number;
  /** `centre-crop`: how much of the largest centred box is kept, 0..1; default 1. EfficientNet-Lite at S: S / (S + 32). */
  readonly cropFraction?: number;
  /** `resize-short-side`: the length of the shorter side before the centre of it is cut out; default max(width, height). */
  readonly shortSide?: number;
  /** `letterbox`: where the picture lies; default `center`. */
  readonly align?: 'center' | 'top-left';
}

/**
 * Fits a picture to a model's input in one resampling.
 * - `centre-crop`: the largest centred box of the target's shape, times `cropFraction`; its edges may lie between pixels
 * - `letterbox`: the whole picture, its aspect kept, the rest `padValue`
 * - `stretch`: the whole picture, its aspect not kept
 * - `resize-short-side`: the shorter side to `shortSide`, then the centre of it; padded where the target is larger
 * @param options kernel default `bicubic`
 * @returns rgb of `width * height * 3` bytes, and the frame that leads back to the picture
 * @throws CANCELLED; RangeError for sizes that are not positive integers
 * @example
 * const { rgb, frame } = await fitImage(image, { mode: 'centre-crop', width: 224, height: 224, cropFraction: 224 / 256 });
 */
export async function fitImage(picture: Picture, options: FitOptions): Promise<Fitted> {
  return render(picture, frameOf(picture, options), options);
}

function frameOf(picture: Picture, options: FitOptions): Frame {
  const {
    mode,
    width,
    height,
    cropFraction = 1,
    shortSide = Math.max(width, height),
    align = 'center',
  } = options;
  checkTarget(width, height);
  const source: Size = { width: picture.width, height: picture.height };
  const target: Size = { width, height };
  switch (mode) {
    case 'centre-crop':
      if (!(cropFraction > 0 && cropFraction <= 1))
        throw new RangeError(`cropFraction must be in (0, 1], got ${cropFraction}`);
      return centred(source, target, cropFraction * Math.min(source.width / width, source.height / height));
    case 'resize-short-side':
      if (!(shortSide > 0)) throw new RangeError(`shortSide must be positive, got ${shortSide}`);
      return centred(source, target, Math.min(source.width, source.height) / shortSide);
    case 'letterbox':
      return letterboxFrame(source, target, { align });
    case 'stretch':
      return stretchFrame(source, target);
    default:
      throw new RangeError(
        `mode must be one of ${FIT_MODES.join(', ')}, got ${String(mode satisfies never)}`,
      );
  }
}

/** The centre of the picture at so many source pixels to a target pixel. */
function centred(source: Size, target: Size, pitch: number): Frame {
  const [width, height] = [target.width * pitch, target.height * pitch];
  return cropFrame(
    source,
    { x: (source.width - width) / 2, y: (source.height - height) / 2, width, height },
    target,
  );
}
