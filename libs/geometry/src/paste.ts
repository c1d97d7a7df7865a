import type { Box, Rle } from '@fovea/contracts';
import type { Size } from './boxes.ts';
import { maskFromRuns } from './masks.ts';

/** A grid of probabilities over a part of a picture, row-major. */
export interface MaskGrid extends Size {
  readonly data: Float32Array;
}

/** Where the pixels of one axis lie on the grid: of every pixel the grid point before it and the way to the next. */
interface Axis {
  /** First pixel whose centre lies in the region; there are `cell.length` of them. */
  readonly from: number;
  readonly cell: Int32Array;
  readonly part: Float64Array;
}

function axisOf(span: { start: number; side: number; pixels: number; points: number }): Axis {
  const { start, side, pixels, points } = span;
  const from = Math.max(0, Math.ceil(start - 0.5));
  const to = Math.min(pixels, Math.floor(start + side - 0.5) + 1);
  const count = Math.max(0, to - from);
  const cell = new Int32Array(count);
  const part = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    // Both grids have their values in the middle of their pixels; beyond the outermost the value goes on.
    const at = Math.min(points - 1, Math.max(0, ((from + i + 0.5 - start) * points) / side - 0.5));
    const low = Math.min(Math.max(0, points - 2), Math.floor(at));
    cell[i] = low;
    part[i] = at - low;
  }
  return { from, cell, part };
}

/** Stretches of pixels that lie between the same two grid points: the first pixel of each, and the end. */
function stretchesOf({ cell }: Axis): Int32Array {
  const starts = [];
  for (let i = 0; i < cell.length; i++) if (i === 0 || cell[i] !== cell[i - 1]) starts.push(i);
  return Int32Array.of(...starts, cell.length);
}

/**
 * The mask of a picture from a grid of probabilities over a part of it: the grid stretched bilinearly over the region,
 * inside where that is over the threshold, cut off at the picture's edge. No bitmap is filled: down a column and between
 * two grid points the value only rises or falls, so a stretch whose ends agree is done, and otherwise it turns once.
 * @param options region in pixels of the picture, it may reach outside; picture its size; threshold default 0.5
 * @returns undefined where no pixel is inside
 * @throws RangeError for a region without a size, or a grid whose data does not fill it
 * @example pasteMask({ data: probabilities, width: 128, height: 128 }, { region: scaleBox(box, 1.25), picture });
 */
export function pasteMask(
  grid: MaskGrid,
  options: { region: Box; picture: Size; threshold?: number },
): Rle | undefined {
  const { region, picture, threshold = 0.5 } = options;
  if (!(region.width > 0 && region.height > 0))
    throw new RangeError(`region must have a positive size, got ${region.width} x ${region.height}`);
  if (!(grid.width > 0 && grid.height > 0 && grid.data.length === grid.width * grid.height))
    throw new RangeError(`a grid of ${grid.width} x ${grid.height} does not have ${grid.data.length} values`);
  const across = axisOf({ start: region.x, side: region.width, pixels: picture.width, points: grid.width });
  const down = axisOf({ start: region.y, side: region.height, pixels: picture.height, points: grid.height });
  const stretches = stretchesOf(down);
  // One more than the grid has: its last point is its own neighbour.
  const line = new Float64Array(grid.height + 1);
  const flips = new Flips();
  for (let column = 0; column < across.cell.length; column++) {
    columnOf(grid, { cell: across.cell[column]!, part: across.part[column]!, line });
    const top = (across.from + column) * picture.height + down.from;
    for (let s = 0; s + 1 < stretches.length; s++) {
      let first = stretches[s]!;
      let last = stretches[s + 1]! - 1;
      const low = line[down.cell[first]!]!;
      const rise = line[down.cell[first]! + 1]! - low;
      const inside = low + rise * down.part[first]! > threshold;
      flips.turn(inside, top + first);
      if (low + rise * down.part[last]! > threshold === inside) continue;
      while (last - first > 1) {
        const middle = (first + last) >> 1;
        if (low + rise * down.part[middle]! > threshold === inside) first = middle;
        else last = middle;
      }
      flips.turn(!inside, top + last);
    }
    flips.turn(false, top + down.cell.length);
  }
  const runs = flips.runs(picture.width * picture.height);
  return runs.length > 1 ? maskFromRuns(runs, picture) : undefined;
}

/** The grid's values down a column of the picture, at the grid's own points. */
function columnOf(
  { data, width, height }: MaskGrid,
  { cell, part, line }: { cell: number; part: number; line: Float64Array },
): void {
  const next = cell + 1 < width ? 1 : 0;
  for (let row = 0, at = cell; row < height; row++, at += width) {
    const left = data[at]!;
    line[row] = left + (data[at + next]! - left) * part;
  }
  line[height] = line[height - 1]!;
}

/** The places, counted down the columns, where a mask changes between outside and inside. */
class Flips {
  private readonly places: number[] = [];

  turn(inside: boolean, place: number): void {
    const { places } = this;
    if (inside === (places.length % 2 === 1)) return;
    // What ends at the foot of a column may go on at the head of the next.
    if (places.at(-1) === place) places.pop();
    else places.push(place);
  }

  runs(total: number): number[] {
    const ends = this.places.at(-1) === total ? this.places : [...this.places, total];
    return ends.map((place, i) => place - (i === 0 ? 0 : ends[i - 1]!));
  }
}
