import type { Image } from '@fovea/application';
import type { Box } from '@fovea/contracts';
import type { Size } from '@fovea/geometry';
import type { Sharp } from 'sharp';
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

/** How libvips is to make a target from a box. */
export interface Reduction {
  readonly x: Shrink;
  readonly y: Shrink;
  readonly width: number;
  readonly height: number;
  readonly kernel: keyof typeof NATIVE_KERNELS;
}

/**
 * How libvips can shrink the box, within a mean of 1 grey level of `resample`.
 * @returns undefined where it cannot: it would enlarge, has no such kernel, or cannot hit the box
 */
export function planReduction(
  picture: Size,
  box: Box,
  options: Size & { readonly kernel: Kernel },
): Reduction | undefined {
  const { width, height, kernel } = options;
  if (kernel === 'nearest' || kernel === 'area') return undefined;
  const x = shrinkOf(picture.width, box.x, { side: box.width, target: width });
  const y = x && shrinkOf(picture.height, box.y, { side: box.height, target: height });
  return x && y && { x, y, width, height, kernel };
}

/** Adds the reduction to a pipeline and runs it. */
export async function runReduction(
  pipeline: Sharp,
  { x, y, width, height, kernel }: Reduction,
): Promise<Uint8Array> {
  const data = await pipeline
    .extract({ left: x.from, top: y.from, width: x.count, height: y.count })
    .resize(x.made, y.made, { fit: 'fill', kernel: NATIVE_KERNELS[kernel] })
    .extract({ left: x.skip, top: y.skip, width, height })
    .raw({ depth: 'uchar' })
    .toBuffer();
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The reduction of decoded pixels. */
export function reduce(
  image: Image,
  reduction: Reduction,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { rgb, width, height } = image;
  const raw = { width, height, channels: 3 } as const;
  return abortable(() => runReduction(sharp(rgb, { raw, limitInputPixels: false }), reduction), signal);
}
