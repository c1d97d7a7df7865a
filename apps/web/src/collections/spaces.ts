import type { Collection, SpaceName } from '@fovea/contracts';

export const SPACE_TITLES: Readonly<Record<SpaceName, string>> = {
  visual: 'Looks',
  'cross-modal': 'Meaning',
};

/** One sentence each, for those who choose. */
export const SPACE_ABOUT: Readonly<Record<SpaceName, string>> = {
  visual: 'How a picture looks: finds pictures like another one, and near duplicates.',
  'cross-modal': 'What a picture shows: finds pictures by a text, such as “two dogs in the snow”.',
};

export const hasSpace = (collection: Collection, name: SpaceName): boolean =>
  collection.spaces.some(({ space }) => space.name === name);
