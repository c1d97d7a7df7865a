import type { Image } from '@fovea/application';

/**
 * How different two pictures look: the mean absolute difference of their grey values (0 = the same, 255 = black against
 * white). Goldens are compared by this, never byte by byte: encoders and resamplers differ in the last bit.
 * Grey is 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601).
 * @throws RangeError when the sizes differ
 * @example expect(greyDistance(actual, golden)).toBeLessThanOrEqual(1);
 */
export function greyDistance(a: Image, b: Image): number {
  if (a.width !== b.width || a.height !== b.height)
    throw new RangeError(
      `the pictures differ in size: ${a.width} x ${a.height} and ${b.width} x ${b.height}`,
    );
  const pixels = a.width * a.height;
  if (a.rgb.length !== pixels * 3 || b.rgb.length !== pixels * 3)
    throw new RangeError(`a picture of ${a.width} x ${a.height} has ${pixels * 3} bytes of RGB`);
  let sum = 0;
  for (let i = 0; i < a.rgb.length; i += 3) sum += Math.abs(grey(a.rgb, i) - grey(b.rgb, i));
  return pixels === 0 ? 0 : sum / pixels;
}

const grey = (rgb: Uint8Array, at: number): number =>
  0.299 * (rgb[at] ?? 0) + 0.587 * (rgb[at + 1] ?? 0) + 0.114 * (rgb[at + 2] ?? 0);
