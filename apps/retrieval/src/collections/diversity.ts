/** A candidate with its relevance to the query; unit vectors. */
export interface Candidate {
  readonly score: number;
  readonly vector: Float32Array;
}

const dot = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);

/**
 * Maximal marginal relevance (Carbonell & Goldstein 1998): one after the other the candidate whose relevance, less its
 * likeness to those chosen already, is largest. Of equals the first.
 * @param options diversity 0..1 is 1 - lambda of the paper: 0 = relevance alone, 1 = unlikeness alone
 * @returns the candidates chosen, in the order of their choice
 */
export function diversify<T extends Candidate>(
  candidates: readonly T[],
  { k, diversity }: { k: number; diversity: number },
): T[] {
  const left = [...candidates];
  const nearest = left.map(() => 0);
  const chosen: T[] = [];
  while (left.length > 0 && chosen.length < k) {
    let best = 0;
    let bestValue = -Infinity;
    left.forEach(({ score }, index) => {
      // The first is the most relevant whatever the diversity: nothing is there to be unlike.
      const value =
        chosen.length === 0 ? score : (1 - diversity) * score - diversity * (nearest[index] as number);
      if (value > bestValue) [best, bestValue] = [index, value];
    });
    const [taken] = left.splice(best, 1) as [T];
    nearest.splice(best, 1);
    left.forEach(({ vector }, index) => {
      const likeness = dot(vector, taken.vector);
      nearest[index] = chosen.length === 0 ? likeness : Math.max(nearest[index] as number, likeness);
    });
    chosen.push(taken);
  }
  return chosen;
}
