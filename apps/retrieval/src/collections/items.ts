import { Accepted, defineOperation, type ResourceContext, type SentFile } from '@fovea/application';
import {
  AddedItems,
  AddItemsRequest,
  CollectionItem,
  DeleteItemsRequest,
  ItemChange,
  ItemPage,
  ItemQuery,
  invalidFields,
  MetadataFilter,
  VisionError,
} from '@fovea/contracts';
import { addPictures, type NewPicture } from './add-pictures.ts';
import { toItem, toItems } from './answers.ts';
import type { SentPicture } from './import-files.ts';
import { submitImport } from './import.ts';
import { needCollection, needItem } from './need.ts';

// The items of a collection: adding, listing, changing, deleting.

const SENDING = ['INVALID_REQUEST', 'INVALID_PARAMETER', 'NOT_FOUND', 'CATALOG_UNAVAILABLE'] as const;

export const add = defineOperation({
  name: 'add-items',
  method: 'POST',
  path: '/{id}/items',
  summary: 'Add pictures, an archive, a folder of the server or pictures of stored runs',
  description:
    'Pictures are embedded at once and answered in the order sent; one bad picture fails alone. Archives, folders, runs, and ' +
    'pictures with `Prefer: respond-async` become a job. The same picture is one item: metadata is added to its own.',
  status: 201,
  files: ['image', 'archive'],
  body: AddItemsRequest,
  answer: AddedItems,
  mayAccept: true,
  problems: [
    ...SENDING,
    'FORBIDDEN',
    'CONFLICT',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA',
    'URL_REFUSED',
    'QUEUE_FULL',
    'MODEL_MISSING',
    'STORAGE_FULL',
  ],
  async run(context, { path, body, files, wantsJob }) {
    const { id } = await needCollection(context, path['id']);
    const { metadata = {}, runs, folder } = body;
    const pictures = picturesOf(context, body, files);
    const archive = archiveOf(context, body, files);
    const given = [pictures.length > 0, archive !== undefined, runs !== undefined, folder !== undefined];
    if (given.filter(Boolean).length !== 1)
      throw new VisionError(
        'INVALID_REQUEST',
        given.some(Boolean) ? 'only one kind of source at a time' : 'there is nothing to add',
        { hint: 'Send pictures, or an archive, or runs, or a folder of the server.' },
      );
    if (runs)
      return new Accepted(await submitImport(context, id, { order: { type: 'runs', runs }, metadata }));
    if (folder !== undefined) {
      // What is not allowed is said now, not by the job.
      await firstOf(context.folder(folder));
      return new Accepted(await submitImport(context, id, { order: { type: 'folder', folder }, metadata }));
    }
    if (archive) {
      const { bytes } = await archive();
      const { sha256 } = await context.blobs.put(bytes, 'application/zip');
      return new Accepted(
        await submitImport(context, id, { order: { type: 'archive', archive: sha256 }, metadata }),
      );
    }
    if (wantsJob) {
      const kept = await Promise.all(pictures.map((picture) => keep(context, picture)));
      return new Accepted(
        await submitImport(context, id, { order: { type: 'pictures', pictures: kept }, metadata }),
      );
    }
    const outcomes = await addPictures(
      context,
      id,
      pictures.map(({ own, ...picture }) => ({ ...picture, metadata: { ...metadata, ...own } })),
    );
    return {
      items: await Promise.all(
        outcomes.map(async (outcome) =>
          outcome instanceof VisionError
            ? outcome.toProblem(id)
            : { item: await toItem(context, id, outcome.item), existing: outcome.existing },
        ),
      ),
    };
  },
});

interface GivenPicture extends Pick<NewPicture, 'read' | 'name' | 'runId'> {
  readonly own: NewPicture['metadata'];
}

function picturesOf(
  context: ResourceContext,
  { pictures = [] }: AddItemsRequest,
  files: readonly SentFile[],
): GivenPicture[] {
  const named = pictures.map(({ source, name = null, metadata = {} }): GivenPicture => {
    // A picture is read once, also where it is embedded a second time.
    let fetched: Promise<SentFile> | undefined;
    return { read: () => (fetched ??= context.fetch(source)).then(bare), name, runId: null, own: metadata };
  });
  const sent = files
    .filter(({ field }) => field === 'image')
    .map((file): GivenPicture => ({
      read: () => Promise.resolve(bare(file)),
      name: file.name ?? null,
      runId: null,
      own: {},
    }));
  return [...named, ...sent];
}

const bare = ({ bytes, sha256 }: SentFile) => ({ bytes, sha256 });

function archiveOf(
  context: ResourceContext,
  { archive }: AddItemsRequest,
  files: readonly SentFile[],
): (() => Promise<SentFile>) | undefined {
  const sent = files.filter(({ field }) => field === 'archive');
  if (sent.length + (archive ? 1 : 0) > 1)
    throw new VisionError('INVALID_REQUEST', 'one archive at a time', {
      hint: 'Send each archive in a request of its own.',
    });
  const [file] = sent;
  if (file) return () => Promise.resolve(file);
  return archive && (() => context.fetch(archive));
}

async function keep(context: ResourceContext, { read, name, own }: GivenPicture): Promise<SentPicture> {
  const { bytes } = await read();
  const { sha256 } = await context.blobs.put(bytes, 'application/octet-stream');
  return { sha256, name, ...(Object.keys(own).length > 0 ? { metadata: own } : {}) };
}

async function firstOf<T>(all: AsyncIterable<T>): Promise<T | undefined> {
  for await (const one of all) return one;
  return undefined;
}

export const list = defineOperation({
  name: 'list-items',
  method: 'GET',
  path: '/{id}/items',
  summary: 'Items of a collection, newest first',
  query: ItemQuery,
  answer: ItemPage,
  problems: SENDING,
  async run(context, { path, query: { filter, ...page } }) {
    const { id } = await needCollection(context, path['id']);
    const found = await context.collections.items(context.owner, id, {
      ...page,
      ...(filter === undefined ? {} : { filter: parseFilter(filter) }),
    });
    return { items: await toItems(context, id, found.items), nextCursor: found.nextCursor };
  },
});

/** @throws INVALID_PARAMETER */
function parseFilter(text: string): MetadataFilter {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new VisionError('INVALID_PARAMETER', 'filter: it is not JSON', {
      cause,
      hint: 'A filter is JSON such as {"year": {"gte": 2020}}.',
    });
  }
  const parsed = MetadataFilter.safeParse(json);
  if (!parsed.success) throw invalidFields(parsed.error);
  return parsed.data;
}

export const get = defineOperation({
  name: 'get-item',
  method: 'GET',
  path: '/{id}/items/{itemId}',
  summary: 'One item',
  answer: CollectionItem,
  problems: ['NOT_FOUND', 'CATALOG_UNAVAILABLE'],
  async run(context, { path }) {
    const collection = await needCollection(context, path['id']);
    return toItem(context, collection.id, await needItem(context, collection, path['itemId']));
  },
});

const METADATA_BYTES = 16 * 1024;

export const change = defineOperation({
  name: 'change-item',
  method: 'PATCH',
  path: '/{id}/items/{itemId}',
  summary: 'Put other metadata in place of an item’s',
  body: ItemChange,
  answer: CollectionItem,
  problems: SENDING,
  async run(context, { path, body: { metadata } }) {
    const collection = await needCollection(context, path['id']);
    const { id: itemId } = await needItem(context, collection, path['itemId']);
    if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES)
      throw new VisionError('INVALID_PARAMETER', `metadata: at most ${METADATA_BYTES / 1024} KiB as JSON`);
    const item = await context.collections.setMetadata(context.owner, collection.id, { itemId, metadata });
    return toItem(context, collection.id, item ?? (await needItem(context, collection, itemId)));
  },
});

export const remove = defineOperation({
  name: 'delete-item',
  method: 'DELETE',
  path: '/{id}/items/{itemId}',
  summary: 'Delete an item',
  status: 204,
  problems: ['NOT_FOUND', 'CATALOG_UNAVAILABLE'],
  async run(context, { path }) {
    const collection = await needCollection(context, path['id']);
    const { id } = await needItem(context, collection, path['itemId']);
    await context.collections.removeItems(context.owner, collection.id, [id]);
  },
});

export const removeMany = defineOperation({
  name: 'delete-items',
  method: 'POST',
  path: '/{id}/items/delete',
  summary: 'Delete several items',
  status: 204,
  body: DeleteItemsRequest,
  problems: SENDING,
  async run(context, { path, body: { ids } }) {
    const { id } = await needCollection(context, path['id']);
    await context.collections.removeItems(context.owner, id, ids);
  },
});
