import type { CollectionRow, ItemRow, NewItem, ResourceContext } from '@fovea/application';
import { INPUT_FAULTS, VisionError, type ErrorCode, type Metadata } from '@fovea/contracts';
import { targetsOf, vectorsOf, type Target } from './embed.ts';
import { noCollection } from './need.ts';
import { together } from './together.ts';

/** A picture on its way into a collection. */
export interface NewPicture {
  /** Its bytes when their turn comes, perhaps a second time, and what only its source knows of it. */
  read(): Promise<{ readonly bytes: Uint8Array; readonly sha256: string; readonly metadata?: Metadata }>;
  readonly name: string | null;
  /** Counts more than its source's. */
  readonly metadata: Metadata;
  readonly runId: string | null;
  /** Default: a new one. */
  readonly id?: string;
}

export interface Added {
  readonly item: ItemRow;
  readonly existing: boolean;
}
/** What became of one picture. */
export type Outcome = Added | VisionError;

/** What is wrong with one picture, and not with the others. */
const FAULTS: readonly ErrorCode[] = [
  ...INPUT_FAULTS,
  'NOT_FOUND',
  'INVALID_PARAMETER',
  'INVALID_REQUEST',
  'FORBIDDEN',
];

/** How often pictures are embedded anew because the collection got another space meanwhile. */
const ATTEMPTS = 3;
const METADATA_BYTES = 16 * 1024;

/** @returns the fault of a picture; undefined for an error that concerns everything */
export const pictureFault = (error: unknown): VisionError | undefined =>
  error instanceof VisionError && FAULTS.includes(error.code) ? error : undefined;

/**
 * Embeds pictures and adds them in one commit; a bad one fails alone. A picture that is there already stays one item,
 * and metadata is added to its own.
 * @returns what became of each, in their order
 * @throws NOT_FOUND (the collection), CONFLICT, QUEUE_FULL, CANCELLED, STORAGE_FULL, MODEL_MISSING
 */
export async function addPictures(
  context: ResourceContext,
  collectionId: string,
  pictures: readonly NewPicture[],
): Promise<Outcome[]> {
  for (let attempt = 1; ; attempt++) {
    const collection = await context.collections.get(context.owner, collectionId);
    if (!collection) throw noCollection(collectionId);
    try {
      return await addOnce(context, collection, pictures);
    } catch (error) {
      const isStale = error instanceof SpacesChanged && attempt < ATTEMPTS;
      if (!isStale) throw error instanceof SpacesChanged ? error.cause : error;
    }
  }
}

/** The collection has other spaces than a moment ago. */
class SpacesChanged extends Error {}

async function addOnce(
  context: ResourceContext,
  collection: CollectionRow,
  pictures: readonly NewPicture[],
): Promise<Outcome[]> {
  const { collections, owner, signal } = context;
  const targets = targetsOf(context, collection);
  const prepared = await together(pictures, async (picture): Promise<NewItem | Outcome> => {
    try {
      return await prepare(context, { collection, targets, picture });
    } catch (error) {
      signal.throwIfAborted();
      const fault = pictureFault(error);
      if (fault) return fault;
      throw error;
    }
  });
  const items = firstOfEach(prepared.filter(isNewItem));
  const added = await collections.addItems(owner, collection.id, items).catch((cause: unknown) => {
    if (cause instanceof VisionError && cause.code === 'CONFLICT')
      throw new SpacesChanged('the spaces of the collection changed', { cause });
    throw cause;
  });
  const bySha = new Map(added.map((one) => [one.item.sha256, one]));
  const told = new Set<string>();
  return prepared.map((one) => {
    if (!isNewItem(one)) return one;
    const { item, existing } = bySha.get(one.sha256) as Added;
    const isFirst = !told.has(one.sha256);
    told.add(one.sha256);
    // After a crash a job adds again what it added: it is its own item, not one that was there before.
    return { item, existing: !isFirst || (existing && item.id !== one.id) };
  });
}

const isNewItem = (one: NewItem | Outcome): one is NewItem => 'vectors' in one;

/** Each picture once, with the metadata of all that are the same; the later wins. */
function firstOfEach(items: readonly NewItem[]): NewItem[] {
  const distinct = new Map<string, NewItem>();
  for (const item of items) {
    const first = distinct.get(item.sha256);
    distinct.set(item.sha256, first ? { ...first, metadata: { ...first.metadata, ...item.metadata } } : item);
  }
  return [...distinct.values()];
}

async function prepare(
  context: ResourceContext,
  options: { collection: CollectionRow; targets: readonly Target[]; picture: NewPicture },
): Promise<NewItem | Added> {
  const { collection, targets, picture } = options;
  const { collections, owner, signal } = context;
  signal.throwIfAborted();
  const { bytes, sha256, metadata: found } = await picture.read();
  const metadata = { ...found, ...picture.metadata };
  checkMetadata(metadata);
  const existing = (await collections.existing(owner, collection.id, [sha256])).get(sha256);
  if (existing) {
    const item = await withMetadata(context, collection.id, { item: existing, metadata });
    // Null: it was deleted a moment ago, and is a new one.
    if (item) return { item, existing: item.id !== picture.id };
  }
  const opened = await context.openImage(bytes);
  const vectors = await vectorsOf(context, opened, targets);
  await context.blobs.put(bytes, opened.mime);
  const { width, height, mime } = opened;
  const { name, runId, id } = picture;
  return { name, metadata, runId, sha256, mime, width, height, vectors, ...(id === undefined ? {} : { id }) };
}

function withMetadata(
  { collections, owner }: ResourceContext,
  collectionId: string,
  { item, metadata }: { item: ItemRow; metadata: Metadata },
): Promise<ItemRow | null> {
  if (Object.keys(metadata).length === 0) return Promise.resolve(item);
  const change = { itemId: item.id, metadata: { ...item.metadata, ...metadata } };
  return collections.setMetadata(owner, collectionId, change);
}

/** @throws INVALID_PARAMETER */
function checkMetadata(metadata: Metadata): void {
  if (Buffer.byteLength(JSON.stringify(metadata)) > METADATA_BYTES)
    throw new VisionError('INVALID_PARAMETER', `metadata: at most ${METADATA_BYTES / 1024} KiB as JSON`);
}
