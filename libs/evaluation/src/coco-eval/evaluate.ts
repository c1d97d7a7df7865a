import { setImmediate } from 'node:timers/promises';
import { accumulate, newArrays } from './accumulate.ts';
import { averagePrecision, averageRecall, curvesOf, statsOf } from './figures.ts';
import { groupInput, type Group, type Grouped } from './groups.ts';
import { isIgnored, matchAt, matchScene, newOutcomes, type Outcomes, type Scene } from './match.ts';
import { areasOf, IOU_50, IOU_75, IOU_THRESHOLDS, maxDetectionsOf, type AreaRange } from './protocol.ts';
import { measureOf, type Measure } from './similarity.ts';
import type {
  CocoCategoryFigures,
  CocoEvaluation,
  CocoImageMatches,
  CocoInput,
  CocoMatch,
  CocoOptions,
  CocoType,
} from './types.ts';

/** How long other work may have to wait. */
const SLICE_MS = 20;

interface Images {
  readonly imageId: number;
  readonly matches: CocoMatch[];
  readonly missed: number[];
}
interface Run {
  readonly input: CocoInput;
  readonly grouped: Grouped;
  readonly areas: readonly AreaRange[];
  readonly limit: number;
  readonly keypoints: boolean;
  readonly measure: Measure;
  readonly images: readonly Images[];
  readonly pause: () => Promise<void> | undefined;
}

/**
 * COCO's figures of detections, instance masks or keypoints: the numbers of pycocotools. Lets other work in between,
 * some 50 times a second.
 * @param input pictures, categories, what is there and what was found
 * @param options what is compared: the IoU of boxes or masks, or keypoints by OKS
 * @throws TypeError when a truth or prediction lacks the box, mask or keypoints that are measured
 * @throws RangeError when a score is not finite, a mask is broken or of another size, or keypoints do not fit the sigmas
 * @throws the reason of options.signal when that is aborted
 * @example (await evaluateCoco({ imageIds, categories, truths, predictions }, { type: 'bbox' })).stats.AP50
 */
export async function evaluateCoco<T extends CocoType>(
  input: CocoInput,
  options: CocoOptions<T>,
): Promise<CocoEvaluation<T>> {
  const { type, useCategories = true, maxDetections, sigmas, signal, onProgress } = options;
  if (maxDetections !== undefined && !(Number.isInteger(maxDetections) && maxDetections > 0))
    throw new RangeError(`options.maxDetections must be a positive integer, got ${maxDetections}`);
  const bad = input.predictions.findIndex(({ score }) => !Number.isFinite(score));
  if (bad >= 0)
    throw new RangeError(
      `predictions[${bad}].score must be a finite number, got ${input.predictions[bad]!.score}`,
    );

  const grouped = groupInput(input, useCategories);
  const areas = areasOf(type);
  const limits = maxDetectionsOf(type, maxDetections);
  const arrays = newArrays({
    categoryIds: useCategories ? grouped.categories.map(({ id }) => id) : [-1],
    areas: areas.map(({ name }) => name),
    maxDetections: limits,
  });
  const run: Run = {
    ...{ input, grouped, areas },
    limit: limits.at(-1)!,
    keypoints: type === 'keypoints',
    measure: measureOf(type, sigmas),
    images: grouped.imageIds.map((imageId) => ({ imageId, matches: [], missed: [] })),
    pause: pauser(signal),
  };

  const perCategory: CocoCategoryFigures[] = [];
  for (const [k, group] of grouped.groups.entries()) {
    await run.pause();
    const outcomes = await matchGroup(run, group);
    accumulate(arrays, k, outcomes);
    const category = useCategories ? grouped.categories[k]! : { id: -1, name: 'all' };
    perCategory.push({
      categoryId: category.id,
      name: category.name,
      AP: averagePrecision(arrays, { k }),
      AP50: averagePrecision(arrays, { k, t: IOU_50 }),
      AP75: averagePrecision(arrays, { k, t: IOU_75 }),
      AR: averageRecall(arrays, { k }),
      truths: outcomes.positives[0]!,
      predictions: group.predictions.length,
    });
    onProgress?.((k + 1) / grouped.groups.length);
  }
  return {
    type,
    stats: statsOf(type, arrays),
    perCategory,
    curves: {
      recall: arrays.recallThresholds,
      average: curvesOf(arrays),
      perCategory: perCategory.map(({ categoryId }, k) => ({ categoryId, curves: curvesOf(arrays, k) })),
    },
    images: run.images satisfies readonly CocoImageMatches[],
    arrays,
  };
}

/** Stops when aborted, and gives way to other work when a slice of time is over. */
function pauser(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    signal?.throwIfAborted();
    if (performance.now() - since < SLICE_MS) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}

/** Matches the predictions of a category, picture by picture. */
async function matchGroup(run: Run, group: Group): Promise<Outcomes> {
  const { input, grouped, images } = run;
  const outcomes = newOutcomes(group.predictions.length, run.areas);
  const { truthImages, predictionImages } = grouped;
  let [g, d] = [0, 0];
  while (g < group.truths.length || d < group.predictions.length) {
    const [nextTruth, nextPrediction] = [group.truths[g], group.predictions[d]];
    const image = Math.min(
      nextTruth === undefined ? Infinity : truthImages[nextTruth]!,
      nextPrediction === undefined ? Infinity : predictionImages[nextPrediction]!,
    );
    const [truthsFrom, predictionsFrom] = [g, d];
    while (g < group.truths.length && truthImages[group.truths[g]!] === image) g++;
    while (d < group.predictions.length && predictionImages[group.predictions[d]!] === image) d++;

    const truths = Array.from(group.truths.subarray(truthsFrom, g), (i) => input.truths[i]!);
    const { predictions } = input;
    const indices = Array.from(group.predictions.subarray(predictionsFrom, d))
      .sort((a, b) => predictions[b]!.score - predictions[a]!.score)
      .slice(0, run.limit);
    const best = indices.map((i) => predictions[i]!);
    const scene: Scene = {
      truths,
      ignored: truths.map((truth) => isIgnored(truth, run.keypoints)),
      scores: best.map(({ score }) => score),
      similarity: run.measure(best, truths),
    };
    note(scene, indices, images[image]!);
    run.areas.forEach((range, area) => {
      matchScene(scene, range, { outcomes, area });
    });
    outcomes.scores.set(scene.scores, outcomes.count);
    indices.forEach((_, rank) => (outcomes.ranks[outcomes.count + rank] = rank));
    outcomes.count += indices.length;
    const pause = run.pause();
    if (pause) await pause;
  }
  return outcomes;
}

/** Keeps what a reader wants to see of a picture: the matches at IoU 0.5 whatever the size. */
function note(scene: Scene, indices: readonly number[], image: Images): void {
  const { truths, ignored, similarity } = scene;
  const order = [...truths.keys()].sort((a, b) => Number(ignored[a]) - Number(ignored[b]));
  const matches = matchAt(IOU_THRESHOLDS[IOU_50]!, { ...scene, order });
  indices.forEach((prediction, d) => {
    const g = matches[d]!;
    image.matches.push(
      g < 0
        ? { prediction, truth: null, iou: 0, ignored: false }
        : {
            prediction,
            truth: truths[g]!.id,
            iou: similarity.values[d * truths.length + g]!,
            ignored: ignored[g]!,
          },
    );
  });
  const found = new Set(matches);
  truths.forEach((truth, g) => {
    if (!ignored[g] && !found.has(g)) image.missed.push(truth.id);
  });
}
