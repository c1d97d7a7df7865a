import type {
  CollectionRow,
  CollectionSpaceRow,
  ItemRow,
  ResourceContext,
  ResourceJob,
  SpaceRow,
} from '@fovea/application';
import { SPACE_NAMES, VisionError, type ReembedReport } from '@fovea/contracts';
import { spaceKey } from '@fovea/stages';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { pictureFault } from './add-pictures.ts';
import { vectorsOf, type Target } from './embed.ts';
import { currentModels, isMissing, sameModels, type SpaceModels } from './models.ts';
import { noCollection } from './need.ts';
import { together } from './together.ts';

const MAX_FAILURES = 100;
/** Pictures that are asked for and written at once. */
const BATCH = 16;

const Request = z.object({
  collectionId: z.uuid(),
  space: z.enum(SPACE_NAMES),
  spaceId: z.uuid(),
});

/**
 * Has a space of a collection embedded with these models from now on: a job that embeds what is there, after which the
 * new vectors answer. Models that it has already end a change that was begun.
 * @returns the collection as it stands then
 */
export async function renewSpace(
  context: ResourceContext,
  collection: CollectionRow,
  { row, models }: { row: CollectionSpaceRow; models: SpaceModels },
): Promise<CollectionRow> {
  const { collections, jobs, owner } = context;
  const { name } = row;
  const { fingerprint } = models.space;
  const change = async (to: { spaceId: string | null; jobId?: string }): Promise<CollectionRow> => {
    const changed = await collections.setNext(owner, collection.id, { name, ...to });
    if (!changed) throw noCollection(collection.id);
    return changed;
  };
  if (row.space.fingerprint === fingerprint) return row.next ? change({ spaceId: null }) : collection;

  const isBegun = row.next?.space.fingerprint === fingerprint;
  const jobId = (isBegun && row.next?.jobId) || randomUUID();
  if (isBegun && row.next?.jobId && (await jobs.find(jobId))) return collection;
  const space = await collections.ensureSpace(models.space);
  // The change first: a job that finds none would end at once. Where the server dies between, the job is made later.
  const changed = isBegun && row.next?.jobId ? collection : await change({ spaceId: space.id, jobId });
  await jobs.submit({
    kind: 're-embed',
    id: jobId,
    request: { collectionId: collection.id, space: name, spaceId: space.id },
  });
  return changed;
}

/** Begins again what the models of today ask for, and lets a space take over whose vectors are complete. */
export async function keepSpacesUp(context: ResourceContext, collection: CollectionRow): Promise<void> {
  for (const row of collection.spaces) {
    const wanted = modelsOfToday(context, row);
    if (wanted) await renewSpace(context, collection, { row, models: wanted });
    if (
      row.next &&
      row.next.vectors === collection.items &&
      row.next.space.fingerprint === wanted?.space.fingerprint
    )
      await context.collections.promote(context.owner, collection.id, row.name);
  }
}

/** Undefined where weights are missing: what is there goes on answering what it can. */
function modelsOfToday(
  context: ResourceContext,
  { space, next }: CollectionSpaceRow,
): SpaceModels | undefined {
  try {
    return currentModels(context, next?.space ?? space);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The job: every picture that lacks a vector in the coming space gets one, then that space takes over. */
export const reembed: ResourceJob = async (context, request) => {
  const { collectionId, space: name, spaceId } = Request.parse(request);
  const { collections, owner, job } = context;
  const failures: ReembedReport['failures'] = [];
  let failed = 0;

  const collection = await collections.get(owner, collectionId);
  if (!collection) throw noCollection(collectionId);
  const row = collection.spaces.find((one) => one.name === name);
  const space = row?.next?.space ?? row?.space;
  if (!row || !space) throw noCollection(collectionId);
  const report = (embedded: number): ReembedReport => ({
    collectionId,
    space: spaceKey(space),
    embedded,
    failed,
    failures,
  });
  // It took over before a restart, or another change came after this one.
  if (row.next?.space.id !== spaceId) return report(row.space.id === spaceId ? collection.items : 0);
  const target = targetOf(context, row.next.space);

  let done = row.next.vectors;
  const tell = () => job.progress(done, Math.max(done, collection.items), 'images');
  tell();
  for (let after = -1; ;) {
    job.signal.throwIfAborted();
    const items = await collections.missing(owner, collectionId, { spaceId, after, limit: BATCH });
    if (items.length === 0) break;
    const vectors = await together(items, (item) => embedStored(context, item, target));
    await collections.addVectors(
      owner,
      collectionId,
      vectors.flatMap((one) => (one instanceof VisionError ? [] : [one])),
    );
    vectors.forEach((one, index) => {
      if (!(one instanceof VisionError)) return;
      failed++;
      const item = items[index] as ItemRow;
      if (failures.length < MAX_FAILURES)
        failures.push({ name: item.name ?? item.id, code: one.code, detail: one.message });
    });
    done += items.length;
    tell();
    after = (items.at(-1) as ItemRow).ordinal;
  }
  // With pictures that cannot be read the old space goes on answering; once they are deleted, the new one takes over.
  if (failed === 0) await collections.promote(owner, collectionId, name);
  return report(done - failed);
};

/** @throws MODEL_CHANGED where the models were replaced while the job waited; another one is begun */
function targetOf(context: ResourceContext, space: SpaceRow): Target {
  const models = sameModels(context, space);
  if (models) return { spaceId: space.id, models };
  throw new VisionError('MODEL_CHANGED', `the models of ${spaceKey(space)} are gone or were replaced`, {
    hint: 'A job for the models of today begins by itself, where their weights are here.',
  });
}

async function embedStored(
  context: Parameters<ResourceJob>[0],
  item: ItemRow,
  target: Target,
): Promise<{ itemId: string; spaceId: string; vector: Float32Array } | VisionError> {
  try {
    const picture = await context.openImage(await context.blobs.read(item.sha256));
    const vectors = await vectorsOf(context, picture, [target]);
    return { itemId: item.id, spaceId: target.spaceId, vector: vectors[target.spaceId] as Float32Array };
  } catch (error) {
    context.job.signal.throwIfAborted();
    const fault = pictureFault(error);
    if (fault) return fault;
    throw error;
  }
}
