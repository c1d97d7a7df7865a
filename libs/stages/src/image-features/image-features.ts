import { defineStage, type Picture, type StageModel } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { fitImage } from '@fovea/imaging';
import { tensor, type Tensor, type Tensors } from '@fovea/tensor';
import { unitRows } from '../unit-rows.ts';

/** What the encoder sees in a picture. */
export interface ImageFeatures {
  /** [1, 1280, h, w], activations 0..6: one column for each part of the picture, in reading order. */
  readonly features: Tensor<'float32'>;
  /** Their mean, as a unit vector. */
  readonly embedding: Float32Array;
}

interface Outputs {
  readonly frame: undefined;
  readonly params: Record<never, never>;
  readonly model: StageModel;
}

const VERSION = 1;
const ENCODERS = ['efficientnet-lite0', 'efficientnet-lite2'] as const;

/**
 * Up to here the picture is shrunk as Pillow does it, to the byte, so that vectors equal Python's. Above it that would
 * take longer than the model; libvips is within a mean of half a grey level, and vectors within a cosine of 0.999.
 */
const EXACT_PIXELS = 2_000_000;

/** The whole picture stretched to the input's square: what searches, captions and questions were trained on. */
async function preprocess(
  picture: Picture,
  _params: Record<never, never>,
  model: StageModel,
): Promise<{ feeds: Tensors; frame: undefined }> {
  const side = inputSide(model);
  const exact = picture.width * picture.height <= EXACT_PIXELS;
  const { rgb } = await fitImage(picture, { mode: 'stretch', width: side, height: side, exact });
  return { feeds: { image: tensor('uint8', [1, side, side, 3], rgb) }, frame: undefined };
}

const embeddingOf = (outputs: Tensors, model: StageModel): Float32Array =>
  unitRows(outputs['embedding'] as Tensor<'float32'>, model.id)[0] as Float32Array;

const FLOAT_BYTES = 4;
const pictureKey = (picture: Picture): string | undefined => picture.sha256;

/** The feature map of a picture, and its mean as a unit vector: one run for everything that reads pictures. */
export const imageFeatures = defineStage({
  name: 'image-features',
  version: VERSION,
  models: ENCODERS,
  outputs: ['features', 'embedding'],
  cache: {
    key: pictureKey,
    bytes: ({ features, embedding }) => (features.data.length + embedding.length) * FLOAT_BYTES,
  },
  preprocess,
  postprocess: (outputs: Tensors, { model }: Outputs): ImageFeatures => ({
    features: outputs['features'] as Tensor<'float32'>,
    embedding: embeddingOf(outputs, model),
  }),
});

/** As {@link imageFeatures}, but the map (250 kB) does not leave the session. */
export const imageEmbedding = defineStage({
  name: 'image-embedding',
  version: VERSION,
  models: ENCODERS,
  outputs: ['embedding'],
  cache: {
    key: pictureKey,
    bytes: (embedding) => embedding.length * FLOAT_BYTES,
    within: { stage: imageFeatures, pick: ({ embedding }: ImageFeatures) => embedding },
  },
  preprocess,
  postprocess: (outputs: Tensors, { model }: Outputs): Float32Array => embeddingOf(outputs, model),
});

/** S of an encoder, whose input is `image` [n, S, S, 3]. @throws MODEL_FAILED for a model with another contract */
function inputSide(model: StageModel): number {
  const [input] = model.inputs;
  const [, height, width, channels] = input?.shape ?? [];
  const fits = input?.name === 'image' && input.dtype === 'uint8' && channels === 3 && height === width;
  if (fits && typeof width === 'number' && model.outputs.some(({ name }) => name === 'embedding'))
    return width;
  throw new VisionError('MODEL_FAILED', `${model.id} cannot encode pictures: it has another contract`, {
    hint: 'An encoder takes `image`, uint8 [n, S, S, 3] RGB, and gives `embedding`, float32 [n, d], and `features`.',
  });
}
