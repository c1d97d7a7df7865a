import { byScore, checkFraction, isIgnored, judge, liesOn, selectBoxes, type BoxInput } from './matching.ts';

/** A prediction: how sure it was, and whether it was right. */
export interface Judged {
  readonly confidence: number;
  readonly correct: boolean;
}

/** The predictions with a confidence above `from` (the first bin: from 0 on) up to `to`. */
export interface ReliabilityBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Means over the bin; NaN where it is empty. */
  readonly confidence: number;
  readonly accuracy: number;
}

export interface Calibration {
  /** Expected calibration error, 0..1; NaN without predictions. */
  readonly ece: number;
  /** Maximum calibration error: the largest gap of a bin. */
  readonly mce: number;
  readonly count: number;
  readonly bins: readonly ReliabilityBin[];
}

/**
 * How far confidence and accuracy lie apart: the expected and maximum calibration error over bins of equal width
 * (Guo, Pleiss, Sun and Weinberger, "On Calibration of Modern Neural Networks", ICML 2017).
 * @param options bins default 15, as in the paper
 * @throws RangeError when a confidence is not within 0..1 or there is no bin
 * @example calibration([{ confidence: 0.8, correct: true }]).ece; // 0.2
 */
export function calibration(predictions: Iterable<Judged>, options: { bins?: number } = {}): Calibration {
  const { bins: binCount = 15 } = options;
  if (!(Number.isInteger(binCount) && binCount >= 1))
    throw new RangeError(`bins must be 1 or more, is ${binCount}`);
  const sums = Array.from({ length: binCount }, () => ({ count: 0, confidence: 0, correct: 0 }));
  let count = 0;
  for (const { confidence, correct } of predictions) {
    checkFraction(confidence, 'confidence');
    const bin = sums[binOf(confidence, binCount)]!;
    bin.count++;
    bin.confidence += confidence;
    if (correct) bin.correct++;
    count++;
  }
  const bins = sums.map((bin, i): ReliabilityBin => ({
    from: i / binCount,
    to: (i + 1) / binCount,
    count: bin.count,
    confidence: bin.confidence / bin.count,
    accuracy: bin.correct / bin.count,
  }));
  const filled = bins.filter((bin) => bin.count > 0);
  const gap = (bin: ReliabilityBin) => Math.abs(bin.accuracy - bin.confidence);
  return {
    ece: count === 0 ? NaN : filled.reduce((sum, bin) => sum + (bin.count / count) * gap(bin), 0),
    mce: count === 0 ? NaN : Math.max(...filled.map(gap)),
    count,
    bins,
  };
}

/** Bins are open below and closed above, as the paper has them: 2/15 belongs to the second of fifteen. */
function binOf(confidence: number, bins: number): number {
  const guess = Math.min(bins - 1, Math.floor(confidence * bins));
  // The product can round to the other side of a border.
  if (guess > 0 && confidence <= guess / bins) return guess - 1;
  return confidence > (guess + 1) / bins ? guess + 1 : guess;
}

/**
 * Calibration of detections: one is correct when it is a hit at the overlap, with each truth hit once (as
 * {@link vocMap}); those on ignored truths or crowds are left out. Missed objects have no confidence and do not count.
 * @param options bins default 15, iouThreshold default 0.5, minScore from which a detection counts, default 0
 * @throws RangeError when a score is not within 0..1 or an option is out of range; TypeError for a missing box
 */
export function detectionCalibration(
  input: BoxInput,
  options: { bins?: number; iouThreshold?: number; minScore?: number } = {},
): Calibration {
  const { iouThreshold = 0.5, minScore = 0, ...rest } = options;
  checkFraction(iouThreshold, 'iouThreshold');
  checkFraction(minScore, 'minScore');
  const { truths, predictions } = selectBoxes(input);
  const judged = input.categories.flatMap(({ id }) => {
    const found = byScore(
      predictions.filter(({ categoryId, score }) => categoryId === id && score >= minScore),
    );
    const wanted = truths.filter(({ categoryId }) => categoryId === id);
    const crowds = wanted.filter(isIgnored);
    return judge(found, wanted, iouThreshold).flatMap((verdict, i) =>
      verdict === 'ignored' ||
      (verdict === 'miss' && crowds.some((crowd) => liesOn(found[i]!, crowd, iouThreshold)))
        ? []
        : [{ confidence: found[i]!.score, correct: verdict === 'hit' }],
    );
  });
  return calibration(judged, rest);
}
