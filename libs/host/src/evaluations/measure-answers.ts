import { VisionError, type ClassFigures, type Curve, type Figure, type ResultOf } from '@fovea/contracts';
import {
  calibration,
  isSameSet,
  namesOne,
  openAccuracy,
  QUESTION_TYPES,
  questionType,
  wups,
  type DatasetQuestion,
  type QuestionType,
} from '@fovea/evaluation';
import {
  calibrationReport,
  mean,
  rounded,
  WORST,
  type Measure,
  type MeasureOptions,
  type Measured,
} from './measure.ts';
import { textResult } from './measure-captions.ts';

/** Questions of one run: as many as the task takes (apps/language). */
const ASKED_AT_ONCE = 20;

/** What is kept of a picture: the answer to each of its questions, in their order. */
type Kept = readonly { readonly text: string; readonly score: number; readonly answered: boolean }[];

/** A question and how good its answer is; of a picture that could not be run nothing is right. */
interface Judged {
  readonly question: DatasetQuestion;
  readonly type: QuestionType;
  readonly answer: Kept[number] | undefined;
  readonly accuracy: number;
  readonly namesOne: number;
  readonly wups: readonly number[];
}

/** Of WUPS: what lies below counts a tenth. */
const THRESHOLDS = [0.9, 0];

/**
 * Answers against people's: accuracy, overall and by what is asked, WUPS, calibration, and what a floor of the confidence
 * keeps. The plan asks without look for premises and without floor, so that every question has an answer to be measured.
 * @throws INVALID_PARAMETER where the data set has no questions
 */
export function measureAnswers(options: MeasureOptions): Measure {
  const { dataset } = options;
  if (!dataset.has.questions)
    throw new VisionError('INVALID_PARAMETER', `the data set ${dataset.name} has no questions`, {
      hint: 'Take daquar:<folder>.',
    });
  const asked = new Map<number, DatasetQuestion[]>();
  for (const question of dataset.questions ?? [])
    asked.set(question.imageId, [...(asked.get(question.imageId) ?? []), question]);
  const textsOf = (imageId: number) => (asked.get(imageId) ?? []).map(({ text }) => text);
  return {
    metric: 'VQA',
    paramsOf: ({ id }) => {
      const questions = textsOf(id).slice(0, ASKED_AT_ONCE);
      return questions.length === 0 ? null : { questions };
    },
    async keep({ id }, { envelope, also }): Promise<Kept> {
      const texts = textsOf(id);
      const envelopes = [envelope];
      for (let at = ASKED_AT_ONCE; at < texts.length; at += ASKED_AT_ONCE)
        envelopes.push(await also.again({ questions: texts.slice(at, at + ASKED_AT_ONCE) }));
      return envelopes.flatMap(({ result }) =>
        ((result as ResultOf<'text'>).answers ?? []).map(({ text, score, status }) => ({
          text,
          score,
          answered: status === 'answered',
        })),
      );
    },
    measure: (kept) => {
      const steps = kept as ReadonlyMap<number, Kept>;
      const judged = [...asked].flatMap(([imageId, questions]) =>
        questions.map((question, at) => judge(question, steps.get(imageId)?.[at])),
      );
      return Promise.resolve(measured(options, judged));
    },
  };
}

function judge(question: DatasetQuestion, answer: Kept[number] | undefined): Judged {
  const { answers: people } = question;
  const said = answer?.answered ? answer.text : '';
  const byPeople = (value: (truth: string) => number) => mean(people.map(value)) ?? 0;
  return {
    question,
    type: questionType(question.text),
    answer,
    // One truth may name several things; of many people's answers each is one.
    accuracy: people.length === 1 ? Number(isSameSet(said, people[0]!)) : openAccuracy(said, people),
    namesOne: Math.max(...people.map((truth) => Number(namesOne(said, truth)))),
    wups: THRESHOLDS.map((threshold) => byPeople((truth) => wups(said, truth, { threshold }))),
  };
}

function measured({ defaults }: MeasureOptions, judged: readonly Judged[]): Measured {
  const accuracy = (of: readonly Judged[]) => mean(of.map((each) => each.accuracy));
  const types = QUESTION_TYPES.map((type) => ({
    type,
    own: judged.filter((each) => each.type === type),
  })).filter(({ own }) => own.length > 0);
  const answered = judged.flatMap(({ answer, accuracy: value }) =>
    answer?.answered
      ? [{ confidence: Math.min(1, answer.score), accuracy: value, correct: value >= 0.5 }]
      : [],
  );
  const calibrated = calibrationReport(calibration(answered));
  const floor = defaults?.['minConfidence'];
  const figures: Figure[] = [
    {
      name: 'accuracy',
      value: accuracy(judged),
      description: 'everything that people named, and nothing else',
    },
    ...THRESHOLDS.map((threshold, at) => ({
      name: `WUPS@${threshold.toFixed(1)}`,
      value: mean(judged.map((each) => each.wups[at]!)),
      description: 'how near the meanings are in WordNet 3.1',
    })),
    {
      name: 'one of several',
      value: mean(judged.map((each) => each.namesOne)),
      description: 'accuracy where one of the things named is enough',
    },
    ...types.map(({ type, own }) => ({
      name: `accuracy, ${type}`,
      value: accuracy(own),
      description: own.length === 1 ? '1 question' : `${own.length} questions`,
    })),
    { name: 'ECE', value: calibrated.ece, description: 'how far confidence and accuracy lie apart, 15 bins' },
  ];
  if (typeof floor === 'number') {
    const kept = answered.filter(({ confidence }) => confidence >= floor);
    figures.push(
      {
        name: `coverage at ${floor}`,
        value: judged.length === 0 ? null : kept.length / judged.length,
        description: 'answered with minConfidence as it is by default',
      },
      {
        name: `accuracy at ${floor}`,
        value: mean(kept.map((each) => each.accuracy)),
        description: 'of what is answered then',
      },
    );
  }
  return {
    figures,
    perClass: types.map(({ type, own }, classId) => classFigures(type, own, classId)),
    curves: [coverageCurve(answered, judged.length)],
    confusion: null,
    calibration: calibrated,
    worst: worstPictures(judged),
  };
}

function classFigures(label: QuestionType, own: readonly Judged[], classId: number): ClassFigures {
  return {
    classId,
    label,
    truths: own.length,
    predictions: own.filter(({ answer }) => answer?.answered).length,
    figures: [
      { name: 'accuracy', value: mean(own.map((each) => each.accuracy)) },
      ...THRESHOLDS.map((threshold, at) => ({
        name: `WUPS@${threshold.toFixed(1)}`,
        value: mean(own.map((each) => each.wups[at]!)),
      })),
    ],
  };
}

/** How right the surest answers are, over how many of the questions they are; at most a hundred points. */
function coverageCurve(
  answered: readonly { readonly confidence: number; readonly accuracy: number }[],
  questions: number,
): Curve {
  const sorted = answered.toSorted((a, b) => b.confidence - a.confidence);
  const step = Math.max(1, Math.ceil(sorted.length / 100));
  const points: [number, number][] = [];
  let right = 0;
  for (const [at, each] of sorted.entries()) {
    right += each.accuracy;
    const count = at + 1;
    // Answers as sure as the next one are kept or left out together.
    const isStep = count === sorted.length || sorted[count]!.confidence < each.confidence;
    if (isStep && (count % step === 0 || count === sorted.length))
      points.push([rounded(count / questions), rounded(right / count)]);
  }
  return { name: 'accuracy of the surest', label: null, x: 'coverage', y: 'accuracy', points };
}

/** By the share of their questions that went wrong, the surest wrong answers first. */
function worstPictures(judged: readonly Judged[]): Measured['worst'] {
  const pictures = new Map<number, Judged[]>();
  for (const each of judged)
    if (each.answer)
      pictures.set(each.question.imageId, [...(pictures.get(each.question.imageId) ?? []), each]);
  return [...pictures]
    .map(([imageId, own]) => {
      const wrong = own.filter(({ accuracy }) => accuracy < 1);
      return {
        imageId,
        own,
        surest: wrong.toSorted((a, b) => b.answer!.score - a.answer!.score)[0],
        score: mean(own.map(({ accuracy }) => accuracy)) ?? 0,
      };
    })
    .sort(
      (a, b) =>
        a.score - b.score ||
        (b.surest?.answer?.score ?? 0) - (a.surest?.answer?.score ?? 0) ||
        a.imageId - b.imageId,
    )
    .flatMap(({ imageId, own, surest, score }): Measured['worst'] => {
      if (!surest) return [];
      const { question, answer } = surest;
      const truth = question.answers.join(' / ');
      return [
        {
          imageId,
          score: rounded(score),
          note: `“${question.text}” – “${answer!.text}”, people say “${truth}”; ${own.filter((each) => each.accuracy === 1).length} of ${own.length} right`,
          truth: textResult(truth, 1),
          prediction: textResult(answer!.text, answer!.score),
        },
      ];
    })
    .slice(0, WORST);
}
