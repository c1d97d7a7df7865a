import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Rle } from '@fovea/contracts';
import { decodeMaskBox, type Size } from '@fovea/geometry';

/** 255 in any of the masks, otherwise 0; row-major. The event loop gets a turn after every mask. */
export async function opacityOf(
  items: readonly { readonly mask?: Rle | undefined }[],
  { width, height }: Size,
): Promise<Uint8Array> {
  const alpha = new Uint8Array(width * height);
  for (const { mask } of items) {
    if (!mask) continue;
    const { data, left, top, ...part } = decodeMaskBox(mask);
    for (let row = 0; row < part.height; row++) {
      const out = (top + row) * width + left;
      for (let column = 0; column < part.width; column++)
        if (data[row * part.width + column] === 1) alpha[out + column] = 255;
    }
    await nextTurn();
  }
  return alpha;
}
