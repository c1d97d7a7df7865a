import type { Best } from './best.ts';
import type { LiveIndex, View } from './live-index.ts';

// The exact search: every row compared, in slices, so that other searches get their turn.

/** Lets others work; throws when the search is no longer wanted. */
export type Turn = () => Promise<void>;

/** Products of one slice: about 2 ms. */
const SLICE_PRODUCTS = 2 ** 21;
/** Chosen rows that are nearer than this are read together with what lies between. */
const NEAR_ROWS = 4;

/** Of a query with one row, summed in 64 bits; four sums, because one would wait for itself. */
export function dot(query: Float64Array, rows: Float32Array, offset: number): number {
  const length = query.length;
  const whole = length - (length % 8);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let index = 0;
  for (let at = offset; index < whole; index += 8, at += 8) {
    a += query[index]! * rows[at]! + query[index + 4]! * rows[at + 4]!;
    b += query[index + 1]! * rows[at + 1]! + query[index + 5]! * rows[at + 5]!;
    c += query[index + 2]! * rows[at + 2]! + query[index + 6]! * rows[at + 6]!;
    d += query[index + 3]! * rows[at + 3]! + query[index + 7]! * rows[at + 7]!;
  }
  for (; index < length; index += 1) a += query[index]! * rows[offset + index]!;
  return a + b + (c + d);
}

/** A cosine: rounding may carry the product of unit vectors a little beyond 1. */
export const cosineOf = (query: Float64Array, rows: Float32Array, offset: number): number =>
  Math.min(1, Math.max(-1, dot(query, rows, offset)));

export interface Scan {
  readonly index: LiveIndex;
  readonly view: View;
  readonly query: Float64Array;
  readonly best: Best;
  readonly turn: Turn;
}

/** Offers every row that is there of a range of positions. */
export async function scanRange(
  { index, view, query, best, turn }: Scan,
  from: number,
  to: number,
): Promise<void> {
  const { dimension } = index;
  const most = Math.max(1, Math.floor(SLICE_PRODUCTS / dimension));
  for (let position = from; position < to;) {
    const rows = index.rows(position, Math.min(to, position + most));
    for (let offset = 0; offset < rows.length; offset += dimension, position += 1) {
      if (!index.isLive(position, view)) continue;
      const score = cosineOf(query, rows, offset);
      if (score >= best.floor) best.offer(score, index.ordinalAt(position));
    }
    if (position < to) await turn();
  }
}

/** Offers the rows at these positions, rising, that are there. */
export async function scanPositions(
  { index, view, query, best, turn }: Scan,
  positions: Int32Array,
): Promise<void> {
  const { dimension } = index;
  const most = Math.max(1, Math.floor(SLICE_PRODUCTS / dimension));
  let compared = 0;
  for (let next = 0; next < positions.length;) {
    const first = positions[next]!;
    let end = next + 1;
    while (
      end < positions.length &&
      positions[end]! - positions[end - 1]! <= NEAR_ROWS &&
      positions[end]! - first < most
    )
      end += 1;
    const rows = index.rows(first, positions[end - 1]! + 1);
    for (; next < end; next += 1) {
      const position = positions[next]!;
      const offset = (position - first) * dimension;
      // A run may cross from one piece of memory into the next.
      if (offset >= rows.length) break;
      if (index.isLive(position, view)) best.offer(cosineOf(query, rows, offset), index.ordinalAt(position));
    }
    compared += rows.length;
    if (compared >= SLICE_PRODUCTS) {
      compared = 0;
      await turn();
    }
  }
}
