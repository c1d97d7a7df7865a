import { defineStage, type StageModel } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { concatRows, softmax, type Tensor, type Tensors } from '@fovea/tensor';
import type { TextStates } from '../text-states/text-states.ts';

export interface AnswerInput {
  /** [1, 1280, h, w] of `imageFeatures`. */
  readonly features: Tensor<'float32'>;
  /** Of the questions about this picture: one row each. */
  readonly questions: Pick<TextStates, 'states' | 'attentionMask'>;
}
/** Probabilities of all answers, the likeliest first. */
export type Answers = readonly { readonly text: string; readonly score: number }[];

/** Index 0 of the answers (`<none>`) is no answer: the card leaves it out before the softmax. */
const NONE = 0;

/** Answers to questions about one picture, out of the list that the model knows; one row of answers a question. */
export const answerQuestions = defineStage({
  name: 'answer-questions',
  version: 1,
  models: ['vqa-small'],
  outputs: ['logits'],
  preprocess({ features, questions }: AnswerInput) {
    const [rows = 0] = questions.states.dims;
    return Promise.resolve({
      feeds: {
        features: concatRows(new Array<Tensor<'float32'>>(rows).fill(features)),
        states: questions.states,
        attention_mask: questions.attentionMask,
      },
      frame: undefined,
    });
  },
  postprocess(outputs: Tensors, { model }: { model: StageModel }): Answers[] {
    const logits = outputs['logits'] as Tensor<'float32'>;
    const [rows = 0, count = 0] = logits.dims;
    if (count !== model.classes.length)
      throw new VisionError(
        'MODEL_FAILED',
        `${model.id} scores ${count} answers, its list has ${model.classes.length}`,
      );
    return Array.from({ length: rows }, (_, row) =>
      Array.from(
        softmax(logits.data, { offset: row * count + NONE + 1, length: count - 1 }),
        (score, at) => ({ text: model.classes[at + NONE + 1]?.name ?? '', score }),
      ).sort((a, b) => b.score - a.score),
    );
  },
});
