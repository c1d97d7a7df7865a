import type { RunEnvelope } from '@fovea/contracts';
import type { Dataset } from '@fovea/evaluation';
import { describe, expect, it } from 'vitest';
import type { MeasureOptions, PictureRun } from './measure.ts';
import { measureAnswers } from './measure-answers.ts';

const has = { boxes: false, masks: false, keypoints: false, labels: false, captions: false };
const setOf = (questions: Dataset['questions'], pictures = 2): Dataset => ({
  format: 'daquar',
  name: 'tiny',
  folder: '/tiny',
  sha256: 'a'.repeat(64),
  categories: [],
  images: Array.from({ length: pictures }, (_, i) => ({
    id: i + 1,
    name: `${i + 1}.png`,
    source: { file: `/tiny/${i + 1}.png` },
  })),
  truths: [],
  ...(questions ? { questions } : {}),
  has: { ...has, questions: questions !== undefined },
});
const options = (dataset: Dataset): MeasureOptions => ({
  request: {} as MeasureOptions['request'],
  dataset,
  truths: new Map(),
  classes: [],
  model: 'tiny',
  defaults: { minConfidence: 0.2 },
});
const answer = (text: string, score: number, answered = true) => ({ text, score, answered });
const named = (figures: readonly { name: string; value: number | null }[]) =>
  Object.fromEntries(figures.map(({ name, value }) => [name, value]));

const questions = [
  { imageId: 1, text: 'what is on the floor?', answers: ['table, chair'] },
  { imageId: 1, text: 'how many chairs are there?', answers: ['2'] },
  { imageId: 2, text: 'what color is the wall?', answers: ['red'] },
  { imageId: 2, text: 'what color is the door?', answers: ['white'] },
];

describe('measureAnswers', () => {
  it('counts sets, numbers and types', async () => {
    const measure = measureAnswers(options(setOf(questions)));
    const { figures, perClass, worst, curves } = await measure.measure(
      new Map([
        [1, [answer('chair', 0.9), answer('two', 0.6)]],
        // One is unsure, which is never right, and has no say in the calibration.
        [2, [answer('red', 0.1), answer('I do not know', 0.8, false)]],
      ]),
    );
    expect(named(figures)).toMatchObject({
      accuracy: 0.5,
      'one of several': 0.75,
      'accuracy, number': 1,
      'accuracy, colour': 0.5,
      'accuracy, what': 0,
      'coverage at 0.2': 0.5,
      'accuracy at 0.2': 0.5,
    });
    // Half the questions count 1, unsure 0; chair is near table, below 0.9.
    const far = named(figures)['WUPS@0.9'] as number;
    expect(far).toBeGreaterThan(0.5);
    expect(far).toBeLessThan(named(figures)['WUPS@0.0'] as number);
    expect(perClass.map(({ label, truths, predictions }) => [label, truths, predictions])).toEqual([
      ['number', 1, 1],
      ['colour', 2, 1],
      ['what', 1, 1],
    ]);
    // The surest is wrong, then one of two, then two of three, of four questions.
    expect(curves[0]?.points).toEqual([
      [0.25, 0],
      [0.5, 0.5],
      [0.75, 0.6667],
    ]);
    expect(worst.map(({ imageId, score, note }) => [imageId, score, note])).toEqual([
      [1, 0.5, '“what is on the floor?” – “chair”, people say “table, chair”; 1 of 2 right'],
      [2, 0.5, '“what color is the door?” – “I do not know”, people say “white”; 1 of 2 right'],
    ]);
  });

  it('averages over people where there are several', async () => {
    const people = [{ imageId: 1, text: 'what is it?', answers: ['dog', 'dog', 'dog', 'cat'] }];
    const { figures } = await measureAnswers(options(setOf(people, 1))).measure(
      new Map([[1, [answer('a dog', 0.9)]]]),
    );
    // Three of four: without one of them two of three agree, without the other one all three.
    expect(named(figures)['accuracy']).toBeCloseTo((3 * (2 / 3) + 1) / 4, 12);
  });

  it('counts a picture that failed as wrong, in the coverage too', async () => {
    const { figures, worst } = await measureAnswers(options(setOf(questions))).measure(
      new Map([[2, [answer('red', 0.9), answer('white', 0.9)]]]),
    );
    expect(named(figures)).toMatchObject({ accuracy: 0.5, 'coverage at 0.2': 0.5, 'accuracy at 0.2': 1 });
    expect(worst).toEqual([]);
  });

  it('asks twenty questions a run, and the rest in further ones', async () => {
    const many = Array.from({ length: 45 }, (_, i) => ({
      imageId: 1,
      text: `what is number ${i}?`,
      answers: ['x'],
    }));
    const measure = measureAnswers(options(setOf(many, 2)));
    const [image, unasked] = setOf(many, 2).images;
    expect(measure.paramsOf?.(unasked!)).toBeNull();
    const envelope = (texts: readonly string[]) =>
      ({
        result: { kind: 'text', answers: texts.map((text) => ({ text, score: 1, status: 'answered' })) },
      }) as unknown as RunEnvelope;
    const asked = measure.paramsOf?.(image!)?.['questions'] as string[];
    const kept = await measure.keep(image!, {
      envelope: envelope(asked),
      also: {
        again: (params: { questions: string[] }) => Promise.resolve(envelope(params.questions)),
      },
    } as unknown as PictureRun);
    expect(asked).toHaveLength(20);
    expect((kept as { text: string }[]).map(({ text }) => text)).toEqual(many.map(({ text }) => text));
  });

  it('refuses a data set without questions', () =>
    expect(() => measureAnswers(options(setOf(undefined)))).toThrow(/has no questions/));
});
