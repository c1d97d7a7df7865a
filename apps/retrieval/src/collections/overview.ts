import {
  Accepted,
  defineOperation,
  type CollectionRow,
  type ItemRow,
  type ResourceContext,
  type ResourceJob,
} from '@fovea/application';
import {
  CollectionMap,
  DuplicateGroups,
  DuplicatesRequest,
  MapQuery,
  RebuildReport,
  type IndexReport,
} from '@fovea/contracts';
import { spaceKey } from '@fovea/stages';
import { z } from 'zod';
import { toItems } from './answers.ts';
import { duplicatesCutoff } from './cutoffs.ts';
import { groupsOf } from './groups.ts';
import { sameModels } from './models.ts';
import { chooseSpace, needCollection, noCollection, refOf } from './need.ts';

// What is seen of a collection as a whole: near-duplicates, the map, the state of its indexes.

const PROBLEMS = ['INVALID_REQUEST', 'INVALID_PARAMETER', 'NOT_FOUND', 'CATALOG_UNAVAILABLE'] as const;
/** Likenesses of an item that are looked at: more copies than this still hang together by their neighbours. */
const NEIGHBOURS = 16;

export const duplicates = defineOperation({
  name: 'duplicates',
  method: 'POST',
  path: '/{id}/duplicates',
  summary: 'Groups of pictures that are nearly the same',
  description:
    'Pictures at or above the cut-off belong together, and so does whoever is alike to one of a group. `auto` is the cut-off ' +
    'that still keeps three quarters of the crops and mirror images that it was calibrated with.',
  body: DuplicatesRequest,
  answer: DuplicateGroups,
  problems: PROBLEMS,
  async run(context, { path, body: { space: named, minScore, limit } }) {
    const collection = await needCollection(context, path['id']);
    const { row, space } = chooseSpace(collection, named);
    const { encoder, projection } = sameModels(context, space) ?? {};
    const models = [projection, encoder].filter((model) => model !== undefined);
    const cutoff = minScore === 'auto' ? duplicatesCutoff(models, row.name) : minScore;
    const pairs = await context.vectors.neighbours(refOf(collection, space), {
      k: NEIGHBOURS,
      minScore: cutoff,
      signal: context.signal,
    });
    const groups = groupsOf(pairs);
    const shown = groups.slice(0, limit);
    const items = await itemsByOrdinal(
      context,
      collection,
      shown.flatMap(({ ordinals }) => ordinals),
    );
    const answered = await toItems(context, collection.id, [...items.values()]);
    const byId = new Map(answered.map((item) => [item.id, item]));
    return {
      groups: shown.flatMap(({ ordinals, score }) => {
        const there = ordinals.flatMap((ordinal) => byId.get(items.get(ordinal)?.id ?? '') ?? []);
        // One that was deleted a moment ago may leave another alone.
        return there.length < 2 ? [] : [{ items: there, score }];
      }),
      total: groups.length,
      cutoff,
      searched: row.vectors,
    };
  },
});

/** Items that a statement asks for at once. */
const ITEMS_AT_ONCE = 5000;

async function itemsByOrdinal(
  { collections, owner }: ResourceContext,
  { id }: CollectionRow,
  ordinals: readonly number[],
): Promise<Map<number, ItemRow>> {
  const found = new Map<number, ItemRow>();
  for (let at = 0; at < ordinals.length; at += ITEMS_AT_ONCE)
    for (const item of await collections.itemsByOrdinal(owner, id, ordinals.slice(at, at + ITEMS_AT_ONCE)))
      found.set(item.ordinal, item);
  return found;
}

/** Items that are placed on a map, and up to how many UMAP takes seconds. */
const MAP_ITEMS = 20_000;
const UMAP_ITEMS = 5_000;

export const map = defineOperation({
  name: 'map',
  method: 'GET',
  path: '/{id}/map',
  summary: 'Where the items lie in the plane, alike ones near each other',
  query: MapQuery,
  answer: CollectionMap,
  problems: PROBLEMS,
  async run(context, { path, query: { space: named, method: wanted } }) {
    const collection = await needCollection(context, path['id']);
    const { row, space } = chooseSpace(collection, named ?? collection.spaces[0]?.name ?? 'visual');
    const method = wanted ?? (row.vectors <= UMAP_ITEMS ? 'umap' : 'pca');
    const { ordinals, points } = await context.vectors.project(refOf(collection, space), {
      method,
      limit: MAP_ITEMS,
      signal: context.signal,
    });
    const items = await itemsByOrdinal(context, collection, Array.from(ordinals));
    return {
      method,
      space: spaceKey(space),
      total: collection.items,
      points: Array.from(ordinals).flatMap((ordinal, index) => {
        const item = items.get(ordinal);
        const [x, y] = [points[2 * index] as number, points[2 * index + 1] as number];
        return item ? [{ itemId: item.id, blob: item.sha256, name: item.name, x, y }] : [];
      }),
    };
  },
});

export const index = defineOperation({
  name: 'index',
  method: 'GET',
  path: '/{id}/index',
  summary: 'Compare the indexes with Postgres',
  answer: RebuildReport,
  problems: ['NOT_FOUND', 'CONFLICT', 'CATALOG_UNAVAILABLE'],
  async run(context, { path }) {
    const collection = await needCollection(context, path['id']);
    const indexes: IndexReport[] = [];
    for (const { space } of collection.spaces)
      indexes.push({ space: spaceKey(space), ...(await context.vectors.verify(refOf(collection, space))) });
    return { collectionId: collection.id, indexes };
  },
});

export const rebuild = defineOperation({
  name: 'rebuild',
  method: 'POST',
  path: '/{id}/rebuild',
  summary: 'Make the index files again from Postgres, then compare: a job',
  status: 202,
  mayAccept: true,
  answer: RebuildReport,
  problems: ['NOT_FOUND', 'CATALOG_UNAVAILABLE'],
  async run(context, { path }) {
    const { id } = await needCollection(context, path['id']);
    return new Accepted(await context.jobs.submit({ kind: 'rebuild', request: { collectionId: id } }));
  },
});

const Request = z.object({ collectionId: z.uuid() });

/** The job of {@link rebuild}: it begins anew after a restart, which changes nothing. */
export const rebuildIndexes: ResourceJob = async (context, request): Promise<RebuildReport> => {
  const { collectionId } = Request.parse(request);
  const { job, collections, owner, vectors } = context;
  const collection = await collections.get(owner, collectionId);
  if (!collection) throw noCollection(collectionId);
  const indexes: IndexReport[] = [];
  let before = 0;
  const total = collection.spaces.reduce((sum, row) => sum + row.vectors, 0);
  for (const { space, vectors: count } of collection.spaces) {
    job.progress(before, total, 'vectors');
    const report = await vectors.rebuild(refOf(collection, space), {
      signal: job.signal,
      onProgress: (done) => job.progress(Math.min(total, before + done), total, 'vectors'),
    });
    before += count;
    indexes.push({ space: spaceKey(space), ...report });
  }
  job.progress(total, total, 'vectors');
  return { collectionId, indexes };
};
