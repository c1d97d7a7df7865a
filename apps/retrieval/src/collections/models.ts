import type { ResourceContext, RoleDeclaration, SpaceRow } from '@fovea/application';
import { VisionError, type SpaceName } from '@fovea/contracts';
import {
  imageFeatures,
  imageProjection,
  spaceOf,
  textProjection,
  textStates,
  type PictureModels,
  type TextModels,
} from '@fovea/stages';
import type { NewSpace } from '@fovea/application';

export const ROLES = {
  encoder: { choices: imageFeatures.models, description: 'sees what is in a picture: the vectors of visual' },
  projection: { choices: imageProjection.models, description: 'from what is seen into cross-modal' },
  text: { choices: textStates.models, description: 'reads a text' },
  'text-projection': { choices: textProjection.models, description: 'from what is read into cross-modal' },
} as const satisfies Record<string, RoleDeclaration>;

type Models = Pick<ResourceContext, 'model'>;

/** The models that make the vectors of pictures in a space, as they stand now. */
export interface SpaceModels extends PictureModels {
  readonly space: NewSpace;
}

/**
 * The models of a space with a given encoder, or the default one.
 * @throws MODEL_MISSING, INVALID_PARAMETER (no encoder of that space)
 */
export function modelsFor(context: Models, name: SpaceName, encoderId?: string): SpaceModels {
  const encoder = context.model('encoder', encoderId);
  const models = name === 'cross-modal' ? { encoder, projection: context.model('projection') } : { encoder };
  return { ...models, space: spaceOf(name, models) };
}

/** @throws MODEL_MISSING */
export const textModels = (context: Models): TextModels => ({
  text: context.model('text'),
  projection: context.model('text-projection'),
});

export const encoderOf = ({ models }: Pick<NewSpace, 'models'>): string | undefined =>
  models.find(({ role }) => role === 'encoder')?.id;

/** What a space's models have become: those of the same names, or the default ones where a name is no longer known. @throws MODEL_MISSING */
export function currentModels(context: Models, space: SpaceRow): SpaceModels {
  try {
    return modelsFor(context, space.name, encoderOf(space));
  } catch (error) {
    if (!isUnknownModel(error)) throw error;
    return modelsFor(context, space.name);
  }
}

/** The models that the vectors of a space were made with, or null: they are gone, or others under the same names. */
export function sameModels(context: Models, space: SpaceRow): SpaceModels | null {
  try {
    const models = modelsFor(context, space.name, encoderOf(space));
    return models.space.fingerprint === space.fingerprint ? models : null;
  } catch (error) {
    if (isUnknownModel(error) || isMissing(error)) return null;
    throw error;
  }
}

export const isMissing = (error: unknown): boolean =>
  error instanceof VisionError && error.code === 'MODEL_MISSING';

const isUnknownModel = (error: unknown): boolean =>
  error instanceof VisionError && ['NOT_FOUND', 'INVALID_PARAMETER'].includes(error.code);
