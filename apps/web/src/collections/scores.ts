/** How scores are drawn: the ends of the slider, its step, and the length of each bar beside the best one's. */
export function scale(scores: readonly number[]): {
  readonly lowest: number;
  readonly highest: number;
  readonly step: number;
  /** 0..1 */
  readonly shareOf: (score: number) => number;
} {
  const step = 0.005;
  // Not by spreading: there may be more scores than a call takes arguments. With diversity they are in no order.
  const best = scores.reduce((most, score) => Math.max(most, score), -1);
  const worst = scores.reduce((least, score) => Math.min(least, score), 1);
  return {
    // On the grid of the slider, so that its lowest end keeps everything and its highest keeps nothing back.
    lowest: Number((Math.floor(worst / step) * step).toFixed(3)),
    highest: Number((Math.ceil(best / step) * step).toFixed(3)),
    step,
    // A cosine of nothing in common is 0; where all are below it, bars begin at the worst.
    shareOf: (score) => {
      const zero = best > 0 ? 0 : Math.min(worst, best - step);
      return Math.max(0, Math.min(1, (score - zero) / (best - zero)));
    },
  };
}
