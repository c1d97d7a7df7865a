import type { ClassFigures, Confusion, Curve, Figure } from '@fovea/contracts';
import { detectionMatrix, type CocoCurve, type CocoEvaluation, type CocoInput } from '@fovea/evaluation';
import { DRAWN_SCORE, rounded } from './measure.ts';

/** What the figures of the COCO evaluation mean. */
const MEANINGS: Readonly<Record<string, string>> = {
  AP: 'average precision, mean over the overlaps 0.5, 0.55 … 0.95',
  AP50: 'average precision at overlap 0.5',
  AP75: 'average precision at overlap 0.75',
  APsmall: 'objects below 32² pixels',
  APmedium: 'objects of 32² to 96² pixels',
  APlarge: 'objects above 96² pixels',
  AR: 'average recall, mean over the overlaps',
  AR1: 'average recall with one object per picture and class',
  AR10: 'average recall with ten objects per picture and class',
  AR100: 'average recall with a hundred objects per picture and class',
  AR50: 'recall at overlap 0.5',
  AR75: 'recall at overlap 0.75',
  ARsmall: 'objects below 32² pixels',
  ARmedium: 'objects of 32² to 96² pixels',
  ARlarge: 'objects above 96² pixels',
};

export const cocoFigures = (evaluation: CocoEvaluation): Figure[] =>
  Object.entries(evaluation.stats as Record<string, number | null>).map(([name, value]) => ({
    name,
    value,
    ...(MEANINGS[name] ? { description: MEANINGS[name] } : {}),
  }));

/** One line per category; `classOf` gives the number that the model's results use. */
export const cocoClasses = (
  evaluation: CocoEvaluation,
  classOf: (categoryId: number) => number,
): ClassFigures[] =>
  evaluation.perCategory.map(({ categoryId, name, truths, predictions, ...figures }) => ({
    classId: classOf(categoryId),
    label: name,
    truths,
    predictions,
    figures: (['AP', 'AP50', 'AP75', 'AR'] as const).map((figure) => ({
      name: figure,
      value: figures[figure],
    })),
  }));

/** Every second point is enough for a diagram of one class. */
const CLASS_STEP = 2;

/** Precision over recall: averaged, and of every class that has truths. */
export function cocoCurves(evaluation: CocoEvaluation, overlap: string): Curve[] {
  const { recall, average, perCategory } = evaluation.curves;
  const names = new Map(evaluation.perCategory.map(({ categoryId, name }) => [categoryId, name]));
  const line = (label: string | null, name: string, { precision }: CocoCurve): Curve => ({
    name: `precision at ${name}`,
    label,
    x: 'recall',
    y: 'precision',
    points: recall.flatMap((at, i) =>
      label !== null && i % CLASS_STEP > 0
        ? []
        : [[rounded(at), rounded(precision[i] ?? 0)] as [number, number]],
    ),
  });
  return [
    { label: null, curves: average },
    ...perCategory.map(({ categoryId, curves }) => ({
      label: names.get(categoryId) ?? String(categoryId),
      curves,
    })),
  ].flatMap(({ label, curves }) =>
    curves
      ? [
          line(label, `${overlap} 0.5`, curves.iou50),
          line(label, `${overlap} 0.75`, curves.iou75),
          line(label, `${overlap} 0.5 to 0.95`, curves.mean),
        ]
      : [],
  );
}

/** How one picture went: predictions of at least the score that is drawn, overlap 0.5. */
export interface PictureOutcome {
  readonly imageId: number;
  /** F1; null where there was nothing and nothing was found. */
  readonly f1: number | null;
  readonly right: number;
  readonly truths: number;
  /** Category ids. */
  readonly missed: readonly number[];
  readonly wrong: readonly number[];
}

/**
 * The outcome of every picture. Predictions are matched best score first, so that leaving out those of a low score
 * changes no match of the others.
 */
export function pictureOutcomes(evaluation: CocoEvaluation, input: CocoInput): PictureOutcome[] {
  const categoryOf = new Map(input.truths.map(({ id, categoryId }) => [id, categoryId]));
  return evaluation.images.map(({ imageId, matches, missed }) => {
    const wrong: number[] = [];
    const lost = [...missed];
    let right = 0;
    for (const { prediction, truth, ignored } of matches) {
      const { score, categoryId } = input.predictions[prediction]!;
      if (ignored) continue;
      if (score < DRAWN_SCORE) {
        if (truth !== null) lost.push(truth);
      } else if (truth === null) wrong.push(categoryId);
      else right++;
    }
    const all = 2 * right + wrong.length + lost.length;
    return {
      imageId,
      f1: all === 0 ? null : (2 * right) / all,
      right,
      truths: right + lost.length,
      missed: lost.map((id) => categoryOf.get(id) ?? 0),
      wrong,
    };
  });
}

/** Pictures with mistakes, the worst first; of equally bad ones that with more mistakes. */
export const worstOutcomes = (outcomes: readonly PictureOutcome[], count: number): PictureOutcome[] =>
  outcomes
    .filter(({ missed, wrong }) => missed.length + wrong.length > 0)
    .sort(
      (a, b) =>
        (a.f1 ?? 1) - (b.f1 ?? 1) ||
        b.missed.length + b.wrong.length - a.missed.length - a.wrong.length ||
        a.imageId - b.imageId,
    )
    .slice(0, count);

/** `3 of 7 found; missed: person ×3, dog; wrong: cat` */
export function outcomeNote(outcome: PictureOutcome, nameOf: (categoryId: number) => string): string {
  const counted = (ids: readonly number[]) => {
    const counts = new Map<string, number>();
    for (const id of ids) counts.set(nameOf(id), (counts.get(nameOf(id)) ?? 0) + 1);
    return [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([name, count]) => (count > 1 ? `${name} ×${count}` : name))
      .join(', ');
  };
  return [
    `${outcome.right} of ${outcome.truths} found`,
    ...(outcome.missed.length > 0 ? [`missed: ${counted(outcome.missed)}`] : []),
    ...(outcome.wrong.length > 0 ? [`wrong: ${counted(outcome.wrong)}`] : []),
  ].join('; ');
}

/** Which category was taken for which, of predictions of at least the score that is drawn. */
export function detectionConfusion(input: CocoInput): Confusion {
  const { matrix } = detectionMatrix(input, { minScore: DRAWN_SCORE });
  const rows = Array.from({ length: matrix.classes }, (_, row) =>
    Array.from(matrix.counts.subarray(row * matrix.classes, (row + 1) * matrix.classes)),
  );
  return {
    labels: [...input.categories.map(({ name }) => name), 'background'],
    matrix: rows,
    note: `boxes with a score of at least ${DRAWN_SCORE} and an overlap of at least 0.5; background = nothing there, nothing found`,
  };
}
