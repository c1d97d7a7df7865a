import { defineOperation, type CollectionRow, type ResourceContext } from '@fovea/application';
import {
  Collection,
  CollectionChange,
  CollectionPage,
  CollectionQuery,
  CollectionRequest,
  SPACE_NAMES,
  VisionError,
  type SpaceName,
} from '@fovea/contracts';
import { toCollection } from './answers.ts';
import { isMissing, modelsFor, textModels, type SpaceModels } from './models.ts';
import { needCollection, noCollection } from './need.ts';
import { renewSpace } from './re-embed.ts';

// Making, listing, changing and deleting collections.

export const create = defineOperation({
  name: 'create',
  method: 'POST',
  path: '',
  summary: 'Make a collection',
  description:
    'Without `spaces` it has every space whose models can be used: how pictures look (visual), what they show (cross-modal).',
  status: 201,
  body: CollectionRequest,
  answer: Collection,
  problems: ['INVALID_REQUEST', 'INVALID_PARAMETER', 'CONFLICT', 'MODEL_MISSING', 'CATALOG_UNAVAILABLE'],
  async run(context, { body: { name, spaces, models = {} } }) {
    const { collections, owner } = context;
    for (const named of Object.keys(models))
      if (spaces && !spaces.includes(named as SpaceName))
        throw new VisionError(
          'INVALID_PARAMETER',
          `models: the collection shall not have the space ${named}`,
          {
            errors: [{ path: `models.${named}`, message: 'not among spaces' }],
          },
        );
    const chosen = spaces ? [...new Set(spaces)] : SPACE_NAMES;
    const made = chosen.flatMap((space) =>
      usableModels(context, space, { encoder: models[space], asked: !!spaces }),
    );
    const rows = await Promise.all(made.map(({ space }) => collections.ensureSpace(space)));
    const collection = await collections.create(owner, {
      name,
      kind: 'user',
      spaceIds: rows.map(({ id }) => id),
    });
    return toCollection(context, collection);
  },
});

/** Nothing where nobody asked for the space and its weights are missing, unless it is the one that always must be there. */
function usableModels(
  context: ResourceContext,
  space: SpaceName,
  { encoder, asked }: { encoder: string | undefined; asked: boolean },
): SpaceModels[] {
  try {
    // Nothing can be asked of cross-modal without what reads texts.
    if (space === 'cross-modal') textModels(context);
    return [modelsFor(context, space, encoder)];
  } catch (error) {
    if (!asked && space !== 'visual' && encoder === undefined && isMissing(error)) return [];
    throw error;
  }
}

export const list = defineOperation({
  name: 'list',
  method: 'GET',
  path: '',
  summary: 'Collections, newest first',
  query: CollectionQuery,
  answer: CollectionPage,
  problems: ['INVALID_PARAMETER', 'CATALOG_UNAVAILABLE'],
  async run(context, { query }) {
    const { items, nextCursor } = await context.collections.list(context.owner, query);
    return { items: items.map((row) => toCollection(context, row)), nextCursor };
  },
});

export const get = defineOperation({
  name: 'get',
  method: 'GET',
  path: '/{id}',
  summary: 'One collection: its spaces and indexes',
  answer: Collection,
  problems: ['NOT_FOUND', 'CATALOG_UNAVAILABLE'],
  run: async (context, { path }) => toCollection(context, await needCollection(context, path['id'])),
});

export const change = defineOperation({
  name: 'change',
  method: 'PATCH',
  path: '/{id}',
  summary: 'Rename a collection, or have it embedded by other models',
  description:
    'Other models make a new version of a space: a job embeds every picture again, while the old vectors go on answering.',
  body: CollectionChange,
  answer: Collection,
  problems: [
    'INVALID_REQUEST',
    'INVALID_PARAMETER',
    'NOT_FOUND',
    'CONFLICT',
    'MODEL_MISSING',
    'CATALOG_UNAVAILABLE',
  ],
  async run(context, { path, body: { name, models = {} } }) {
    let collection = await needCollection(context, path['id']);
    for (const [space, encoder] of Object.entries(models) as [SpaceName, string][])
      collection = await embedBy(context, collection, { space, encoder });
    if (name !== undefined) {
      const renamed = await context.collections.rename(context.owner, collection.id, name);
      if (!renamed) throw noCollection(collection.id);
      collection = renamed;
    }
    return toCollection(context, collection);
  },
});

/** @throws INVALID_PARAMETER, MODEL_MISSING */
function embedBy(
  context: ResourceContext,
  collection: CollectionRow,
  { space, encoder }: { space: SpaceName; encoder: string },
): Promise<CollectionRow> {
  const row = collection.spaces.find(({ name }) => name === space);
  if (!row)
    throw new VisionError('INVALID_PARAMETER', `models: the collection has no space ${space}`, {
      errors: [{ path: `models.${space}`, message: 'not a space of this collection' }],
      hint: `It has ${collection.spaces.map(({ name }) => name).join(' and ')}.`,
    });
  return renewSpace(context, collection, { row, models: modelsFor(context, space, encoder) });
}

export const remove = defineOperation({
  name: 'delete',
  method: 'DELETE',
  path: '/{id}',
  summary: 'Delete a collection with its items',
  description: 'Pictures that nothing else needs go too.',
  status: 204,
  problems: ['NOT_FOUND', 'CATALOG_UNAVAILABLE'],
  async run(context, { path }) {
    const { id } = await needCollection(context, path['id']);
    if (!(await context.collections.delete(context.owner, id))) throw noCollection(id);
    await context.vectors.drop(id);
  },
});
