import type { Tensor } from '@fovea/tensor';

/** How much each cell of a feature map adds to a score, in reading order. */
export interface CellMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Rows, columns and depth of one feature map [1, depth, height, width]. */
function sizeOf({ dims }: Tensor<'float32'>): {
  depth: number;
  height: number;
  width: number;
  cells: number;
} {
  const [, depth = 0, height = 0, width = 0] = dims;
  return { depth, height, width, cells: height * width };
}

/**
 * What each cell adds to the cosine of a picture and a direction. The vector of a picture is the mean of its cells at
 * length 1, so the cosine falls apart exactly: cell . direction / (cells * |mean|), whose sum is the score.
 * @param features [1, depth, height, width]
 * @param direction a unit vector of that depth
 */
export function agreement(features: Tensor<'float32'>, direction: Float32Array): CellMap {
  const { depth, width, height, cells } = sizeOf(features);
  if (direction.length !== depth)
    throw new RangeError(`direction has ${direction.length} dimensions, the features ${depth}`);
  const values = new Float64Array(cells);
  let squares = 0;
  for (let channel = 0; channel < depth; channel++) {
    let sum = 0;
    for (let cell = 0; cell < cells; cell++) {
      const value = features.data[channel * cells + cell] as number;
      sum += value;
      values[cell] = (values[cell] as number) + value * (direction[channel] as number);
    }
    squares += (sum / cells) ** 2;
  }
  const scale = squares > 0 ? 1 / (cells * Math.sqrt(squares)) : 0;
  return { width, height, values: Float32Array.from(values, (value) => value * scale) };
}

/**
 * The feature map once for every cell, with that cell empty: what is left when one looks away from it.
 * @returns dims [cells, depth, height, width]
 */
export function withoutEachCell(features: Tensor<'float32'>): Tensor<'float32'> {
  const { depth, height, width, cells } = sizeOf(features);
  const size = depth * cells;
  const data = new Float32Array(cells * size);
  for (let cell = 0; cell < cells; cell++) {
    data.set(features.data.subarray(0, size), cell * size);
    for (let channel = 0; channel < depth; channel++) data[cell * size + channel * cells + cell] = 0;
  }
  return { type: 'float32', dims: [cells, depth, height, width], data };
}
