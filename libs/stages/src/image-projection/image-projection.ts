import { defineStage, type StageModel } from '@fovea/application';
import type { Tensor, Tensors } from '@fovea/tensor';
import { unitRows } from '../unit-rows.ts';

/** Feature maps [n, 1280, 7, 7] of `imageFeatures` into the space of pictures and texts: a unit vector a row. */
export const imageProjection = defineStage({
  name: 'image-projection',
  version: 1,
  models: ['image-projection'],
  outputs: ['joint'],
  preprocess: (features: Tensor<'float32'>) => Promise.resolve({ feeds: { features }, frame: undefined }),
  postprocess: (outputs: Tensors, { model }: { model: StageModel }): Float32Array[] =>
    unitRows(outputs['joint'] as Tensor<'float32'>, model.id),
});
