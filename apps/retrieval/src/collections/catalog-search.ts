import type { CatalogHit, CollectionRow, ResourceContext } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { embedTexts } from '@fovea/stages';
import { addPictures, pictureFault } from './add-pictures.ts';
import { isMissing, modelsFor, sameModels, textModels } from './models.ts';
import { refOf } from './need.ts';
import { keepSpacesUp } from './re-embed.ts';

// The pictures of stored runs, kept in a collection of the house so that the catalog can be searched by meaning.

const NAME = 'catalog';
/** Pictures of one round; the next follows at once while there are more. */
const ROUND = 32;
/** Rounds until others get their turn. */
const ROUNDS = 20;
const SWEEP = 200;

/** Pictures that could not be embedded: they are not tried again by this process. */
const unreadable = new Set<string>();

/** Adds what was stored since, removes pictures whose runs are gone; nothing where the models are not here. */
export async function indexCatalog(context: ResourceContext): Promise<void> {
  const collection = await catalogCollection(context);
  if (!collection) return;
  await sweep(context, collection);
  await keepSpacesUp(context, collection);
  for (let round = 0; round < ROUNDS && !context.signal.aborted; round++) {
    const found = await context.runPictures({ limit: ROUND + unreadable.size, notIn: collection.id });
    const pictures = found.filter(({ sha256 }) => !unreadable.has(sha256)).slice(0, ROUND);
    if (pictures.length === 0) break;
    const outcomes = await addPictures(
      context,
      collection.id,
      pictures.map(({ sha256, runId }) => ({
        name: null,
        metadata: {},
        runId,
        read: async () => ({ bytes: await context.blobs.read(sha256), sha256 }),
      })),
    );
    for (const [index, outcome] of outcomes.entries())
      if (pictureFault(outcome)) unreadable.add(pictures[index]?.sha256 ?? '');
  }
}

/** The collection of the owner's stored runs; null where the models of cross-modal are not here. */
async function catalogCollection(context: ResourceContext): Promise<CollectionRow | null> {
  const { collections, owner } = context;
  const there = await collections.ofCatalog(owner);
  if (there) return there;
  try {
    const { space } = modelsFor(context, 'cross-modal');
    const { id } = await collections.ensureSpace(space);
    return await collections.create(owner, { name: NAME, kind: 'catalog', spaceIds: [id] });
  } catch (error) {
    if (isMissing(error)) return null;
    // Another process made it at the same moment.
    if (error instanceof VisionError && error.code === 'CONFLICT') return collections.ofCatalog(owner);
    throw error;
  }
}

/** Where the sweep of each collection goes on. */
const sweptTo = new Map<string, string>();

/** Removes pictures that no run has any more: one page a round, so that a large catalog costs no more than a small one. */
async function sweep({ collections, owner, withoutRuns }: ResourceContext, { id }: CollectionRow) {
  const page = await collections.items(owner, id, { limit: SWEEP, cursor: sweptTo.get(id) });
  if (page.nextCursor === null) sweptTo.delete(id);
  else sweptTo.set(id, page.nextCursor);
  const gone = new Set(await withoutRuns(page.items.map(({ sha256 }) => sha256)));
  const ids = page.items.flatMap((item) => (gone.has(item.sha256) ? [item.id] : []));
  if (ids.length > 0) await collections.removeItems(owner, id, ids);
}

/** Pictures of stored runs that a text is about, the most relevant first. @throws MODEL_MISSING */
export async function catalogSearch(
  context: ResourceContext,
  { text, limit }: { text: string; limit: number },
): Promise<readonly CatalogHit[]> {
  const { collections, owner, vectors, signal } = context;
  const { vectors: embedded } = await embedTexts(context, [text], textModels(context));
  const collection = await collections.ofCatalog(owner);
  const row = collection?.spaces.find(({ name }) => name === 'cross-modal');
  // Where weights were replaced, texts of today are compared with what is embedded by them so far.
  const space = [row?.space, row?.next?.space].find((one) => one && sameModels(context, one));
  if (!collection || !space) return [];
  const { hits } = await vectors.search(refOf(collection, space), embedded[0] as Float32Array, {
    k: limit,
    signal,
  });
  const rows = await collections.itemsByOrdinal(
    owner,
    collection.id,
    hits.map(({ ordinal }) => ordinal),
  );
  const byOrdinal = new Map(rows.map((item) => [item.ordinal, item.sha256]));
  return hits.flatMap(({ ordinal, score }) => {
    const sha256 = byOrdinal.get(ordinal);
    return sha256 ? [{ sha256, score }] : [];
  });
}
