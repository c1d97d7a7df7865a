import { defineStage, type StageModel } from '@fovea/application';
import type { Tensor, Tensors } from '@fovea/tensor';
import { wordPiece, type EncodedBatch } from '@fovea/text';
import { unitRows } from '../unit-rows.ts';

/** What a text model makes of texts: rows in their order. */
export interface TextStates {
  /** [n, t, 384]: what text projection and questions read on from. */
  readonly states: Tensor<'float32'>;
  /** [n, t]: 1 for a token, 0 for padding. */
  readonly attentionMask: Tensor<'int64'>;
  /** Unit vectors: their dot products say how alike texts are. */
  readonly sentences: readonly Float32Array[];
  /** The text was longer than the model reads, and its end was not read. */
  readonly truncated: readonly boolean[];
}
export interface TextParams {
  /** Most tokens of a text; default 128. */
  readonly maxLength?: number;
}

/** Texts read by MiniLM: WordPiece, then the states of its tokens and a vector for the whole. */
export const textStates = defineStage({
  name: 'text-states',
  version: 1,
  models: ['minilm-l6-v2'],
  outputs: ['states', 'sentence_embedding'],
  preprocess(texts: readonly string[], params: TextParams, model: StageModel) {
    const batch = wordPiece(model.tokens).encodeBatch(texts, params);
    const feeds = { input_ids: batch.inputIds, attention_mask: batch.attentionMask };
    return Promise.resolve({ feeds, frame: batch });
  },
  postprocess: (
    outputs: Tensors,
    { frame, model }: { frame: EncodedBatch; model: StageModel },
  ): TextStates => ({
    states: outputs['states'] as Tensor<'float32'>,
    attentionMask: frame.attentionMask,
    sentences: unitRows(outputs['sentence_embedding'] as Tensor<'float32'>, model.id),
    truncated: frame.truncated,
  }),
});
