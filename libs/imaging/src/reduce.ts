import type { Image } from '@fovea/application';
import type { Box } from '@fovea/contracts';
import type { Size } from '@fovea/geometry';
import { abortable } from './abort.ts';
import { sharp } from './native.ts';
import type { Kernel } from './resample.ts';

// The native resampler. libvips shrinks a whole number of pixels to a whole number of pixels; a box between pixels is
// reached by shrinking a somewhat larger region, of N to M pixels, in which the box's target begins at a whole pixel.
// Enlarging is left to resample.ts: libvips moves what it enlarges by half a target pixel.

const NATIVE_KERNELS = { bicubic: 'cubic', bilinear: 'linear', lanczos: 'lanczos3' } as const;

/** Farthest that an edge of the box may lie from where it should, in target pixels. */
const TOLERANCE = 0.05;
/** How many target pixels more may be made than are kept, on each axis. */
const MARGIN = 64;

/** Shrink source pixels [from, from + count) to `made` pixels, and keep those from `skip` on. */
interface Shrink {
  readonly from: number;
  readonly count: number;
  readonly made: number;
  readonly skip: number;
}

/** The shrink whose grid hits the span [start, start + side) best; undefined where none does within the tolerance. */
function shrinkOf(size: number, start: number, span: { side: number; target: number }): Shrink | undefined {
  const { side, target } = span;
  const scale = side / target;
  if (scale < 1) return undefined;
  let best: Shrink | undefined;
  let bestError = TOLERANCE;
  for (let made = target; made <= target + MARGIN; made++) {
    for (const count of new Set([Math.floor(made * scale), Math.ceil(made * scale)])) {
      if (count > size || count < made) continue;
      const step = count / made;
      for (let skip = 0; skip <= made - target; skip++) {
        const from = Math.round(start - skip * step);
        if (from < 0 || from + count > size) continue;
        const near = Math.abs(from + skip * step - start);
        const far = Math.abs(from + (skip + target) * step - start - side);
        const error = Math.max(near, far) / scale;
        if (error < bestError) {
          best = { from, count, made, skip };
          bestError = error;
        }
      }
    }
    // A grid this good is not worth more pixels.
    if (bestError < TOLERANCE / 10) break;
  }
  return best;
}

/**
 * The box of the picture shrunk by libvips, within a mean of 1 grey level of {@link resample}.
 * @returns undefined where libvips cannot do it: it would enlarge, has no such kernel, or cannot hit the box
 */
export function reduce(
  image: Image,
  box: Box,
  options: Size & { readonly kernel: Kernel; readonly signal?: AbortSignal },
): Promise<Uint8Array> | undefined {
  const { width, height, kernel, signal } = options;
  if (kernel === 'nearest' || kernel === 'area') return undefined;
  const x = shrinkOf(image.width, box.x, { side: box.width, target: width });
  const y = x && shrinkOf(image.height, box.y, { side: box.height, target: height });
  if (!x || !y) return undefined;
  const shrink = async (): Promise<Uint8Array> => {
    const data = await sharp(image.rgb, {
      raw: { width: image.width, height: image.height, channels: 3 },
      limitInputPixels: false,
    })
      .extract({ left: x.from, top: y.from, width: x.count, height: y.count })
      .resize(x.made, y.made, { fit: 'fill', kernel: NATIVE_KERNELS[kernel] })
      .extract({ left: x.skip, top: y.skip, width, height })
      .raw()
      .toBuffer();
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  };
  return abortable(shrink, signal);
}
