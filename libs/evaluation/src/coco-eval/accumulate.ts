import type { Outcomes } from './match.ts';
import { IOU_THRESHOLDS, RECALL_THRESHOLDS } from './protocol.ts';
import type { CocoArrays } from './types.ts';

/** The arrays of an evaluation, -1 everywhere. */
export function newArrays(spec: Pick<CocoArrays, 'categoryIds' | 'areas' | 'maxDetections'>): CocoArrays {
  const { categoryIds, areas, maxDetections } = spec;
  const [T, R, K] = [IOU_THRESHOLDS.length, RECALL_THRESHOLDS.length, categoryIds.length];
  const [A, M] = [areas.length, maxDetections.length];
  return {
    iouThresholds: IOU_THRESHOLDS,
    recallThresholds: RECALL_THRESHOLDS,
    ...{ categoryIds, areas, maxDetections },
    dims: [T, R, K, A, M],
    precision: new Float64Array(T * R * K * A * M).fill(-1),
    scores: new Float64Array(T * R * K * A * M).fill(-1),
    recall: new Float64Array(T * K * A * M).fill(-1),
  };
}

/** Enters a category's outcomes at index `k`: precision at every recall, for all thresholds, areas and limits. */
export function accumulate(arrays: CocoArrays, k: number, outcomes: Outcomes): void {
  const { scores, ranks, count } = outcomes;
  const [T, R, K, A, M] = arrays.dims;
  // Equal scores in order of the pictures.
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => scores[b]! - scores[a]! || a - b,
  );
  const found = { precision: new Float64Array(count), score: new Float64Array(count) };
  for (let a = 0; a < A; a++) {
    const positives = outcomes.positives[a]!;
    if (positives === 0) continue;
    arrays.maxDetections.forEach((limit, m) => {
      const kept = order.filter((i) => ranks[i]! < limit);
      for (let t = 0; t < T; t++) {
        const hits = walk(kept, { outcomes, area: a, threshold: t }, found);
        arrays.recall[((t * K + k) * A + a) * M + m] = hits / positives;
        // The hit that reaches a recall; its precision is the best of any from there on.
        let hit = 0;
        for (let r = 0; r < R; r++) {
          const wanted = RECALL_THRESHOLDS[r]!;
          while (hit < hits && (hit + 1) / positives < wanted) hit++;
          const at = (((t * R + r) * K + k) * A + a) * M + m;
          arrays.precision[at] = hit < hits ? found.precision[hit]! : 0;
          // A recall of 0 is reached by the first prediction, right or wrong.
          if (r === 0) arrays.scores[at] = kept.length > 0 ? scores[kept[0]!]! : 0;
          else arrays.scores[at] = hit < hits ? found.score[hit]! : 0;
        }
      }
    });
  }
}

/** Fills in every right prediction's score and the best precision from it on; returns how many there are. */
function walk(
  kept: Uint32Array,
  { outcomes, area, threshold }: { outcomes: Outcomes; area: number; threshold: number },
  found: { precision: Float64Array; score: Float64Array },
): number {
  const bit = 1 << threshold;
  const matched = outcomes.matched[area]!;
  const ignored = outcomes.ignored[area]!;
  let [hits, misses] = [0, 0];
  for (const i of kept) {
    if (ignored[i]! & bit) continue;
    if (matched[i]! & bit) {
      hits++;
      // With the protocol's guard against 0 / 0, which makes 1 / 1 a little less than 1.
      found.precision[hits - 1] = hits / (misses + hits + Number.EPSILON);
      found.score[hits - 1] = outcomes.scores[i]!;
    } else misses++;
  }
  for (let i = hits - 2; i >= 0; i--)
    found.precision[i] = Math.max(found.precision[i]!, found.precision[i + 1]!);
  return hits;
}
