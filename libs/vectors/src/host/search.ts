import { Best } from './best.ts';
import type { LiveIndex, View } from './live-index.ts';
import type { SearchReply, SearchRequest } from './protocol.ts';
import { scanPositions, scanRange, type Scan, type Turn } from './scan.ts';

/** So many chosen rows, or this share of all, are compared one by one: a filtered index would visit as many. */
const FEW_CHOSEN = 20_000;
const FEW_SHARE = 0.05;
/** An index that must give more candidates than this, and than this share of its rows, costs more than comparing all. */
const MANY_CANDIDATES = 5000;
const MANY_SHARE = 0.05;
/** Candidates beyond those wanted: equal scores at the end of the list come in any order. */
const SPARE = 8;

/** The k nearest of a moment of an index. */
export async function searchIndex(
  index: LiveIndex,
  { query, k, only, exact }: Omit<SearchRequest, 'handle'>,
  turn: Turn,
): Promise<SearchReply> {
  const stats = index.stats();
  const view = index.view();
  const positions = only && positionsOf(index, only);
  const candidates = positions?.length ?? view.size;
  const best = new Best(Math.min(k, candidates));
  const scan: Scan = { index, view, query: Float64Array.from(query), best, turn };
  const built = Math.min(index.base.ordinals.length, view.size);
  const few = positions && positions.length <= Math.max(FEW_CHOSEN, FEW_SHARE * view.size);
  let complete = true;
  if (candidates > 0) {
    const near = exact || few ? null : nearest(scan, { query, k, positions });
    if (near) {
      complete = near.exact;
      await scanPositions(scan, near.positions);
      if (positions) await scanPositions(scan, positions.subarray(firstFrom(positions, built)));
      else await scanRange(scan, built, view.size);
    } else if (positions) await scanPositions(scan, positions);
    else await scanRange(scan, 0, view.size);
  }
  return { ...best.take(), exact: complete, stats };
}

/** Where the ordinals' vectors are, rising; those that are not there are left out. */
function positionsOf(index: LiveIndex, ordinals: Int32Array): Int32Array {
  const positions = new Int32Array(ordinals.length);
  let count = 0;
  let rising = true;
  for (const ordinal of ordinals) {
    const position = index.positionOf(ordinal);
    if (position < 0) continue;
    rising &&= count === 0 || position > positions[count - 1]!;
    positions[count++] = position;
  }
  const found = positions.subarray(0, count);
  return rising ? found : found.sort();
}

/** Index of the first position at or after one. */
function firstFrom(positions: Int32Array, from: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positions[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Candidates of the snapshot's index among those that count, or null where comparing all is better. */
function nearest(
  { index, view }: { index: LiveIndex; view: View },
  { query, k, positions }: { query: Float32Array; k: number; positions: Int32Array | undefined },
): { positions: Int32Array; exact: boolean } | null {
  const { ann, ordinals } = index.base;
  if (!ann) return null;
  const size = ordinals.length;
  const chosen = positions && chosenOf(positions, size);
  const among = Math.min(index.liveOfBase, chosen?.count ?? size);
  if (among === 0) return { positions: new Int32Array(0), exact: true };
  const wanted = Math.min(among, k * ann.plan.overFetch);
  for (let fetch = Math.ceil((wanted * size) / among) + SPARE; ; fetch *= 4) {
    if (fetch > Math.max(MANY_CANDIDATES, MANY_SHARE * size)) return null;
    const found = ann
      .search(query, Math.min(fetch, size))
      .positions.filter(
        (position) => position >= 0 && index.isLive(position, view) && (chosen?.has(position) ?? true),
      );
    if (found.length >= wanted) return { positions: found.sort(), exact: ann.plan.kind === 'flat' };
  }
}

/** Positions of a snapshot as bits. */
function chosenOf(positions: Int32Array, size: number): { count: number; has(position: number): boolean } {
  const bits = new Uint8Array((size + 7) >> 3);
  const count = firstFrom(positions, size);
  for (let index = 0; index < count; index += 1) {
    const position = positions[index]!;
    bits[position >> 3]! |= 1 << (position & 7);
  }
  return { count, has: (position) => (bits[position >> 3]! & (1 << (position & 7))) !== 0 };
}
