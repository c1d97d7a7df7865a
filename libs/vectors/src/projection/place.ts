import type { Projection } from '@fovea/contracts';
import { UMAP } from 'umap-js';
import { principalComponents, type Table } from './principal.ts';
import { seeded } from './seeded.ts';

/** UMAP's cost grows with the dimension, its result hardly: neighbours are found among so many principal components. */
const UMAP_DIMENSIONS = 50;
/** The paper's default (McInnes, Healy & Melville 2018). */
const NEIGHBOURS = 15;
/** Fewer points have no neighbourhoods to keep. */
const FEWEST_FOR_UMAP = 5;
/** Side of the square that UMAP's optimisation begins in, as its reference implementation has it. */
const START_SIDE = 10;
/** A hundredth at each end counts as outliers: those are put into the margin. */
const OUTLIERS = 0.01;
const MARGIN = 0.04;

/** Places of rows in the plane, x, y, x, y, … within 0..1. */
export function place(table: Table, method: Projection): Float32Array {
  if (table.count < 2) return new Float32Array(2 * table.count).fill(0.5);
  return fit(
    method === 'umap' && table.count >= FEWEST_FOR_UMAP ? umap(table) : principalComponents(table, 2),
  );
}

function umap(table: Table): number[][] {
  const rows = principalComponents(table, UMAP_DIMENSIONS);
  const random = seeded(1);
  const layout = new UMAP({ nNeighbors: Math.min(NEIGHBOURS, table.count - 1), random });
  const epochs = layout.initializeFit(rows);
  // It begins at random places: far groups lie better beside each other when it begins with the principal components.
  const start = fit(rows);
  for (const [index, point] of layout.getEmbedding().entries())
    for (const axis of [0, 1])
      point[axis] = START_SIDE * (start[2 * index + axis]! - 0.5) + 1e-3 * (random() - 0.5);
  for (let epoch = 0; epoch < epochs; epoch += 1) layout.step();
  return layout.getEmbedding();
}

/** Shifts and scales both axes alike: the bulk fills the square but for a margin, what lies outside goes to its edge. */
export function fit(points: readonly (readonly number[])[]): Float32Array {
  const axes = [0, 1].map((axis) => extent(points.map((point) => point[axis] ?? 0)));
  const scale = (1 - 2 * MARGIN) / (Math.max(...axes.map(({ length }) => length)) || 1);
  const placed = new Float32Array(2 * points.length);
  for (const [index, point] of points.entries())
    for (const [axis, { middle }] of axes.entries()) {
      const value = 0.5 + scale * ((point[axis] ?? 0) - middle);
      placed[2 * index + axis] = Math.min(1, Math.max(0, value));
    }
  return placed;
}

function extent(values: readonly number[]): { middle: number; length: number } {
  const sorted = Float64Array.from(values).sort();
  const last = sorted.length - 1;
  const skipped = Math.floor(OUTLIERS * last);
  const [low, high] = [sorted[skipped]!, sorted[last - skipped]!];
  return { middle: (low + high) / 2, length: high - low };
}
