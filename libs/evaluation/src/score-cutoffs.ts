/** What a cut-off keeps: shares of the pairs that belong together, and of those that do not. */
export interface ScoreCutoff {
  readonly score: number;
  readonly matchingKept: number;
  readonly othersKept: number;
}

/**
 * How well scores part pairs that belong together from others: what is kept at or above each of a row of scores.
 * @param options step between the scores, default 0.02; they begin and end where all or nothing of both is kept
 * @throws RangeError without pairs of one kind, or when a score is not a finite number
 * @example scoreCutoffs({ matching: [0.9, 0.7], others: [0.1, 0.2] }, { step: 0.5 });
 * // [{ score: 0, matchingKept: 1, othersKept: 1 }, { score: 0.5, matchingKept: 1, othersKept: 0 }, …]
 */
export function scoreCutoffs(
  pairs: { matching: readonly number[]; others: readonly number[] },
  options: { step?: number } = {},
): ScoreCutoff[] {
  const { step = 0.02 } = options;
  const matching = sorted(pairs.matching, 'matching');
  const others = sorted(pairs.others, 'others');
  const from = Math.floor(Math.min(matching[0]!, others[0]!) / step);
  const to = Math.ceil(Math.max(matching.at(-1)!, others.at(-1)!) / step);
  return Array.from({ length: to - from + 1 }, (_, i) => {
    const score = Number(((from + i) * step).toFixed(6));
    return { score, matchingKept: kept(matching, score), othersKept: kept(others, score) };
  });
}

function sorted(scores: readonly number[], name: string): readonly number[] {
  if (scores.length === 0) throw new RangeError(`${name}: there are no pairs`);
  const wrong = scores.find((score) => !Number.isFinite(score));
  if (wrong !== undefined) throw new RangeError(`${name}: ${wrong} is no score`);
  return scores.toSorted((a, b) => a - b);
}

/** The share of sorted scores that are at least as high, to four digits. */
function kept(scores: readonly number[], least: number): number {
  let low = 0;
  let high = scores.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (scores[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return Math.round(((scores.length - low) / scores.length) * 1e4) / 1e4;
}
