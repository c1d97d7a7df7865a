import type { Picture } from '@fovea/application';
import { encodeImage, fitImage, type EncodedImage } from '@fovea/imaging';
import type { CellMap } from './agreement.ts';

const MAX_SIDE = 640;
/** What is left of the light where nothing agrees. */
const DARK = 0.35;
/** Amber, over what agrees. */
const HUE = [255, 176, 0] as const;
const HUE_SHARE = 0.45;

/**
 * The picture, dark where a map is low and coloured where it is high; what is below zero counts as nothing.
 * @returns a WebP, its longer side at most 640 pixels
 * @throws IMAGE_CORRUPT, CANCELLED
 */
export async function drawHeat(picture: Picture, map: CellMap, signal: AbortSignal): Promise<EncodedImage> {
  const ratio = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * ratio));
  const height = Math.max(1, Math.round(picture.height * ratio));
  const size = { mode: 'stretch', kernel: 'bicubic', width, height, signal } as const;
  const { rgb } = await fitImage(picture, size);
  const heat = await fitImage(greyOf(map), size);
  const drawn = new Uint8Array(rgb.length);
  for (let index = 0; index < rgb.length; index++) {
    const alpha = (heat.rgb[index] as number) / 255;
    const lit = (rgb[index] as number) * (DARK + (1 - DARK) * alpha);
    const share = alpha * HUE_SHARE;
    drawn[index] = Math.round(lit * (1 - share) + (HUE[index % 3] as number) * share);
  }
  return encodeImage({ rgb: drawn, width, height }, { format: 'webp', quality: 80, signal });
}

function greyOf({ values, width, height }: CellMap): { rgb: Uint8Array; width: number; height: number } {
  const highest = values.reduce((max, value) => Math.max(max, value), 0);
  const rgb = new Uint8Array(values.length * 3);
  values.forEach((value, cell) =>
    rgb.fill(highest > 0 ? Math.round((Math.max(0, value) / highest) * 255) : 0, cell * 3, cell * 3 + 3),
  );
  return { rgb, width, height };
}
