import { defineStage, type StageModel } from '@fovea/application';
import type { Tensor, Tensors } from '@fovea/tensor';
import type { TextStates } from '../text-states/text-states.ts';
import { unitRows } from '../unit-rows.ts';

/** States of `textStates` into the space of pictures and texts: a unit vector a row. */
export const textProjection = defineStage({
  name: 'text-projection',
  version: 1,
  models: ['text-projection'],
  outputs: ['joint'],
  preprocess: ({ states, attentionMask }: Pick<TextStates, 'states' | 'attentionMask'>) =>
    Promise.resolve({ feeds: { states, attention_mask: attentionMask }, frame: undefined }),
  postprocess: (outputs: Tensors, { model }: { model: StageModel }): Float32Array[] =>
    unitRows(outputs['joint'] as Tensor<'float32'>, model.id),
});
