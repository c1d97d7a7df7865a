import type { NewSpace, Picture, ResourceContext, StageModel } from '@fovea/application';
import { VisionError, type ModelUse, type SpaceName } from '@fovea/contracts';
import { hash } from 'node:crypto';
import { imageEmbedding, imageFeatures, type ImageFeatures } from './image-features/image-features.ts';
import { imageProjection } from './image-projection/image-projection.ts';
import { textProjection } from './text-projection/text-projection.ts';
import { textStates } from './text-states/text-states.ts';

/** What runs stages with a given model: a resource's context is one. */
export type StageRunner = Pick<ResourceContext, 'stage'>;

/** The models of a space's pictures: `visual` is of the encoder alone, `cross-modal` of both. */
export interface PictureModels {
  readonly encoder: StageModel;
  readonly projection?: StageModel;
}
/** The models of the texts of `cross-modal`. */
export interface TextModels {
  readonly text: StageModel;
  readonly projection: StageModel;
}

/** Raised whenever a space's vectors change though its models do not: with how pictures are read, scaled or projected. */
const PREPROCESSING: Readonly<Record<SpaceName, number>> = { visual: 1, 'cross-modal': 1 };
const METRIC = 'cosine';

/**
 * The embedding space that models make: vectors are compared only where the fingerprint is the same.
 * @throws TypeError when `cross-modal` lacks its projection or `visual` has one; MODEL_FAILED for a model without vectors;
 *   INVALID_PARAMETER for an encoder that the projection does not read
 * @example spaceKey(spaceOf('visual', { encoder })); // visual:3f9a0c…
 */
export function spaceOf(name: SpaceName, models: PictureModels): NewSpace {
  const { encoder, projection } = models;
  if ((name === 'cross-modal') !== (projection !== undefined))
    throw new TypeError(`the space ${name} is made ${projection ? 'without' : 'with'} a projection`);
  if (projection) checkFit(encoder, projection);
  const dimension = projection ? widthOf(projection, 'joint') : widthOf(encoder, 'embedding');
  const version = PREPROCESSING[name];
  const used = Object.entries({ encoder, projection }).flatMap(([role, model]): ModelUse[] =>
    model ? [{ role, id: model.id, revision: model.revision, sha256: model.sha256 }] : [],
  );
  // Keys in alphabetical order: the same space is the same text.
  const canonical = JSON.stringify({
    dimension,
    metric: METRIC,
    models: used.map(({ sha256 }) => sha256),
    version,
  });
  return { name, fingerprint: hash('sha256', canonical).slice(0, 32), dimension, version, models: used };
}

/** What a space is called where people and programs meet it: its name and the first 12 digits of its fingerprint. */
export const spaceKey = ({ name, fingerprint }: Pick<NewSpace, 'name' | 'fingerprint'>): string =>
  `${name}:${fingerprint.slice(0, 12)}`;

/**
 * The vectors of a picture in several spaces, in their order; each encoder runs once whatever number of spaces needs it.
 * @returns unit vectors
 * @throws INVALID_PARAMETER for an encoder that a projection does not read; what running models throws
 * @example
 * const [visual, joint] = await embedPicture(context, picture, [{ encoder }, { encoder, projection }]);
 */
export async function embedPicture(
  runner: StageRunner,
  picture: Picture,
  spaces: readonly PictureModels[],
): Promise<Float32Array[]> {
  const projected = spaces.filter(({ projection }) => projection);
  for (const { encoder, projection } of projected) checkFit(encoder, projection as StageModel);
  const encoded = new Map<string, Promise<Pick<ImageFeatures, 'embedding'>>>();
  for (const { encoder } of spaces) {
    if (encoded.has(encoder.id)) continue;
    // The feature map leaves the session only where it is read.
    const run = projected.some((space) => space.encoder.id === encoder.id)
      ? runner.stage(imageFeatures, picture, {}, { model: encoder })
      : runner
          .stage(imageEmbedding, picture, {}, { model: encoder })
          .then((embedding): Pick<ImageFeatures, 'embedding'> => ({ embedding }));
    encoded.set(encoder.id, run);
  }
  return Promise.all(
    spaces.map(async ({ encoder, projection }) => {
      const { features, embedding } = await (encoded.get(encoder.id) as Promise<ImageFeatures>);
      if (!projection) return embedding;
      const [joint] = await runner.stage(imageProjection, features, {}, { model: projection });
      return joint as Float32Array;
    }),
  );
}

/** Texts that are read together: more would only pad short ones to the longest. */
const TEXT_BATCH = 32;

/**
 * The vectors of texts in the space `cross-modal`, in their order.
 * @returns unit vectors, and which texts were longer than the model reads
 * @throws what running models throws
 */
export async function embedTexts(
  runner: StageRunner,
  texts: readonly string[],
  { text, projection }: TextModels,
): Promise<{ vectors: Float32Array[]; truncated: boolean[] }> {
  const vectors: Float32Array[] = [];
  const truncated: boolean[] = [];
  for (let at = 0; at < texts.length; at += TEXT_BATCH) {
    const read = await runner.stage(textStates, texts.slice(at, at + TEXT_BATCH), {}, { model: text });
    vectors.push(...(await runner.stage(textProjection, read, {}, { model: projection })));
    truncated.push(...read.truncated);
  }
  return { vectors, truncated };
}

/**
 * The score from which on a match is more likely meant than not, as measured: where the share of matching pairs kept
 * less the share of others kept is largest (Youden 1950, Index for rating diagnostic tests). Of equals the lowest score.
 * @param models those of the space: the first that was calibrated for it and this kind of query counts
 * @returns undefined where none was
 */
export function calibratedCutoff(
  models: readonly Pick<StageModel, 'calibrations'>[],
  { space, query }: { space: SpaceName; query: 'text' | 'picture' },
): number | undefined {
  const fitting = models
    .flatMap(({ calibrations = [] }) => calibrations)
    .find((calibration) => calibration.space === space && calibration.query === query);
  const index = (cutoff: { matchingKept: number; othersKept: number }) =>
    cutoff.matchingKept - cutoff.othersKept;
  return fitting?.cutoffs
    .toSorted((a, b) => a.score - b.score)
    .reduce((best, cutoff) => (index(cutoff) > index(best) ? cutoff : best)).score;
}

/** @throws INVALID_PARAMETER where the projection does not read what the encoder makes */
function checkFit(encoder: StageModel, projection: StageModel): void {
  const made = shapeOf(encoder.outputs, 'features');
  const read = shapeOf(projection.inputs, 'features');
  if (made !== undefined && made === read) return;
  throw new VisionError('INVALID_PARAMETER', `${projection.id} was not trained with ${encoder.id}`, {
    hint: `It reads feature maps of [${read ?? '?'}], this encoder makes [${made ?? '?'}]: choose ${imageFeatures.models[0]} for the space cross-modal.`,
  });
}

/** Without the rows. */
const shapeOf = (tensors: StageModel['inputs'], name: string): string | undefined =>
  tensors
    .find((one) => one.name === name)
    ?.shape.slice(1)
    .join(', ');

/** @throws MODEL_FAILED */
function widthOf(model: StageModel, output: string): number {
  const width = model.outputs.find(({ name }) => name === output)?.shape.at(-1);
  if (typeof width === 'number') return width;
  throw new VisionError('MODEL_FAILED', `${model.id} has no output ${output} of a fixed length`);
}
