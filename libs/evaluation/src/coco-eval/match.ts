import { IOU_THRESHOLDS, type AreaRange } from './protocol.ts';
import type { Similarity } from './similarity.ts';
import type { CocoTruth } from './types.ts';

/** What became of a category's predictions, of all pictures in turn; grows picture by picture. */
export interface Outcomes {
  /** How many predictions are in so far. */
  count: number;
  readonly scores: Float64Array;
  /** Place among the predictions of the same picture, from 0. */
  readonly ranks: Uint32Array;
  /** Per area range and prediction: bit t = matched at IoU threshold t. */
  readonly matched: readonly Uint16Array[];
  /** Likewise: counts neither as right nor as wrong. */
  readonly ignored: readonly Uint16Array[];
  /** Truths to be found, per area range. */
  readonly positives: number[];
}

export const newOutcomes = (capacity: number, areas: readonly AreaRange[]): Outcomes => ({
  count: 0,
  scores: new Float64Array(capacity),
  ranks: new Uint32Array(capacity),
  matched: areas.map(() => new Uint16Array(capacity)),
  ignored: areas.map(() => new Uint16Array(capacity)),
  positives: areas.map(() => 0),
});

/** Is the truth left out of the count in every area range? */
export const isIgnored = (truth: CocoTruth, keypoints: boolean): boolean =>
  truth.crowd || truth.ignore === true || (keypoints && labelledKeypoints(truth) === 0);

function labelledKeypoints({ numKeypoints, keypoints = [] }: CocoTruth): number {
  if (numKeypoints !== undefined) return numKeypoints;
  let count = 0;
  for (let at = 2; at < keypoints.length; at += 3) if (keypoints[at]! > 0) count++;
  return count;
}

/** One picture's predictions (best first) and truths of a category. */
export interface Scene {
  readonly truths: readonly CocoTruth[];
  /** {@link isIgnored} of each. */
  readonly ignored: readonly boolean[];
  readonly scores: readonly number[];
  readonly similarity: Similarity;
}

/** Matches a picture's predictions in one area range and notes the outcomes from `outcomes.count` on. */
export function matchScene(
  scene: Scene,
  range: AreaRange,
  target: { outcomes: Outcomes; area: number },
): void {
  const { truths, scores, similarity } = scene;
  const { outcomes, area } = target;
  const ignored = truths.map(
    (truth, g) => scene.ignored[g]! || !(truth.area >= range.from && truth.area <= range.to),
  );
  // Those that count come first; otherwise in the order given.
  const order = [...truths.keys()].sort((a, b) => Number(ignored[a]) - Number(ignored[b]));
  outcomes.positives[area]! += ignored.reduce((count, out) => count + Number(!out), 0);

  const size = scores.length;
  const matchedBits = outcomes.matched[area]!.subarray(outcomes.count, outcomes.count + size);
  const ignoredBits = outcomes.ignored[area]!.subarray(outcomes.count, outcomes.count + size);
  IOU_THRESHOLDS.forEach((threshold, t) => {
    const matches = truths.length === 0 ? undefined : matchAt(threshold, { ...scene, ignored, order });
    for (let d = 0; d < size; d++) {
      const match = matches?.[d] ?? -1;
      if (match >= 0) matchedBits[d]! |= 1 << t;
      const found = similarity.areas[d]!;
      if (match >= 0 ? ignored[match] : found < range.from || found > range.to) ignoredBits[d]! |= 1 << t;
    }
  });
}

/**
 * The index of every prediction's truth, -1 without. Greedy, the best score first: each takes the likest truth that is
 * free and at least as like as the threshold (the last of equals), an ignored one only where no other will do. Crowds
 * are never used up.
 */
export function matchAt(threshold: number, scene: Scene & { readonly order: readonly number[] }): Int32Array {
  const { truths, ignored, order, scores, similarity } = scene;
  const taken = new Uint8Array(truths.length);
  const matches = new Int32Array(scores.length).fill(-1);
  for (let d = 0; d < matches.length; d++) {
    let best = Math.min(threshold, 1 - 1e-10);
    let match = -1;
    for (const g of order) {
      if (taken[g] === 1 && !truths[g]!.crowd) continue;
      if (match >= 0 && !ignored[match] && ignored[g]) break;
      const value = similarity.values[d * truths.length + g]!;
      if (!(value >= best)) continue;
      best = value;
      match = g;
    }
    if (match < 0) continue;
    matches[d] = match;
    taken[match] = 1;
  }
  return matches;
}
