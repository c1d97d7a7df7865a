import type { LiveIndex } from './live-index.ts';
import type { PairsReply } from './protocol.ts';
import type { Turn } from './scan.ts';
import { searchIndex } from './search.ts';

/** Pairs of rows of which one has the other among its k nearest, at or above a score; each pair once, a below b. */
export async function nearPairs(
  index: LiveIndex,
  { k, minScore }: { k: number; minScore: number },
  turn: Turn,
): Promise<PairsReply> {
  const view = index.view();
  const a: number[] = [];
  const b: number[] = [];
  const scores: number[] = [];
  const known = new Map<number, Set<number>>();
  for (let position = 0; position < view.size; position += 1) {
    if (!index.isLive(position, view)) continue;
    const ordinal = index.ordinalAt(position);
    const query = index.rows(position, position + 1).slice();
    const found = await searchIndex(index, { query, k: k + 1, exact: false }, turn);
    let others = 0;
    for (const [rank, other] of found.ordinals.entries()) {
      const score = found.scores[rank]!;
      if (other === ordinal) continue;
      if (score < minScore || ++others > k) break;
      const low = Math.min(ordinal, other);
      const high = Math.max(ordinal, other);
      const partners = known.get(low) ?? new Set();
      if (partners.has(high)) continue;
      known.set(low, partners.add(high));
      a.push(low);
      b.push(high);
      scores.push(score);
    }
    await turn();
  }
  return { a: Int32Array.from(a), b: Int32Array.from(b), scores: Float64Array.from(scores) };
}
