import { defineStep, type KeptTensor, type StageModel } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { tensor, type Tensor, type Tensors } from '@fovea/tensor';

/** Ids of the captioner's vocabulary (captioner-vocab.json). */
export const START = 1;
export const END = 2;
/** Padding, start and unknown: never chosen. */
export const BANNED = [0, START, 3] as const;

/** What the sentences that are followed in parallel need for their next word. */
export interface CaptionStepInput {
  /** The last word of each sentence. */
  readonly tokens: readonly number[];
  /** 0 for the start token, then 1, 2, … */
  readonly position: number;
  /** Keys and values of the picture: one row, read by every sentence. */
  readonly cross: KeptTensor;
  /** `present` of the step before; none at first. */
  readonly past?: KeptTensor | undefined;
  /** The row of `past` that each sentence goes on from. */
  readonly parents: readonly number[];
}
export interface CaptionStepOutput {
  /** [n, words]: scores of the next word of each sentence. */
  readonly logits: Tensor<'float32'>;
  readonly present: KeptTensor;
  /** [n, places] where each sentence looked in the picture, in reading order; empty unless it was asked for. */
  readonly attention: readonly Float32Array[];
}

/** Once a picture: the keys and values of the captioner's attention to the feature map of `imageFeatures`. */
export const captionPrefix = defineStep({
  name: 'caption-prefix',
  version: 1,
  models: ['captioner-flickr8k-prefix'],
  outputs: [],
  keep: ['cross'],
  prepare: (features: Tensor<'float32'>) => ({ features }),
  read: (_outputs: Tensors, { kept }) => kept['cross'] as KeptTensor,
});

const step = {
  version: 1,
  models: ['captioner-flickr8k-step'] as [string],
  keep: ['present'],
  prepare: ({ tokens, position, cross, past, parents }: CaptionStepInput, model: StageModel) => ({
    token: tensor('int64', [tokens.length], BigInt64Array.from(tokens, BigInt)),
    position: tensor('int64', [tokens.length], new BigInt64Array(tokens.length).fill(BigInt(position))),
    past: past ? { kept: past, rows: parents } : emptyPast(model, tokens.length),
    cross: { kept: cross, rows: tokens.map(() => 0) },
  }),
};

/** One word: the scores of the next one for each sentence. */
export const captionStep = defineStep({
  ...step,
  name: 'caption-step',
  outputs: ['logits'],
  read: (outputs: Tensors, { kept }): CaptionStepOutput => ({ ...answerOf(outputs, kept), attention: [] }),
});

/** Outputs that are added to the graph when it is loaded (`derivedOutputs` of its manifest row): one a layer. */
const ATTENTION = ['attention-0', 'attention-1', 'attention-2'];

/** As {@link captionStep}, and where it looked: the mean of the cross-attention of all layers and heads. */
export const captionStepWithAttention = defineStep({
  ...step,
  name: 'caption-step',
  outputs: ['logits', ...ATTENTION],
  read: (outputs: Tensors, { kept }): CaptionStepOutput => ({
    ...answerOf(outputs, kept),
    attention: meanAttention(ATTENTION.map((name) => outputs[name] as Tensor<'float32'>)),
  }),
});

const answerOf = (outputs: Tensors, kept: Readonly<Record<string, KeptTensor>>) => ({
  logits: outputs['logits'] as Tensor<'float32'>,
  present: kept['present'] as KeptTensor,
});

/** `past` of the first step: [n, layers x 2, heads, 0, width]. */
function emptyPast({ id, inputs }: StageModel, rows: number): Tensor<'float32'> {
  const shape = inputs.find(({ name }) => name === 'past')?.shape ?? [];
  const dims = shape.map((dim, axis) => (axis === 0 ? rows : typeof dim === 'number' ? dim : 0));
  if (dims.length === 0)
    throw new VisionError('MODEL_FAILED', `${id} has no input past: it writes no captions`);
  return tensor('float32', dims, new Float32Array(0));
}

/** Layers of [n, heads, 1, places] to n maps. */
function meanAttention(layers: readonly Tensor<'float32'>[]): Float32Array[] {
  const [rows = 0, heads = 1, , places = 0] = layers[0]?.dims ?? [];
  return Array.from({ length: rows }, (_, row) => {
    const mean = new Float32Array(places);
    for (const { data } of layers)
      for (let head = 0; head < heads; head++)
        for (let place = 0; place < places; place++)
          mean[place] =
            (mean[place] as number) +
            (data[(row * heads + head) * places + place] as number) / (layers.length * heads);
    return mean;
  });
}
