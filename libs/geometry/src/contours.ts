import type { Rle } from '@fovea/contracts';
import { decodeMaskBox, type Bitmap } from './masks.ts';

// Directions as steps on the grid of pixel corners: right, down, left, up (clockwise as seen).
const STEP_X = [1, 0, -1, 0] as const;
const STEP_Y = [0, 1, 0, -1] as const;

/** The closed lines around a mask's regions, along pixel edges: flat x, y, x, y, …, corners only. */
export interface Contours {
  /** Around the regions, clockwise as seen. */
  readonly outer: number[][];
  /** Around the holes in them, counter-clockwise. */
  readonly holes: number[][];
}

/**
 * The exact outlines of a mask. Pixels that touch at a corner only belong to different regions (4-neighbours);
 * filled with the even-odd rule, outer and holes together give the mask again.
 * @example maskContours(encodeMask(Uint8Array.of(1), 1, 1)).outer; // [[1, 0, 1, 1, 0, 1, 0, 0]]
 */
export function maskContours(mask: Rle): Contours {
  const bitmap = decodeMaskBox(mask);
  const { data, width, height } = bitmap;
  // Every closed line has an edge that is the top of a pixel; a mark there tells the lines already walked.
  const walked = new Uint8Array(data.length);
  const outer: number[][] = [];
  const holes: number[][] = [];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const isTop = data[at] === 1 && (y === 0 || data[at - width] === 0);
      if (!isTop || walked[at]) continue;
      const line = walk(bitmap, walked, x, y);
      (signedArea(line) > 0 ? outer : holes).push(line);
    }
  return { outer, holes };
}

/** Follows the edge that starts as the top of pixel (startX, startY), the region on its right hand. */
function walk(
  { data, width, height, left, top }: Bitmap,
  walked: Uint8Array,
  startX: number,
  startY: number,
): number[] {
  const inside = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === 1;
  const line: number[] = [];
  let [x, y, direction] = [startX, startY, 0];
  do {
    if (direction === 0) walked[y * width + x] = 1;
    x += STEP_X[direction]!;
    y += STEP_Y[direction]!;
    // The two pixels ahead of corner (x, y): offsets from it, by direction.
    const [aheadRight, aheadLeft] = AHEAD[direction]!;
    const turn = !inside(x + aheadRight[0], y + aheadRight[1])
      ? 1
      : inside(x + aheadLeft[0], y + aheadLeft[1])
        ? 3
        : 0;
    if (turn !== 0) line.push(x + left, y + top);
    direction = (direction + turn) % 4;
  } while (x !== startX || y !== startY || direction !== 0);
  return line;
}
const AHEAD = [
  [
    [0, 0],
    [0, -1],
  ],
  [
    [-1, 0],
    [0, 0],
  ],
  [
    [-1, -1],
    [-1, 0],
  ],
  [
    [0, -1],
    [-1, -1],
  ],
] as const;

/** Positive for a polygon that is clockwise as seen (y down). */
export function signedArea(polygon: ArrayLike<number>): number {
  let twice = 0;
  const length = polygon.length - (polygon.length % 2);
  for (let i = 0; i < length; i += 2) {
    const next = (i + 2) % length;
    twice += polygon[i]! * polygon[next + 1]! - polygon[next]! * polygon[i + 1]!;
  }
  return twice / 2;
}
