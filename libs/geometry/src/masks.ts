import type { Box, Rle } from '@fovea/contracts';
import { boxIntersection, type Size } from './boxes.ts';
import { decodeRuns, encodeRuns } from './rle-string.ts';

// Masks as COCO keeps them: runs of 0 and 1 in turn, the first of 0, going down the columns from the left.
// The same numbers as pycocotools, bit by bit, for masks of up to 2^31 pixels.

/** The run lengths of a mask, checked against its size. @throws RangeError when they do not fill it */
function runsOf(mask: Rle): number[] {
  const [height, width] = mask.size;
  const runs = decodeRuns(mask.counts);
  const sum = runs.reduce((total, run) => total + run, 0);
  if (sum !== height * width)
    throw new RangeError(`a mask of ${height} x ${width} has ${height * width} pixels, its counts ${sum}`);
  return runs;
}

const fromRuns = (size: Rle['size'], runs: ArrayLike<number>): Rle => ({
  size: [...size],
  counts: encodeRuns(runs),
});

/** A mask from its run lengths: 0s first, going down the columns. */
export const maskFromRuns = (runs: ArrayLike<number>, { width, height }: Size): Rle =>
  fromRuns([height, width], runs);

/**
 * The mask of a row-major bitmap; everything but 0 is inside.
 * @throws RangeError when the bitmap has not width * height elements
 * @example encodeMask(Uint8Array.of(0, 1, 0, 1), 2, 2); // { size: [2, 2], counts: '22' }
 */
export function encodeMask(bitmap: Uint8Array, width: number, height: number): Rle {
  if (bitmap.length !== width * height)
    throw new RangeError(
      `a bitmap of ${width} x ${height} needs ${width * height} elements, got ${bitmap.length}`,
    );
  const runs: number[] = [];
  let inside = false;
  let run = 0;
  for (let x = 0; x < width; x++)
    for (let at = x; at < bitmap.length; at += width) {
      if ((bitmap[at] !== 0) !== inside) {
        runs.push(run);
        run = 0;
        inside = !inside;
      }
      run++;
    }
  runs.push(run);
  return fromRuns([height, width], runs);
}

/** Calls back for every column part of the inside: rows top..bottom-1 of column x. */
function eachColumnPart(
  runs: readonly number[],
  height: number,
  visit: (x: number, top: number, bottom: number) => void,
) {
  let at = 0;
  runs.forEach((run, i) => {
    const end = at + run;
    if (i % 2 === 0) at = end;
    while (at < end) {
      const x = Math.floor(at / height);
      const bottom = Math.min(height, end - x * height);
      visit(x, at - x * height, bottom);
      at = x * height + bottom;
    }
  });
}

/** A part of a mask as a row-major bitmap of 0 and 1. */
export interface Bitmap extends Size {
  readonly data: Uint8Array;
  /** Of the bitmap's top left pixel in the mask. */
  readonly left: number;
  readonly top: number;
}

/** The bitmap of a mask's bounding box only: small for a small thing in a large picture. */
export function decodeMaskBox(mask: Rle): Bitmap {
  const runs = runsOf(mask);
  const { x: left, y: top, width, height } = boxOfRuns(runs, mask.size[0]);
  const data = new Uint8Array(width * height);
  eachColumnPart(runs, mask.size[0], (x, from, to) => {
    for (let y = from; y < to; y++) data[(y - top) * width + x - left] = 1;
  });
  return { data, left, top, width, height };
}

/**
 * The mask as a row-major bitmap of 0 and 1.
 * @throws RangeError when the counts are not run lengths that fill the size
 */
export function decodeMask(mask: Rle): Uint8Array {
  const [height, width] = mask.size;
  const bitmap = new Uint8Array(width * height);
  eachColumnPart(runsOf(mask), height, (x, top, bottom) => {
    for (let y = top; y < bottom; y++) bitmap[y * width + x] = 1;
  });
  return bitmap;
}

/** Pixels inside. */
export const maskArea = (mask: Rle): number => areaOfRuns(runsOf(mask));
const areaOfRuns = (runs: readonly number[]) =>
  runs.reduce((area, run, i) => (i % 2 === 1 ? area + run : area), 0);

/** The bounding box in whole pixels; all 0 for an empty mask. */
export const maskBox = (mask: Rle): Box => boxOfRuns(runsOf(mask), mask.size[0]);
function boxOfRuns(runs: readonly number[], maskHeight: number): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, 0, 0];
  eachColumnPart(runs, maskHeight, (x, from, to) => {
    left = Math.min(left, x);
    right = Math.max(right, x + 1);
    top = Math.min(top, from);
    bottom = Math.max(bottom, to);
  });
  return right === 0
    ? { x: 0, y: 0, width: 0, height: 0 }
    : { x: left, y: top, width: right - left, height: bottom - top };
}

/** Walks two masks together: `visit` gets every stretch in which neither changes. */
function walkBoth(
  a: readonly number[],
  b: readonly number[],
  visit: (run: number, inA: boolean, inB: boolean) => void,
) {
  let [i, j] = [0, 0];
  let [leftA, leftB] = [a[0] ?? 0, b[0] ?? 0];
  for (;;) {
    while (leftA === 0 && i + 1 < a.length) leftA = a[++i]!;
    while (leftB === 0 && j + 1 < b.length) leftB = b[++j]!;
    const run = Math.min(leftA, leftB);
    if (run === 0) return;
    visit(run, i % 2 === 1, j % 2 === 1);
    leftA -= run;
    leftB -= run;
  }
}

function sameSize(a: Pick<Rle, 'size'>, b: Pick<Rle, 'size'>): void {
  if (a.size[0] !== b.size[0] || a.size[1] !== b.size[1])
    throw new RangeError(`masks of ${a.size.join(' x ')} and ${b.size.join(' x ')} cannot be compared`);
}

/**
 * What is in any of the masks (union) or in all of them (intersection).
 * @throws RangeError when there are none or their sizes differ
 */
export function mergeMasks(masks: readonly Rle[], mode: 'union' | 'intersection'): Rle {
  const [first, ...rest] = masks;
  if (!first) throw new RangeError('mergeMasks: at least one mask is needed');
  let runs = runsOf(first);
  for (const mask of rest) {
    sameSize(first, mask);
    const merged = [0];
    walkBoth(runs, runsOf(mask), (run, inA, inB) => {
      const inside = mode === 'union' ? inA || inB : inA && inB;
      if (inside === (merged.length % 2 === 0)) merged[merged.length - 1]! += run;
      else merged.push(run);
    });
    runs = merged;
  }
  return fromRuns(first.size, runs);
}

/** A mask decoded once, for many comparisons. */
export interface MeasuredMask {
  readonly size: Rle['size'];
  /** 0s first, going down the columns. */
  readonly runs: readonly number[];
  /** Pixels inside. */
  readonly area: number;
  readonly box: Box;
}

/**
 * Decodes a mask for {@link measuredMaskIou}.
 * @throws RangeError when the counts are not run lengths that fill the size
 */
export function measureMask(mask: Rle): MeasuredMask {
  const runs = runsOf(mask);
  return { size: mask.size, runs, area: areaOfRuns(runs), box: boxOfRuns(runs, mask.size[0]) };
}

/** {@link maskIou} of masks decoded once. Fast where their boxes are apart. */
export function measuredMaskIou(a: MeasuredMask, b: MeasuredMask, options: { crowd?: boolean } = {}): number {
  sameSize(a, b);
  if (!boxIntersection(a.box, b.box)) return 0;
  const shared = sharedPixels(a.runs, b.runs);
  return shared === 0 ? 0 : shared / (options.crowd ? a.area : a.area + b.area - shared);
}

/** The pixels inside both, by the ends of their runs in turn. */
function sharedPixels(a: readonly number[], b: readonly number[]): number {
  let [i, j, at, shared] = [0, 0, 0, 0];
  let [endA, endB] = [a[0]!, b[0]!];
  while (i < a.length && j < b.length) {
    const end = endA < endB ? endA : endB;
    // Odd runs are inside.
    if (i & j & 1) shared += end - at;
    at = end;
    if (endA === end) endA += a[++i] ?? 0;
    if (endB === end) endB += b[++j] ?? 0;
  }
  return shared;
}

/**
 * Intersection over union in pixels, 0..1; 0 for two empty masks.
 * @param options crowd the second mask is a crowd region (COCO): the intersection over the first mask's area
 * @throws RangeError when the sizes differ
 */
export const maskIou = (a: Rle, b: Rle, options: { crowd?: boolean } = {}): number =>
  measuredMaskIou(measureMask(a), measureMask(b), options);
