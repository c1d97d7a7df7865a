import type { Box } from '@fovea/contracts';

/** How many parts of the picture are looked at: the centre; and the four corners; and all five mirrored. */
export type Crops = 1 | 5 | 10;
export interface Crop {
  readonly region: Box;
  readonly mirrored: boolean;
}

/**
 * The squares of side min(width, height) * fraction that are classified and averaged: five and ten crops as
 * AlexNet tested (Krizhevsky et al. 2012, section 4.1). Edges may lie between pixels.
 */
export function classificationCrops(
  size: { width: number; height: number },
  options: { crops: Crops; fraction: number },
): Crop[] {
  const side = Math.min(size.width, size.height) * options.fraction;
  const right = size.width - side;
  const bottom = size.height - side;
  const at = (x: number, y: number): Box => ({ x, y, width: side, height: side });
  const centre = at(right / 2, bottom / 2);
  const regions =
    options.crops === 1 ? [centre] : [centre, at(0, 0), at(right, 0), at(0, bottom), at(right, bottom)];
  const straight = regions.map((region) => ({ region, mirrored: false }));
  return options.crops === 10
    ? [...straight, ...regions.map((region) => ({ region, mirrored: true }))]
    : straight;
}

/** Mirrors an RGB picture left to right, in place. */
export function mirror(rgb: Uint8Array, width: number): void {
  const row = width * 3;
  for (let start = 0; start < rgb.length; start += row)
    for (let left = start, right = start + row - 3; left < right; left += 3, right -= 3)
      for (let channel = 0; channel < 3; channel++) {
        const kept = rgb[left + channel] as number;
        rgb[left + channel] = rgb[right + channel] as number;
        rgb[right + channel] = kept;
      }
}
