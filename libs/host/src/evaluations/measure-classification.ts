import {
  VisionError,
  type Calibration,
  type ClassFigures,
  type ClassLabel,
  type Confusion,
  type ResultOf,
} from '@fovea/contracts';
import { calibration, type DatasetTruth } from '@fovea/evaluation';
import { matchCategories, wrongCategories, type CategoryMatch } from './categories.ts';
import {
  calibrationReport,
  mean,
  rounded,
  WORST,
  type Measure,
  type MeasureOptions,
  type Measured,
} from './measure.ts';
import { needTruths } from './measure-detection.ts';

/** Class and probability, the best first. */
type Kept = readonly (readonly [number, number])[];
/** A larger table says nothing to anybody: of more classes only those that were taken for one another are shown. */
const CONFUSION_CLASSES = 100;
const TOP = 5;

/** One class per picture: top-1, top-5, calibration. */
export function measureClassification(options: MeasureOptions): Measure {
  const { dataset, classes, model } = options;
  needTruths(dataset, 'labels');
  const used = new Set(dataset.truths.map(({ categoryId }) => categoryId));
  const match = matchCategories(dataset.categories, classes);
  const unknown = match.unmatched.filter(({ id }) => used.has(id));
  if (unknown.length > 0) throw wrongCategories(model, unknown, classes);
  return {
    metric: 'top-k',
    keep: (_image, { envelope }) =>
      (envelope.result as ResultOf<'labels'>).labels.map(({ classId, score }) => [classId, score]),
    measure: (kept) =>
      Promise.resolve(measureKept(options, { match, kept: kept as ReadonlyMap<number, Kept> })),
  };
}

/** A picture and what was said of it; nothing where it could not be run. */
interface Judged {
  readonly imageId: number;
  /** The model's number. */
  readonly truth: number;
  readonly found: Kept;
  /** From 0; -1 where it is not among the answers. */
  readonly rank: number;
}

function measureKept(
  { request, dataset, truths, classes }: MeasureOptions,
  { match, kept }: { match: CategoryMatch; kept: ReadonlyMap<number, Kept> },
): Measured {
  const names = new Map(classes.map((each) => [each.index, each]));
  const judged = dataset.images.flatMap(({ id }): Judged[] => {
    const truth = classOf(truths.get(id) ?? [], match);
    if (!truth) return [];
    const found = kept.get(id) ?? [];
    return [
      { imageId: id, truth: truth.index, found, rank: found.findIndex(([each]) => each === truth.index) },
    ];
  });
  const answers = Number(request.params?.['topK'] ?? TOP);
  // Nobody knows what the fifth answer would have been where fewer were asked for.
  const top = (k: number, of: readonly Judged[] = judged) =>
    k > answers ? null : mean(of.map(({ rank }) => Number(rank >= 0 && rank < k)));
  const calibrated = calibrationOf(judged);
  return {
    figures: [
      { name: 'top-1', value: top(1), description: 'the best answer is right' },
      { name: 'top-5', value: top(TOP), description: 'the right one is among the five best' },
      {
        name: 'ECE',
        value: calibrated.ece,
        description: 'how far confidence and accuracy lie apart, 15 bins',
      },
    ],
    perClass: perClass(judged, names, top),
    curves: [],
    confusion: confusionOf(judged, names),
    calibration: calibrated,
    worst: worstPictures(judged, names),
  };
}

/** Of the best answers; a picture that could not be run has none. */
function calibrationOf(judged: readonly Judged[]): Calibration {
  const answers = judged.flatMap(({ found, rank }) =>
    found[0] ? [{ confidence: Math.min(1, found[0][1]), correct: rank === 0 }] : [],
  );
  return calibrationReport(calibration(answers));
}

/** @throws INVALID_PARAMETER for a picture with several labels: top-1 has no meaning there */
function classOf(truths: readonly DatasetTruth[], { classOf: known }: CategoryMatch): ClassLabel | undefined {
  const labels = new Set(truths.map(({ categoryId }) => categoryId));
  if (labels.size > 1)
    throw new VisionError('INVALID_PARAMETER', 'a picture of the data set has more than one label');
  const [label] = labels;
  return label === undefined ? undefined : known.get(label);
}

type Names = ReadonlyMap<number, ClassLabel>;
const nameOf = (names: Names, classId: number): string => names.get(classId)?.name ?? String(classId);

function perClass(
  judged: readonly Judged[],
  names: Names,
  top: (k: number, of: readonly Judged[]) => number | null,
): ClassFigures[] {
  return [...new Set(judged.map(({ truth }) => truth))]
    .sort((a, b) => a - b)
    .map((classId) => {
      const own = judged.filter(({ truth }) => truth === classId);
      const found = judged.filter((each) => each.found[0]?.[0] === classId);
      return {
        classId,
        label: nameOf(names, classId),
        truths: own.length,
        predictions: found.length,
        figures: [
          { name: 'top-1', value: top(1, own) },
          { name: 'top-5', value: top(TOP, own) },
          { name: 'precision', value: mean(found.map(({ rank }) => Number(rank === 0))) },
        ],
      };
    });
}

/** The classes that are there, those that were wrongly answered most, and a last one for all others. */
function confusionOf(judged: readonly Judged[], names: Names): Confusion {
  const mistakes = new Map<number, number>();
  for (const { truth, found, rank } of judged)
    if (rank !== 0)
      for (const each of [truth, found[0]?.[0] ?? truth]) mistakes.set(each, (mistakes.get(each) ?? 0) + 1);
  const all = new Set(judged.flatMap(({ truth, found }) => [truth, found[0]?.[0] ?? truth]));
  const shown = [...all]
    .sort((a, b) => (mistakes.get(b) ?? 0) - (mistakes.get(a) ?? 0) || a - b)
    .slice(0, CONFUSION_CLASSES)
    .sort((a, b) => a - b);
  const index = new Map(shown.map((classId, i) => [classId, i]));
  const others = shown.length;
  const matrix = Array.from({ length: others + 1 }, () => new Array<number>(others + 1).fill(0));
  for (const { truth, found } of judged) {
    const answer = found[0]?.[0];
    matrix[index.get(truth) ?? others]![(answer === undefined ? undefined : index.get(answer)) ?? others]!++;
  }
  return {
    labels: [...shown.map((classId) => nameOf(names, classId)), 'others'],
    matrix,
    note:
      all.size > shown.length
        ? `the ${shown.length} of ${all.size} classes with the most mistakes; others = all the rest, and no answer`
        : 'others = no answer',
  };
}

/** Wrong answers, the most confident first. */
function worstPictures(judged: readonly Judged[], names: Names): Measured['worst'] {
  return judged
    .filter(({ rank, found }) => rank !== 0 && found.length > 0)
    .sort((a, b) => (b.found[0]?.[1] ?? 0) - (a.found[0]?.[1] ?? 0) || a.imageId - b.imageId)
    .slice(0, WORST)
    .map(({ imageId, truth, found, rank }) => {
      const labelOf = (classId: number, score: number) => {
        const known = names.get(classId);
        return {
          label: nameOf(names, classId),
          classId,
          ...(known?.wnid ? { wnid: known.wnid } : {}),
          score,
        };
      };
      const [best = truth, confidence = 0] = found[0] ?? [];
      const own = rank < 0 ? 'not among the answers' : `answer ${rank + 1}`;
      return {
        imageId,
        score: rounded(1 - confidence),
        note: `${nameOf(names, truth)} taken for ${nameOf(names, best)} (${(confidence * 100).toFixed(0)} %); the right one is ${own}`,
        truth: { kind: 'labels', labels: [labelOf(truth, 1)] },
        prediction: { kind: 'labels', labels: found.map(([classId, score]) => labelOf(classId, score)) },
      };
    });
}
