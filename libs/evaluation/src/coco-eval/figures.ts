import { IOU_50, IOU_75 } from './protocol.ts';
import {
  BOX_FIGURES,
  KEYPOINT_FIGURES,
  type CocoArrays,
  type CocoCurve,
  type CocoCurves,
  type CocoStats,
  type CocoType,
} from './types.ts';

/** A part of the arrays; what is left out is averaged over. */
interface Part {
  readonly t?: number;
  readonly k?: number;
  /** Index of the area range; default all. */
  readonly a?: number;
  /** Index of the limit; default the last. */
  readonly m?: number;
}

const indices = (length: number, only?: number): readonly number[] =>
  only === undefined ? Array.from({ length }, (_, i) => i) : [only];

/** Mean over what was measured (not -1); null for nothing. */
function mean(values: Iterable<number>): number | null {
  let [sum, count] = [0, 0];
  for (const value of values) {
    if (value < 0) continue;
    sum += value;
    count++;
  }
  return count === 0 ? null : sum / count;
}

function* cells(arrays: CocoArrays, values: Float64Array, part: Part & { r?: number }): Generator<number> {
  const [T, R, K, A, M] = arrays.dims;
  const { a = 0, m = M - 1 } = part;
  // Recall has no axis of recalls.
  const recalls = values.length === T * K * A * M ? 1 : R;
  for (const t of indices(T, part.t))
    for (const r of indices(recalls, part.r))
      for (const k of indices(K, part.k)) yield values[(((t * recalls + r) * K + k) * A + a) * M + m]!;
}

/** AP: the mean precision over thresholds, recalls and categories. */
export const averagePrecision = (arrays: CocoArrays, part: Part = {}): number | null =>
  mean(cells(arrays, arrays.precision, part));
/** AR: the mean of the recalls reached, over thresholds and categories. */
export const averageRecall = (arrays: CocoArrays, part: Part = {}): number | null =>
  mean(cells(arrays, arrays.recall, part));

/** The figures COCO prints. */
export function statsOf<T extends CocoType>(type: T, arrays: CocoArrays): CocoStats<T> {
  const names: readonly string[] = type === 'keypoints' ? KEYPOINT_FIGURES : BOX_FIGURES;
  const figure = (name: string) => {
    const [, kind, rest = ''] = /^(AP|AR)(.*)$/.exec(name)!;
    const area = arrays.areas.indexOf(rest);
    const part: Part = {
      ...(rest === '50' && { t: IOU_50 }),
      ...(rest === '75' && { t: IOU_75 }),
      ...(area > 0 && { a: area }),
      ...(rest === '1' && { m: 0 }),
      ...(rest === '10' && { m: 1 }),
    };
    return kind === 'AP' ? averagePrecision(arrays, part) : averageRecall(arrays, part);
  };
  return Object.fromEntries(names.map((name) => [name, figure(name)])) as CocoStats<T>;
}

/** Precision over recall, of a category or averaged over all of them; null without truths. */
export function curvesOf(arrays: CocoArrays, k?: number): CocoCurves | null {
  const curve = (t?: number): CocoCurve => {
    const part = { ...(t !== undefined && { t }), ...(k !== undefined && { k }) };
    const at = (values: Float64Array) =>
      arrays.recallThresholds.map((_, r) => mean(cells(arrays, values, { ...part, r })) ?? 0);
    return { precision: at(arrays.precision), scores: at(arrays.scores) };
  };
  const measured = mean(cells(arrays, arrays.recall, { ...(k !== undefined && { k }) })) !== null;
  return measured ? { iou50: curve(IOU_50), iou75: curve(IOU_75), mean: curve() } : null;
}
