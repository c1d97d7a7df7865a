import { VisionError, type ResultOf, type Rle, type RunEnvelope } from '@fovea/contracts';
import {
  detectionCalibration,
  evaluateCoco,
  type CocoInput,
  type CocoPrediction,
  type CocoTruth,
  type Dataset,
  type DatasetCategory,
  type DatasetTruth,
} from '@fovea/evaluation';
import { maskFromRuns } from '@fovea/geometry';
import { matchCategories, someNames, wrongCategories, type CategoryMatch } from './categories.ts';
import {
  cocoClasses,
  cocoCurves,
  cocoFigures,
  detectionConfusion,
  outcomeNote,
  pictureOutcomes,
  worstOutcomes,
} from './coco-report.ts';
import {
  calibrationReport,
  checkSize,
  DRAWN_SCORE,
  WORST,
  type Measure,
  type MeasureOptions,
  type Measured,
} from './measure.ts';
import { vocFigures } from './voc-report.ts';

/** An object of a result. */
export type Item = ResultOf<'boxes'>['items'][number];
/** Class, score, x, y, width, height; the run lengths of the mask. */
type KeptItem = readonly [number, number, number, number, number, number, string?];
interface Kept {
  readonly items: readonly KeptItem[];
  /** Height and width of the masks. */
  readonly size?: readonly [number, number];
}

/** Boxes: COCO AP and AR, and the mAP of Pascal VOC for data sets in its format. */
export const measureDetection = (options: MeasureOptions): Measure => measureObjects(options, 'bbox');

/** Boxes or masks of the classes that model and data set share. */
export function measureObjects(options: MeasureOptions, type: 'bbox' | 'segm'): Measure {
  const { dataset, classes, model } = options;
  needTruths(dataset, type === 'bbox' ? 'boxes' : 'masks');
  const match = matchCategories(dataset.categories, classes);
  if (match.classOf.size === 0) throw wrongCategories(model, match.unmatched, classes);
  return {
    metric: `COCO ${type}`,
    keep: (image, { envelope }) => {
      if (type === 'segm') checkSize(image, Object.values(envelope.inputs)[0] ?? {});
      return keepItems(envelope, type);
    },
    measure: (kept) => measureKept(options, { type, match, kept: kept as ReadonlyMap<number, Kept> }),
  };
}

/** @throws INVALID_PARAMETER where the data set has nothing of the kind */
export function needTruths({ name, has }: Dataset, what: 'boxes' | 'masks' | 'keypoints' | 'labels'): void {
  if (has[what]) return;
  const names = { boxes: 'boxes', masks: 'masks', keypoints: 'keypoints', labels: 'one class per picture' };
  throw new VisionError('INVALID_PARAMETER', `the data set ${name} has no ${names[what]}`, {
    hint: 'Choose a task that its annotations fit, or another data set.',
  });
}

/** Thousandths of a pixel, nine digits of a score: what a float32 holds. */
const pixels = (value: number): number => Math.round(value * 1000) / 1000;
const digits = (score: number): number => Number(score.toPrecision(9));

function keepItems({ result, inputs }: RunEnvelope, type: 'bbox' | 'segm'): Kept {
  const { items } = result as ResultOf<'boxes'>;
  const { width = 0, height = 0 } = Object.values(inputs)[0] ?? {};
  return {
    items: items.map(({ classId, score, box, mask }) => [
      classId,
      digits(score),
      pixels(box.x),
      pixels(box.y),
      pixels(box.width),
      pixels(box.height),
      ...(mask ? [mask.counts] : []),
    ]) as unknown as KeptItem[],
    ...(type === 'segm' ? { size: [height, width] } : {}),
  };
}

interface KeptOptions {
  readonly type: 'bbox' | 'segm';
  readonly match: CategoryMatch;
  readonly kept: ReadonlyMap<number, Kept>;
}

async function measureKept(
  { dataset, truths }: MeasureOptions,
  { type, match, kept }: KeptOptions,
): Promise<Measured> {
  const categories = dataset.categories.filter(({ id }) => match.classOf.has(id));
  const input: CocoInput = {
    imageIds: dataset.images.map(({ id }) => id),
    categories,
    truths: dataset.truths.filter(isObject),
    predictions: [...kept].flatMap(([imageId, each]) => predictionsOf(imageId, each, match)),
  };
  const evaluation = await evaluateCoco(input, { type });
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  const outcomes = pictureOutcomes(evaluation, input).filter(({ imageId }) => kept.has(imageId));
  return {
    figures: [
      ...cocoFigures(evaluation),
      ...(dataset.format === 'voc' && type === 'bbox' ? vocFigures(input) : []),
      ...leftOut(match.unmatched),
    ],
    perClass: cocoClasses(evaluation, (id) => match.classOf.get(id)?.index ?? 0),
    curves: cocoCurves(evaluation, type === 'bbox' ? 'IoU' : 'mask IoU'),
    confusion: detectionConfusion(input),
    calibration: type === 'bbox' ? calibrationReport(detectionCalibration(input)) : null,
    worst: worstOutcomes(outcomes, WORST).map((outcome) => ({
      imageId: outcome.imageId,
      score: outcome.f1,
      note: outcomeNote(outcome, (id) => names.get(id) ?? String(id)),
      truth: truthBoxes(truths.get(outcome.imageId) ?? [], { match, names, masks: type === 'segm' }),
      prediction: drawnBoxes(kept.get(outcome.imageId), { match, names }),
    })),
  };
}

const isObject = (truth: DatasetTruth): truth is DatasetTruth & CocoTruth =>
  truth.box !== undefined && truth.area !== undefined;

function predictionsOf(
  imageId: number,
  { items, size }: Kept,
  { categoryOf }: CategoryMatch,
): CocoPrediction[] {
  return items.flatMap(([classId, score, x, y, width, height, counts]) => {
    const categoryId = categoryOf.get(classId);
    if (categoryId === undefined) return [];
    const box = { x, y, width, height };
    if (!size) return [{ imageId, categoryId, score, box }];
    const [maskHeight, maskWidth] = size;
    // An object whose mask came out empty is a mistake like any other.
    const mask: Rle =
      counts === undefined
        ? maskFromRuns([maskHeight * maskWidth], { width: maskWidth, height: maskHeight })
        : { size: [maskHeight, maskWidth], counts };
    return [{ imageId, categoryId, score, box, mask }];
  });
}

function leftOut(unmatched: readonly DatasetCategory[]) {
  if (unmatched.length === 0) return [];
  const description = `the model does not know them: ${someNames(unmatched.map(({ name }) => name))}`;
  return [{ name: 'classes left out', value: unmatched.length, description }];
}

interface Drawing {
  readonly match: CategoryMatch;
  readonly names: ReadonlyMap<number, string>;
}

/** What was there, as a result: the classes that the model knows, with a score of 1. */
export function truthBoxes(
  truths: readonly DatasetTruth[],
  { match, names, masks }: Drawing & { masks: boolean },
): ResultOf<'boxes'> {
  const items = truths.flatMap(({ categoryId, box, crowd, ...truth }): Item[] => {
    const known = match.classOf.get(categoryId);
    if (!known || !box) return [];
    const name = names.get(categoryId) ?? known.name;
    const mask = masks ? truth.mask : undefined;
    return [
      {
        label: crowd ? `${name} (crowd)` : name,
        classId: known.index,
        score: 1,
        box,
        ...(mask ? { mask } : {}),
      },
    ];
  });
  return { kind: 'boxes', items };
}

function drawnBoxes(kept: Kept | undefined, { match, names }: Drawing): ResultOf<'boxes'> {
  const { items = [], size } = kept ?? {};
  return {
    kind: 'boxes',
    items: items.flatMap(([classId, score, x, y, width, height, counts]): Item[] => {
      const categoryId = match.categoryOf.get(classId);
      if (score < DRAWN_SCORE || categoryId === undefined) return [];
      return [
        {
          label: names.get(categoryId) ?? String(classId),
          classId,
          score,
          box: { x, y, width, height },
          ...(size && counts !== undefined ? { mask: { size: [size[0], size[1]], counts } } : {}),
        },
      ];
    }),
  };
}
