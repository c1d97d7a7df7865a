import type { Box } from '@fovea/contracts';
import { cropImage, encodeImage, openPicture, pixelsOf } from '@fovea/imaging';

/** The same picture as other people would have it: mirrored, cropped, mirrored and cropped. */
const VARIANTS: readonly {
  readonly name: string;
  readonly share: number;
  readonly at: 'centre' | 'corner';
}[] = [
  { name: 'four fifths, centre', share: 0.8, at: 'centre' },
  { name: 'four fifths, corner', share: 0.8, at: 'corner' },
  { name: 'three fifths, centre', share: 0.6, at: 'centre' },
];
export const VARIANT_NAMES: readonly string[] = ['mirrored', ...VARIANTS.map(({ name }) => name)];
const JPEG_QUALITY = 85;

/**
 * Crops and the mirror image of a picture, as JPEG: what a calibration takes for "the same".
 * @throws IMAGE_CORRUPT, UNSUPPORTED_MEDIA, IMAGE_TOO_LARGE
 */
export async function variantsOf(
  bytes: Uint8Array,
  options: { maxPixels: number; signal: AbortSignal },
): Promise<Uint8Array[]> {
  const { rgb, width, height } = await pixelsOf(await openPicture(bytes, options));
  const image = { rgb, width, height };
  const pictures = [mirrored(image)];
  for (const { share, at } of VARIANTS) {
    const size = {
      width: Math.max(1, Math.round(width * share)),
      height: Math.max(1, Math.round(height * share)),
    };
    const centre = { x: (width - size.width) / 2, y: (height - size.height) / 2 };
    const region: Box = { ...(at === 'centre' ? centre : { x: 0, y: 0 }), ...size };
    pictures.push(await cropImage(image, region, { ...size, kernel: 'bilinear' }));
  }
  return Promise.all(
    pictures.map(
      async (picture) => (await encodeImage(picture, { format: 'jpeg', quality: JPEG_QUALITY })).bytes,
    ),
  );
}

interface Pixels {
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

function mirrored({ rgb, width, height }: Pixels): Pixels {
  const out = new Uint8Array(rgb.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = (y * width + x) * 3;
      const to = (y * width + (width - 1 - x)) * 3;
      for (let channel = 0; channel < 3; channel++) out[to + channel] = rgb[from + channel] as number;
    }
  return { rgb: out, width, height };
}
