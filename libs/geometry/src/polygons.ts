import type { Rle } from '@fovea/contracts';
import type { Size } from './boxes.ts';
import { maskContours, signedArea } from './contours.ts';
import { maskFromRuns, mergeMasks } from './masks.ts';

// Polygons are flat: x, y, x, y, …, closed from the last point to the first, as COCO has them.

/** The area a polygon encloses; 0 for fewer than three points. */
export const polygonArea = (polygon: ArrayLike<number>): number => Math.abs(signedArea(polygon));

/**
 * The outer outlines of a mask's regions, the largest first; holes are left out.
 * @param options tolerance how far, in pixels, a simplified outline may lie from the exact one. Default 0: exact
 * @param options minArea outlines that enclose less are left out. Default 0
 */
export function maskToPolygons(
  mask: Rle,
  options: { tolerance?: number; minArea?: number } = {},
): number[][] {
  const { tolerance = 0, minArea = 0 } = options;
  return maskContours(mask)
    .outer.map((polygon) => ({ polygon, area: polygonArea(polygon) }))
    .filter(({ area }) => area >= minArea)
    .sort((a, b) => b.area - a.area)
    .map(({ polygon }) => simplifyPolygon(polygon, tolerance));
}

/**
 * Fewer points, none of the dropped ones farther from the new outline than the tolerance (Douglas-Peucker).
 * An outline that would fall to fewer than three points stays as it is.
 * @throws RangeError when the tolerance is negative or NaN
 */
export function simplifyPolygon(polygon: readonly number[], tolerance: number): number[] {
  if (!(tolerance >= 0)) throw new RangeError(`tolerance must be at least 0, got ${tolerance}`);
  const count = Math.floor(polygon.length / 2);
  if (tolerance === 0 || count <= 3) return [...polygon];
  // A closed line has no ends: it is cut at point 0 and at the point farthest from it.
  let far = 0;
  let farthest = -1;
  for (let i = 1; i < count; i++) {
    const distance = Math.hypot(polygon[2 * i]! - polygon[0]!, polygon[2 * i + 1]! - polygon[1]!);
    if (distance > farthest) [far, farthest] = [i, distance];
  }
  const keep = new Uint8Array(count);
  keep[0] = keep[far] = 1;
  const spans: [number, number][] = [
    [0, far],
    [far, count],
  ];
  for (let span = spans.pop(); span; span = spans.pop()) {
    const [from, to] = span;
    let split = -1;
    let worst = tolerance;
    for (let i = from + 1; i < to; i++) {
      const distance = distanceToSegment(polygon, i, from, to % count);
      if (distance > worst) [split, worst] = [i, distance];
    }
    if (split < 0) continue;
    keep[split] = 1;
    spans.push([from, split], [split, to]);
  }
  const simple: number[] = [];
  for (let i = 0; i < count; i++) if (keep[i]) simple.push(polygon[2 * i]!, polygon[2 * i + 1]!);
  return simple.length < 6 ? [...polygon] : simple;
}

/** The distance of point i from the segment between points a and b. */
function distanceToSegment(polygon: readonly number[], i: number, a: number, b: number): number {
  const [ax, ay] = [polygon[2 * a]!, polygon[2 * a + 1]!];
  const [dx, dy] = [polygon[2 * b]! - ax, polygon[2 * b + 1]! - ay];
  const [px, py] = [polygon[2 * i]! - ax, polygon[2 * i + 1]! - ay];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : Math.max(0, Math.min(1, (px * dx + py * dy) / squared));
  return Math.hypot(px - along * dx, py - along * dy);
}

/** COCO draws polygons on a grid five times as fine. */
const FINE = 5;

/**
 * The mask of polygons, several as their union: the pixels that COCO's rleFrPoly gives, exactly.
 * Parts outside the picture are cut off; polygons of fewer than three points enclose nothing.
 * @throws RangeError when a coordinate is not finite or the size not of whole pixels
 * @example polygonsToMask([[0, 0, 4, 0, 4, 3, 0, 3]], { width: 6, height: 5 });
 */
export function polygonsToMask(polygons: readonly (readonly number[])[], size: Size): Rle {
  if (!(Number.isInteger(size.width) && Number.isInteger(size.height) && size.width >= 0 && size.height >= 0))
    throw new RangeError(`a mask needs a size in whole pixels, got ${size.width} x ${size.height}`);
  for (const polygon of polygons)
    if (!polygon.every(Number.isFinite)) throw new RangeError('polygon coordinates must be finite');
  const masks = polygons
    .filter((polygon) => polygon.length >= 6)
    .map((polygon) => polygonMask(polygon, size));
  return masks.length > 0 ? mergeMasks(masks, 'union') : maskFromRuns([size.width * size.height], size);
}

function polygonMask(polygon: readonly number[], { width, height }: Size): Rle {
  const line = denseLine(polygon);
  // Where the fine outline passes the middle of a column, the inside starts or ends: at these positions, counted
  // down the columns, the mask flips.
  const flips: number[] = [];
  for (let j = 2; j < line.length; j += 2) {
    const [x, y, beforeX, beforeY] = [line[j]!, line[j + 1]!, line[j - 2]!, line[j - 1]!];
    if (x === beforeX) continue;
    const column = ((x < beforeX ? x : x - 1) + 0.5) / FINE - 0.5;
    if (!Number.isInteger(column) || column < 0 || column > width - 1) continue;
    const row = (Math.min(y, beforeY) + 0.5) / FINE - 0.5;
    flips.push(column * height + Math.ceil(Math.max(0, Math.min(height, row))));
  }
  flips.push(width * height);
  flips.sort((a, b) => a - b);
  return maskFromRuns(runsBetween(flips), { width, height });
}

/** Every point of the outline on the fine grid, edge after edge, as x, y, x, y, …; rounded as C casts do. */
function denseLine(polygon: readonly number[]): number[] {
  const fine = polygon.map((value) => Math.trunc(FINE * value + 0.5));
  const count = Math.floor(fine.length / 2);
  const line: number[] = [];
  for (let i = 0; i < count; i++) {
    const next = (i + 1) % count;
    const from = [fine[2 * i]!, fine[2 * i + 1]!] as const;
    const to = [fine[2 * next]!, fine[2 * next + 1]!] as const;
    const alongX = Math.abs(to[0] - from[0]) >= Math.abs(to[1] - from[1]);
    const [main, cross] = alongX ? ([0, 1] as const) : ([1, 0] as const);
    const length = Math.abs(to[main] - from[main]);
    // Rounding must not depend on the direction: both are walked from the lower end.
    const flipped = from[main] > to[main];
    const [low, high] = flipped ? [to, from] : [from, to];
    const slope = length === 0 ? 0 : (high[cross] - low[cross]) / length;
    for (let step = 0; step <= length; step++) {
      const t = flipped ? length - step : step;
      const point = [t + low[main], Math.trunc(low[cross] + slope * t + 0.5)] as const;
      line.push(alongX ? point[0] : point[1], alongX ? point[1] : point[0]);
    }
  }
  return line;
}

/** Run lengths from sorted flip positions; two flips at the same place cancel out. */
function runsBetween(flips: readonly number[]): number[] {
  const runs: number[] = [];
  let last = 0;
  let joining = false;
  for (const flip of flips) {
    const run = flip - last;
    last = flip;
    if (joining) {
      runs[runs.length - 1]! += run;
      joining = false;
    } else if (run > 0 || runs.length === 0) runs.push(run);
    else joining = true;
  }
  return runs;
}
