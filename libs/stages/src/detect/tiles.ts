import type { Box } from '@fovea/contracts';
import type { Size } from '@fovea/geometry';

/** Squares that cover a picture row by row; those of a picture narrower than a square are as narrow as it. */
export interface TilePlan {
  readonly count: number;
  /** The tile of an index, in whole pixels. */
  tile(index: number): Box;
}

/**
 * Cuts a picture into overlapping tiles, as sliced inference does (Akyon et al. 2022, "Slicing Aided Hyper Inference"):
 * the last tile of a row or column is moved back into the picture, so that all have the same size.
 * @param options side of a tile in pixels; overlap of neighbours, a share of the side
 * @throws RangeError for a side that is not a positive integer, or an overlap outside [0, 1)
 * @example planTiles({ width: 1000, height: 600 }, { side: 640, overlap: 0.2 }).count; // 2: x = 0 and x = 360
 */
export function planTiles(picture: Size, options: { side: number; overlap: number }): TilePlan {
  const { side, overlap } = options;
  if (!(Number.isInteger(side) && side > 0))
    throw new RangeError(`side must be a positive integer, got ${side}`);
  if (!(overlap >= 0 && overlap < 1)) throw new RangeError(`overlap must be in [0, 1), got ${overlap}`);
  const step = Math.max(1, side - Math.ceil(side * overlap));
  const steps = (size: number): number => (size <= side ? 1 : Math.ceil((size - side) / step) + 1);
  const [columns, rows] = [steps(picture.width), steps(picture.height)];
  const start = (size: number, index: number): number => Math.max(0, Math.min(index * step, size - side));
  return {
    count: columns * rows,
    tile: (index) => ({
      x: start(picture.width, index % columns),
      y: start(picture.height, Math.floor(index / columns)),
      width: Math.min(side, picture.width),
      height: Math.min(side, picture.height),
    }),
  };
}
