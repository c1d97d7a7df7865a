import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Image } from '@fovea/application';
import type { Box } from '@fovea/contracts';
import type { Size } from '@fovea/geometry';
import { throwIfAborted } from './abort.ts';

// The exact resampler: separable, antialiased when it shrinks, in fixed point as Pillow's Image.resize(box=…) does it,
// so that a model sees the bytes that it saw in Python. It runs in turns of the event loop; reduce.ts is the native
// path that is preferred where its pixel grid can hit the box.

export const KERNELS = ['bicubic', 'bilinear', 'lanczos', 'nearest', 'area'] as const;
export type Kernel = (typeof KERNELS)[number];

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Half-width in source pixels at scale 1, and weight at a distance. */
const FILTERS: Record<Exclude<Kernel, 'nearest'>, { support: number; weight: (x: number) => number }> = {
  area: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys' cubic with a = -0.5 (Catmull-Rom).
  bicubic: {
    support: 2,
    weight: (x) => {
      const d = Math.abs(x);
      if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
      return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    },
  },
  lanczos: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

/** 8 bits of pixel and 2 of head room for negative lobes leave 22 for the fraction of a weight. */
const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

/** Which source pixels make each target pixel of one axis, and how much of each. */
interface Taps {
  /** First source pixel of each target pixel. */
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** `stride` weights for each target pixel, in units of 2^-22. */
  readonly weights: Int32Array;
  readonly stride: number;
}

function tapsOf(
  axis: { size: number; start: number; side: number; target: number },
  kernel: Exclude<Kernel, 'nearest'>,
): Taps {
  const { size, start, side, target } = axis;
  const { support, weight } = FILTERS[kernel];
  const scale = side / target;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const stride = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(target);
  const count = new Int32Array(target);
  const weights = new Int32Array(target * stride);
  const exact = new Float64Array(stride);
  for (let t = 0; t < target; t++) {
    const centre = start + (t + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - reach + 0.5));
    const taps = Math.min(size, Math.trunc(centre + reach + 0.5)) - from;
    let sum = 0;
    for (let i = 0; i < taps; i++) sum += exact[i] = weight((from + i - centre + 0.5) / stretch);
    for (let i = 0; i < taps; i++) {
      const share = (sum === 0 ? 0 : exact[i]! / sum) * 2 ** PRECISION;
      weights[t * stride + i] = Math.trunc(share + (share < 0 ? -0.5 : 0.5));
    }
    first[t] = from;
    count[t] = taps;
  }
  return { first, count, weights, stride };
}

/** Multiplications after which the event loop gets a turn: about 2 ms. */
const TURN = 2_000_000;

/** Runs `line` for every line, giving way to the event loop now and then. */
async function inTurns(
  lines: number,
  costOfLine: number,
  line: (index: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const each = Math.max(1, Math.floor(TURN / costOfLine));
  for (let index = 0; index < lines; index++) {
    if (index > 0 && index % each === 0) {
      await nextTurn();
      throwIfAborted(signal);
    }
    line(index);
  }
}

/** About how many multiplications {@link resample} takes: about as many nanoseconds on the event loop's thread. */
export function resampleCost(box: Box, size: Size, kernel: Kernel): number {
  if (kernel === 'nearest') return size.width * size.height * 3;
  const { support } = FILTERS[kernel];
  const across = 2 * support * Math.max(size.width, box.width);
  const down = 2 * support * Math.max(size.height, box.height);
  return 3 * (across * box.height + down * size.width);
}

/**
 * The box of the picture resampled to a size, as Pillow does it.
 * @param image source, RGB
 * @param box in source pixels, its edges may lie between them; every target pixel's centre lies inside the picture
 * @returns RGB, `width * height * 3`
 */
export async function resample(
  image: Image,
  box: Box,
  options: Size & { readonly kernel: Kernel; readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  const { width, height, kernel, signal } = options;
  if (kernel === 'nearest') return nearest(image, box, options);
  const across = tapsOf({ size: image.width, start: box.x, side: box.width, target: width }, kernel);
  const down = tapsOf({ size: image.height, start: box.y, side: box.height, target: height }, kernel);
  const firstRow = down.first[0]!;
  const rows = down.first[height - 1]! + down.count[height - 1]! - firstRow;

  const narrow = new Uint8ClampedArray(rows * width * 3);
  const shrinkRow = (row: number): void => {
    const source = (firstRow + row) * image.width * 3;
    for (let x = 0, out = row * width * 3; x < width; x++, out += 3) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      const taps = across.count[x]!;
      const weights = x * across.stride;
      for (let i = 0, at = source + across.first[x]! * 3; i < taps; i++, at += 3) {
        const weight = across.weights[weights + i]!;
        r += Math.imul(image.rgb[at]!, weight);
        g += Math.imul(image.rgb[at + 1]!, weight);
        b += Math.imul(image.rgb[at + 2]!, weight);
      }
      narrow[out] = r >> PRECISION;
      narrow[out + 1] = g >> PRECISION;
      narrow[out + 2] = b >> PRECISION;
    }
  };
  await inTurns(rows, width * 3 * across.stride, shrinkRow, signal);

  const line = width * 3;
  const result = new Uint8ClampedArray(height * line);
  const sums = new Int32Array(line);
  const shrinkColumns = (y: number): void => {
    sums.fill(HALF);
    for (let i = 0; i < down.count[y]!; i++) {
      const weight = down.weights[y * down.stride + i]!;
      const source = (down.first[y]! - firstRow + i) * line;
      for (let x = 0; x < line; x++) sums[x]! += Math.imul(narrow[source + x]!, weight);
    }
    for (let x = 0, out = y * line; x < line; x++) result[out + x] = sums[x]! >> PRECISION;
  };
  await inTurns(height, line * down.stride, shrinkColumns, signal);
  return new Uint8Array(result.buffer);
}

/** The source pixel under the centre of each target pixel. */
async function nearest(
  image: Image,
  box: Box,
  options: Size & { readonly signal?: AbortSignal },
): Promise<Uint8Array> {
  const { width, height, signal } = options;
  const result = new Uint8Array(width * height * 3);
  const pick = (start: number, side: number, axis: { target: number; size: number }): Int32Array =>
    Int32Array.from({ length: axis.target }, (_, t) =>
      Math.min(axis.size - 1, Math.max(0, Math.floor(start + ((t + 0.5) * side) / axis.target))),
    );
  const columns = pick(box.x, box.width, { target: width, size: image.width });
  const rows = pick(box.y, box.height, { target: height, size: image.height });
  const copyRow = (row: number): void => {
    const source = rows[row]! * image.width;
    let out = row * width * 3;
    for (let column = 0; column < width; column++) {
      const at = (source + columns[column]!) * 3;
      result[out++] = image.rgb[at]!;
      result[out++] = image.rgb[at + 1]!;
      result[out++] = image.rgb[at + 2]!;
    }
  };
  await inTurns(height, width * 3, copyRow, signal);
  return result;
}
