import { VisionError, type ResultOf } from '@fovea/contracts';
import {
  evaluateCoco,
  type CocoInput,
  type CocoTruth,
  type DatasetCategory,
  type DatasetTruth,
} from '@fovea/evaluation';
import {
  cocoClasses,
  cocoCurves,
  cocoFigures,
  outcomeNote,
  pictureOutcomes,
  worstOutcomes,
} from './coco-report.ts';
import { DRAWN_SCORE, rounded, WORST, type Measure, type MeasureOptions, type Measured } from './measure.ts';
import { needTruths } from './measure-detection.ts';

type Pose = ResultOf<'keypoints'>['items'][number];
/** Score, x, y, width, height of the box; x, y, score of every keypoint in turn. */
interface Kept {
  readonly people: readonly (readonly number[])[];
}
const BOX_NUMBERS = 5;

/** People: AP and AR by the likeness of keypoints (OKS), as COCO defines it. */
export function measurePose(options: MeasureOptions): Measure {
  const { dataset } = options;
  needTruths(dataset, 'keypoints');
  const person = dataset.categories.find(({ keypoints }) => keypoints?.length);
  if (!person?.keypoints)
    throw new VisionError('INVALID_PARAMETER', `the data set ${dataset.name} does not name its keypoints`);
  const names = person.keypoints;
  return {
    metric: 'COCO keypoints',
    keep: (_image, { envelope }) => keepPeople(envelope.result as ResultOf<'keypoints'>, names),
    measure: (kept) => measureKept(options, { person, names, kept: kept as ReadonlyMap<number, Kept> }),
  };
}

/** @throws INVALID_PARAMETER where the model finds other keypoints than the data set has */
function keepPeople({ items }: ResultOf<'keypoints'>, names: readonly string[]): Kept {
  for (const { keypoints } of items)
    if (
      keypoints.length !== names.length ||
      keypoints.some(({ name }, i) => plain(name) !== plain(names[i] ?? ''))
    )
      throw new VisionError('INVALID_PARAMETER', 'the model finds other keypoints than the data set has', {
        hint: `The data set has ${names.join(', ')}; the model ${keypoints.map(({ name }) => name).join(', ')}.`,
      });
  return {
    people: items.map(({ score, box, keypoints }) => [
      Number(score.toPrecision(9)),
      ...[box.x, box.y, box.width, box.height].map(pixels),
      ...keypoints.flatMap((point) => [pixels(point.x), pixels(point.y), rounded(point.score)]),
    ]),
  };
}
const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]+/g, '');
/** Thousandths of a pixel. */
const pixels = (value: number): number => Math.round(value * 1000) / 1000;

async function measureKept(
  { dataset, truths }: MeasureOptions,
  {
    person,
    names,
    kept,
  }: { person: DatasetCategory; names: readonly string[]; kept: ReadonlyMap<number, Kept> },
): Promise<Measured> {
  const input: CocoInput = {
    imageIds: dataset.images.map(({ id }) => id),
    categories: [person],
    truths: dataset.truths.filter(isPerson),
    predictions: [...kept].flatMap(([imageId, { people }]) =>
      people.map(([score = 0, x = 0, y = 0, width = 0, height = 0, ...keypoints]) => ({
        imageId,
        categoryId: person.id,
        score,
        box: { x, y, width, height },
        keypoints,
      })),
    ),
  };
  const evaluation = await evaluateCoco(input, { type: 'keypoints' });
  const outcomes = pictureOutcomes(evaluation, input).filter(({ imageId }) => kept.has(imageId));
  return {
    figures: cocoFigures(evaluation),
    perClass: cocoClasses(evaluation, () => 0),
    curves: cocoCurves(evaluation, 'OKS'),
    confusion: null,
    calibration: null,
    worst: worstOutcomes(outcomes, WORST).map((outcome) => ({
      imageId: outcome.imageId,
      score: outcome.f1,
      note: outcomeNote(outcome, () => person.name),
      truth: {
        kind: 'keypoints',
        skeleton: 'coco17',
        items: (truths.get(outcome.imageId) ?? []).flatMap((truth) => truePose(truth, names)),
      },
      prediction: {
        kind: 'keypoints',
        skeleton: 'coco17',
        items: (kept.get(outcome.imageId)?.people ?? [])
          .filter(([score = 0]) => score >= DRAWN_SCORE)
          .map((numbers) => poseOf(numbers, names)),
      },
    })),
  };
}

const isPerson = (truth: DatasetTruth): truth is DatasetTruth & CocoTruth =>
  truth.box !== undefined && truth.area !== undefined && truth.keypoints !== undefined;

/** A labelled keypoint has a score of 1, one that is not labelled 0; nobody without labels is drawn. */
function truePose({ box, keypoints = [] }: DatasetTruth, names: readonly string[]): Pose[] {
  const points = names.map((name, i) => ({
    name,
    x: keypoints[i * 3] ?? 0,
    y: keypoints[i * 3 + 1] ?? 0,
    score: (keypoints[i * 3 + 2] ?? 0) > 0 ? 1 : 0,
  }));
  return box && points.some(({ score }) => score > 0) ? [{ score: 1, box, keypoints: points }] : [];
}

function poseOf(numbers: readonly number[], names: readonly string[]): Pose {
  const [score = 0, x = 0, y = 0, width = 0, height = 0] = numbers;
  return {
    score,
    box: { x, y, width, height },
    keypoints: names.map((name, i) => ({
      name,
      x: numbers[BOX_NUMBERS + i * 3] ?? 0,
      y: numbers[BOX_NUMBERS + i * 3 + 1] ?? 0,
      score: numbers[BOX_NUMBERS + i * 3 + 2] ?? 0,
    })),
  };
}
