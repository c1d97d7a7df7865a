import type { VectorHit } from '@fovea/application';
import type { State } from './memory-source.ts';

const TOLERANCE = 1e-5;

export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += a[index]! * b[index]!;
  return sum;
}

/** The k best by brute force: of equal scores the lower ordinal first. */
export function bestOf(state: State, query: Float32Array, k: number): VectorHit[] {
  return [...state]
    .map(([ordinal, vector]) => ({ ordinal, score: cosine(query, vector) }))
    .sort((a, b) => b.score - a.score || a.ordinal - b.ordinal)
    .slice(0, k);
}

/** Share of the k best that were found. */
export function recall(hits: readonly VectorHit[], state: State, query: Float32Array): number {
  const best = new Set(bestOf(state, query, hits.length).map(({ ordinal }) => ordinal));
  return hits.filter(({ ordinal }) => best.has(ordinal)).length / best.size;
}

/**
 * Why hits are no true k best of a state, or null: each is there once with its own cosine, equal ones by rising ordinal,
 * and no score is worse than brute force finds at that rank. (Scores may differ by rounding, so ranks are compared by score.)
 */
export function faultOf(
  hits: readonly VectorHit[],
  { state, query, k }: { state: State; query: Float32Array; k: number },
): string | null {
  const best = bestOf(state, query, k);
  if (hits.length !== best.length) return `${hits.length} hits instead of ${best.length}`;
  const seen = new Set<number>();
  for (const [rank, { ordinal, score }] of hits.entries()) {
    const at = `rank ${rank}, ordinal ${ordinal}, score ${score}`;
    const vector = state.get(ordinal);
    if (!vector) return `${at}: no such vector`;
    if (seen.has(ordinal)) return `${at}: twice`;
    seen.add(ordinal);
    if (!(Math.abs(score - cosine(query, vector)) <= TOLERANCE) || Math.abs(score) > 1)
      return `${at}: its cosine is ${cosine(query, vector)}`;
    if (score < best[rank]!.score - TOLERANCE) return `${at}: ${best[rank]!.ordinal} is better`;
    const before = hits[rank - 1];
    if (before && before.score < score) return `${at}: worse before it`;
    if (before && before.score === score && before.ordinal > ordinal) return `${at}: equals out of order`;
  }
  return null;
}
