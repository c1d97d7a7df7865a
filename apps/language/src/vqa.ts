import { defineApplication, type Picture, type RunContext } from '@fovea/application';
import { VisionError, type Answer } from '@fovea/contracts';
import { answerQuestions, detect, imageFeatures, textStates, type Answers } from '@fovea/stages';
import type { Tensor } from '@fovea/tensor';
import { readQuestion, withArticle, type Question } from '@fovea/text';
import { vqaParams, type VqaParams } from './params.ts';
import { detectedScore, presenceOf, type Presence } from './presence.ts';

/** The model was trained on questions of up to so many tokens (models/weights/vqa/vqa-small.json). */
const MAX_TOKENS = 40;
const UNKNOWN = 'I do not know';
/** Boxes below it say nothing about what is there. */
const DETECTION_SCORE = 0.05;

/**
 * Answers questions about a picture.
 * @example
 * POST /v1/tasks/vqa?question=what%20color%20is%20the%20dog   (a dog in the snow)
 * { "kind": "text", "text": "brown", "score": 0.97, "status": "answered", "answers": [{ "premise": { "thing": "dog", "present": true, … }, … }] }
 */
export const vqa = defineApplication({
  task: 'vqa',
  title: 'Questions',
  description:
    'Answers short English questions about a picture with one of 526 answers, says when it does not know, and when what is asked about is not there.',
  inputs: { image: { media: 'image', min: 1, max: 1 } },
  params: vqaParams,
  models: {
    primary: { choices: answerQuestions.models, description: 'Answers out of a list' },
    // It reads the feature maps of this encoder and of no other.
    encoder: { choices: [imageFeatures.models[0]], description: 'Encodes the picture' },
    text: { choices: textStates.models, description: 'Reads the questions' },
    detector: {
      choices: detect.models,
      description: 'Looks whether what is asked about is there',
      usedWhen: ({ premise, question, questions = [] }: VqaParams) =>
        premise &&
        [question, ...questions].some((text) => text !== undefined && premiseOf(text) !== undefined),
    },
  },
  async run(context, { image }, params) {
    const questions = questionsOf(params);
    const { features } = await context.stage(imageFeatures, image, {}, { role: 'encoder' });
    const nouns = params.premise ? [...new Set(questions.flatMap(({ premise }) => premise?.noun ?? []))] : [];
    const detected = await look(context, image, nouns);
    const unknown = nouns.filter((noun) => detected.get(noun) === undefined);
    const texts = questions.map(({ text }) => text);
    const found = await ask(context, features, [
      ...texts,
      ...unknown.map((noun) => `is there ${withArticle(noun)}?`),
    ]);
    const seen = new Map(
      nouns.map((noun): [string, Presence] => [
        noun,
        presenceOf(detected.get(noun), found[texts.length + unknown.indexOf(noun)]),
      ]),
    );
    const answers = questions.map((question, at) =>
      answerOf(question, found[at] as Answers, { params, seen }),
    );
    const { text, score, status, alternatives } = answers[0] as Answer;
    return { kind: 'text', text, score, status, alternatives, answers };
  },
});

function premiseOf(text: string): Question['premise'] {
  try {
    return readQuestion(text).premise;
  } catch {
    return undefined;
  }
}

/** @throws INVALID_PARAMETER without a question, or with one that has no words */
function questionsOf({ question, questions = [] }: VqaParams): Question[] {
  const asked = [
    ...(question === undefined ? [] : [{ path: 'question', text: question }]),
    ...questions.map((text, at) => ({ path: `questions.${at}`, text })),
  ];
  if (asked.length === 0)
    throw new VisionError('INVALID_PARAMETER', 'Nothing was asked: question or questions is needed', {
      errors: [{ path: 'question', message: 'is needed' }],
      hint: 'Ask one thing, as "what color is the dog?", or give a list of questions.',
    });
  return asked.map(({ path, text }) => {
    try {
      return readQuestion(text);
    } catch (error) {
      throw new VisionError('INVALID_PARAMETER', `${path}: ${(error as Error).message}`, {
        errors: [{ path, message: 'needs words' }],
        cause: error,
      });
    }
  });
}

async function ask(
  context: RunContext,
  features: Tensor<'float32'>,
  texts: readonly string[],
): Promise<readonly Answers[]> {
  const questions = await context.stage(textStates, texts, { maxLength: MAX_TOKENS }, { role: 'text' });
  return context.stage(answerQuestions, { features, questions }, {});
}

/** How sure the detector is of each of these things; undefined for those it does not know. */
async function look(
  context: RunContext,
  image: Picture,
  nouns: readonly string[],
): Promise<ReadonlyMap<string, number | undefined>> {
  if (nouns.length === 0) return new Map();
  const params = { minScore: DETECTION_SCORE, maxItems: 100 };
  const detections = await context.stage(detect, image, params, { role: 'detector' });
  const known = new Set(context.models['detector']?.classes.map(({ name }) => name));
  return new Map(nouns.map((noun) => [noun, detectedScore(noun, detections, known)]));
}

function answerOf(
  { text: question, readable, premise }: Question,
  found: Answers,
  { params, seen }: { params: VqaParams; seen: ReadonlyMap<string, Presence> },
): Answer {
  const [best] = found;
  const { text, score } = best as Answers[number];
  const checked = premise && seen.get(premise.noun);
  const answered = readable && score >= params.minConfidence;
  const { alternatives: most } = params;
  const common = {
    question,
    // What was not said is an alternative, too.
    alternatives: answered ? found.slice(1, 1 + most) : found.slice(0, most),
    ...(premise && checked ? { premise: { thing: premise.noun, ...checked } } : {}),
  };
  if (readable && premise && checked?.present === false)
    return { ...common, text: `I see no ${premise.noun}`, score: checked.score, status: 'premise-false' };
  if (!answered) return { ...common, text: UNKNOWN, score, status: 'unsure' };
  return { ...common, text, score, status: 'answered' };
}
