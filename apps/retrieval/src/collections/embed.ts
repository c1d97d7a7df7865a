import type { CollectionRow, Picture, ResourceContext } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { embedPicture } from '@fovea/stages';
import { sameModels, type SpaceModels } from './models.ts';

/** A space that new pictures of a collection need a vector in. */
export interface Target {
  readonly spaceId: string;
  readonly models: SpaceModels;
}

/**
 * Every space of a collection, the coming ones included.
 * @throws CONFLICT while vectors of a space cannot be made: its weights were replaced, and it is not embedded anew yet
 */
export function targetsOf(context: Pick<ResourceContext, 'model'>, collection: CollectionRow): Target[] {
  return collection.spaces.flatMap(({ space, next }) =>
    [space, ...(next ? [next.space] : [])].map((each) => {
      const models = sameModels(context, each);
      if (models) return { spaceId: each.id, models };
      throw new VisionError(
        'CONFLICT',
        `the models of the space ${each.name} were replaced: no picture can be added to "${collection.name}" ` +
          'until those in it are embedded again',
        {
          hint: next?.jobId
            ? `Wait for the job: GET /v1/jobs/${next.jobId}`
            : 'The job begins within seconds: GET /v1/jobs?kind=re-embed. Where weights are missing, pull them.',
        },
      );
    }),
  );
}

/**
 * The vectors of a picture by the space's id.
 * @throws MODEL_FAILED where a model sees nothing at all in it; what decoding and running models throws
 */
export async function vectorsOf(
  context: Pick<ResourceContext, 'stage'>,
  picture: Picture,
  targets: readonly Target[],
): Promise<Record<string, Float32Array>> {
  const vectors = await embedPicture(
    context,
    picture,
    targets.map(({ models }) => models),
  );
  vectors.forEach((vector, index) => checkNotZero(vector, targets[index]?.models as SpaceModels));
  return Object.fromEntries(targets.map(({ spaceId }, index) => [spaceId, vectors[index] as Float32Array]));
}

/** @throws MODEL_FAILED: a vector of zeros is like nothing, and cannot be compared */
export function checkNotZero(vector: Float32Array, { encoder }: Pick<SpaceModels, 'encoder'>): void {
  if (vector.every((value) => value === 0))
    throw new VisionError('MODEL_FAILED', `${encoder.id} sees nothing in the picture`);
}
