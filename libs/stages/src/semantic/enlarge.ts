import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Size } from '@fovea/geometry';

// Values on a coarse grid, enlarged bilinearly to a picture (both grids have their values in the middle of their
// pixels; beyond the outermost a value goes on), without ever holding the enlarged values: what comes out is one byte a
// pixel. The picture is walked cell by cell, a cell being the pixels between the same four grid points. A bilinear value
// lies between those of the four corners, and rounding keeps that order, so most cells are decided by their corners.

/** `planes` grids of the same size, one after another, each row-major. */
export interface Planes extends Size {
  readonly data: Float32Array;
  readonly planes: number;
}

/** The pixels from..to-1 of one axis lie between the same two grid points; `parts` is the way from `low` to `high`. */
interface Stretch {
  readonly low: number;
  readonly high: number;
  readonly from: number;
  readonly to: number;
}
interface Axis {
  readonly stretches: readonly Stretch[];
  readonly parts: Float64Array;
}

function axisOf(points: number, pixels: number): Axis {
  const parts = new Float64Array(pixels);
  const stretches: Stretch[] = [];
  let from = 0;
  const lowOf = (at: number) => Math.min(Math.max(0, points - 2), Math.floor(at));
  const placeOf = (pixel: number) =>
    Math.min(points - 1, Math.max(0, ((pixel + 0.5) * points) / pixels - 0.5));
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = placeOf(pixel);
    const low = lowOf(at);
    parts[pixel] = at - low;
    if (pixel + 1 < pixels && lowOf(placeOf(pixel + 1)) === low) continue;
    stretches.push({ low, high: Math.min(points - 1, low + 1), from, to: pixel + 1 });
    from = pixel + 1;
  }
  return { stretches, parts };
}

/** Pixels after which the event loop gets a turn: a few milliseconds. */
const TURN = 200_000;

/** Visits every cell of the picture, giving way to the event loop now and then. */
async function eachCell(
  grid: Size,
  picture: Size,
  visit: (cell: { across: Stretch; down: Stretch; partsX: Float64Array; partsY: Float64Array }) => void,
): Promise<void> {
  const { stretches: columns, parts: partsX } = axisOf(grid.width, picture.width);
  const { stretches: rows, parts: partsY } = axisOf(grid.height, picture.height);
  let pixels = 0;
  for (const down of rows)
    for (const across of columns) {
      visit({ across, down, partsX, partsY });
      pixels += (across.to - across.from) * (down.to - down.from);
      if (pixels < TURN) continue;
      pixels = 0;
      await nextTurn();
    }
}

/** Which plane is the largest at every pixel, row-major, and how many pixels each plane has. */
export interface LargestPlanes {
  readonly ids: Uint8Array;
  readonly counts: readonly number[];
}

/**
 * The plane with the largest value at every pixel of the picture (the first of equals): exactly what enlarging every
 * plane in double precision and comparing would give. Planes that take turns within one cell are told apart by pixel; a
 * plane that another one equals or beats at all four corners of a cell is not looked at there.
 * @throws RangeError for planes that do not fill their size, or more than 256 of them
 * @example const { ids } = await largestPlane({ data: logits, planes: 21, width: 72, height: 72 }, picture);
 */
export async function largestPlane(grid: Planes, picture: Size): Promise<LargestPlanes> {
  checkPlanes(grid);
  const { width } = picture;
  const ids = new Uint8Array(width * picture.height);
  const counts = new Array<number>(grid.planes).fill(0);
  const size = grid.width * grid.height;
  const rivals = new Int32Array(grid.planes);
  await eachCell(grid, picture, ({ across, down, partsX, partsY }) => {
    const corners = [
      down.low * grid.width + across.low,
      down.low * grid.width + across.high,
      down.high * grid.width + across.low,
      down.high * grid.width + across.high,
    ] as const;
    const count = rivalsOf(grid, corners, rivals);
    if (count === 1) {
      counts[rivals[0]!]! += (down.to - down.from) * (across.to - across.from);
      for (let y = down.from; y < down.to; y++)
        ids.fill(rivals[0]!, y * width + across.from, y * width + across.to);
      return;
    }
    const [topLeft, topRight, bottomLeft, bottomRight] = corners;
    const { data } = grid;
    const lefts = new Float64Array(count);
    const rights = new Float64Array(count);
    for (let y = down.from; y < down.to; y++) {
      const part = partsY[y]!;
      for (let i = 0; i < count; i++) {
        const plane = rivals[i]! * size;
        lefts[i] = data[plane + topLeft]! * (1 - part) + data[plane + bottomLeft]! * part;
        rights[i] = data[plane + topRight]! * (1 - part) + data[plane + bottomRight]! * part;
      }
      for (let x = across.from; x < across.to; x++) {
        const right = partsX[x]!;
        const left = 1 - right;
        let best = 0;
        let most = lefts[0]! * left + rights[0]! * right;
        for (let i = 1; i < count; i++) {
          const value = lefts[i]! * left + rights[i]! * right;
          if (value > most) [best, most] = [i, value];
        }
        ids[y * width + x] = rivals[best]!;
        counts[rivals[best]!]!++;
      }
    }
  });
  return { ids, counts };
}

/**
 * Writes the planes that can be the largest somewhere in a cell into `rivals`, in order, and answers how many: all but
 * those that the winner of a corner equals or beats at every corner.
 */
function rivalsOf(grid: Planes, corners: readonly number[], rivals: Int32Array): number {
  const { data, planes } = grid;
  const size = grid.width * grid.height;
  const [a, b, c, d] = corners as readonly [number, number, number, number];
  const winners = corners.map((corner) => {
    let best = 0;
    for (let plane = 1; plane < planes; plane++)
      if (data[plane * size + corner]! > data[best * size + corner]!) best = plane;
    return best;
  });
  let count = 0;
  for (let plane = 0; plane < planes; plane++) {
    const at = plane * size;
    const isBeaten = winners.some((winner) => {
      if (winner === plane) return false;
      const by = winner * size;
      const isNowhereAbove =
        data[by + a]! >= data[at + a]! &&
        data[by + b]! >= data[at + b]! &&
        data[by + c]! >= data[at + c]! &&
        data[by + d]! >= data[at + d]!;
      // Of equals the first wins, so a later plane must be above everywhere to rule an earlier one out.
      return (
        isNowhereAbove &&
        (winner < plane ||
          (data[by + a]! > data[at + a]! &&
            data[by + b]! > data[at + b]! &&
            data[by + c]! > data[at + c]! &&
            data[by + d]! > data[at + d]!))
      );
    });
    if (!isBeaten) rivals[count++] = plane;
  }
  return count;
}

/**
 * One plane enlarged, as opacity: 0 up to `from`, 255 from `to` on, a straight ramp between.
 * @throws RangeError for planes that do not fill their size, or not exactly one
 */
export async function enlargedAlpha(
  grid: Planes,
  picture: Size,
  ramp: { readonly from: number; readonly to: number },
): Promise<Uint8Array> {
  checkPlanes(grid);
  if (grid.planes !== 1) throw new RangeError(`opacity comes from one plane, got ${grid.planes}`);
  const { width } = picture;
  const { data } = grid;
  const alpha = new Uint8Array(width * picture.height);
  const slope = 255 / (ramp.to - ramp.from);
  const opacity = (value: number) => Math.round(Math.min(255, Math.max(0, (value - ramp.from) * slope)));
  await eachCell(grid, picture, ({ across, down, partsX, partsY }) => {
    const topLeft = data[down.low * grid.width + across.low]!;
    const topRight = data[down.low * grid.width + across.high]!;
    const bottomLeft = data[down.high * grid.width + across.low]!;
    const bottomRight = data[down.high * grid.width + across.high]!;
    const least = Math.min(topLeft, topRight, bottomLeft, bottomRight);
    const isFlat = least >= ramp.to || Math.max(topLeft, topRight, bottomLeft, bottomRight) <= ramp.from;
    for (let y = down.from; y < down.to; y++) {
      const row = y * width;
      if (isFlat) {
        if (least >= ramp.to) alpha.fill(255, row + across.from, row + across.to);
        continue;
      }
      const part = partsY[y]!;
      const left = topLeft * (1 - part) + bottomLeft * part;
      const right = topRight * (1 - part) + bottomRight * part;
      for (let x = across.from; x < across.to; x++)
        alpha[row + x] = opacity(left * (1 - partsX[x]!) + right * partsX[x]!);
    }
  });
  return alpha;
}

function checkPlanes({ data, planes, width, height }: Planes): void {
  if (!(planes >= 1 && planes <= 256)) throw new RangeError(`a map has 1 to 256 classes, got ${planes}`);
  if (!(width > 0 && height > 0 && data.length === planes * width * height))
    throw new RangeError(`${planes} planes of ${width} x ${height} do not have ${data.length} values`);
}
