import { byScore, checkFraction, isIgnored, judge, selectBoxes, type BoxInput } from './matching.ts';

export interface VocOptions {
  /** Overlap from which a prediction is a hit. Default 0.5. */
  readonly iouThreshold?: number;
  /** The area under the whole curve (VOC 2010 on) or the mean at 11 recalls (VOC 2007). Default area. */
  readonly method?: 'area' | '11-point';
}

export interface VocCategory {
  readonly id: number;
  readonly name: string;
  /** NaN where there is nothing to find. */
  readonly ap: number;
  /** Objects to find: neither difficult nor crowds. */
  readonly objects: number;
  /** After every prediction that counts, the highest score first. */
  readonly precision: readonly number[];
  readonly recall: readonly number[];
}

export interface VocFigures {
  /** The mean over the categories with objects; NaN without any. */
  readonly map: number;
  readonly categories: readonly VocCategory[];
}

/**
 * Mean average precision as the PASCAL VOC challenge measures it (Everingham et al., "The Pascal Visual Object Classes
 * (VOC) Challenge", IJCV 2010): finding the same object twice is a mistake, difficult objects (`ignore`) count neither
 * way. The devkit's pixel-counted corners give the same overlaps once boxes are as the VOC reader makes them.
 * @throws RangeError when the threshold is not within 0..1 or a score is not finite; TypeError for a missing box
 * @example vocMap({ imageIds, categories, truths, predictions }).map;
 */
export function vocMap(input: BoxInput, options: VocOptions = {}): VocFigures {
  const { iouThreshold = 0.5, method = 'area' } = options;
  checkFraction(iouThreshold, 'iouThreshold');
  const { truths, predictions } = selectBoxes(input);
  const categories = input.categories.map(({ id, name }): VocCategory => {
    const wanted = truths.filter(({ categoryId }) => categoryId === id);
    const found = byScore(predictions.filter(({ categoryId }) => categoryId === id));
    const objects = wanted.filter((truth) => !isIgnored(truth)).length;
    const precision: number[] = [];
    const recall: number[] = [];
    let hits = 0;
    for (const verdict of judge(found, wanted, iouThreshold)) {
      if (verdict === 'ignored') continue;
      if (verdict === 'hit') hits++;
      precision.push(hits / (precision.length + 1));
      recall.push(objects === 0 ? 0 : hits / objects);
    }
    const measure = method === 'area' ? areaUnder : meanAt11;
    return { id, name, ap: objects === 0 ? NaN : measure(precision, recall), objects, precision, recall };
  });
  const measured = categories.filter(({ objects }) => objects > 0);
  return { map: measured.reduce((sum, { ap }) => sum + ap, 0) / measured.length, categories };
}

/** The area under the curve, each precision raised to the highest at that recall or beyond. */
function areaUnder(precision: readonly number[], recall: readonly number[]): number {
  let [area, highest] = [0, 0];
  for (let i = precision.length - 1; i >= 0; i--) {
    highest = Math.max(highest, precision[i]!);
    area += (recall[i]! - (recall[i - 1] ?? 0)) * highest;
  }
  return area;
}

/** The mean of the highest precisions at recall 0, 0.1, …, 1 or beyond. */
function meanAt11(precision: readonly number[], recall: readonly number[]): number {
  let sum = 0;
  for (let step = 0; step <= 10; step++)
    sum += precision.reduce((best, value, i) => (recall[i]! >= step / 10 ? Math.max(best, value) : best), 0);
  return sum / 11;
}
