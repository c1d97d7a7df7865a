import { abortable } from './abort.ts';
import type { EncodedImage } from './encode.ts';
import { sharp } from './native.ts';

export interface ColourMapOptions {
  /** Class id → red, green, blue, opacity (0..255); other ids become transparent. */
  readonly colours: ReadonlyMap<number, readonly [number, number, number, number]>;
  /** A larger map is shrunk (nearest pixel) so that its longer side has this many pixels; default 4096. */
  readonly maxSide?: number;
  readonly signal?: AbortSignal;
}

/**
 * A class map (8-bit grey PNG, pixel = class id) as a transparent PNG in colours, to be laid over its picture.
 * @throws CANCELLED; Error where the bytes are no picture: they come from the catalog, never from a user
 * @example await colourClassMap(map, { colours: classMapColours(result, view) });
 */
export async function colourClassMap(png: Uint8Array, options: ColourMapOptions): Promise<EncodedImage> {
  const { colours, maxSide = 4096, signal } = options;
  // As large as its picture, whose size was decided upon when it was read: no limit here.
  const paint = async (): Promise<EncodedImage> => {
    const { data, info } = await sharp(png, { limitInputPixels: false })
      .resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true, kernel: 'nearest' })
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const rgba = Buffer.alloc(width * height * 4);
    for (let pixel = 0; pixel < width * height; pixel++) {
      const colour = colours.get(data[pixel * channels]!);
      if (!colour) continue;
      for (let channel = 0; channel < 4; channel++) rgba[pixel * 4 + channel] = colour[channel]!;
    }
    const bytes = await sharp(rgba, { raw: { width, height, channels: 4 }, limitInputPixels: false })
      .png()
      .toBuffer();
    return { bytes, mime: 'image/png', width, height };
  };
  return abortable(paint, signal);
}
