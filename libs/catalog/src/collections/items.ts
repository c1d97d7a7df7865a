import type { CollectionStore, ItemRow, NewItem } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { randomUUID } from 'node:crypto';
import type { BlobFiles } from '../blob-files.ts';
import type { Blobs } from '../blobs.ts';
import { isUuid } from '../cursor.ts';
import { cleanText } from '../search-rows.ts';
import type { Ask, Changes, LockedCollection } from './changes.ts';
import { insertItems, insertVectors, type InsertedItem } from './insert-items.ts';
import { metadataJson } from './metadata.ts';
import { ITEM_COLUMNS, toItem, type ItemColumns } from './rows.ts';
import { checkVector } from './vector-bytes.ts';

type ItemChanges = Pick<CollectionStore, 'addItems' | 'removeItems' | 'setMetadata'>;
type Added = Awaited<ReturnType<CollectionStore['addItems']>>;

const UNIQUE_VIOLATION = '23505';

/** Items are added, described and removed. */
export function itemChanges(options: { files: BlobFiles; blobs: Blobs; changes: Changes }): ItemChanges {
  const { files, blobs, changes } = options;
  return {
    async addItems(owner, id, items) {
      if (items.length === 0) return [];
      for (const item of items) for (const vector of Object.values(item.vectors)) checkVector(vector);
      const hashes = [...new Set(items.map((item) => item.sha256))];
      const holds = hashes.map((sha256) => files.hold(sha256));
      try {
        const sizes = await blobs.readable(owner, hashes);
        const added = await changes.run(owner, id, (ask, collection) =>
          addAll(ask, collection, { items: items.map(cleaned), sizes }),
        );
        if (!added) throw new VisionError('NOT_FOUND', `There is no collection ${id}.`);
        return added;
      } catch (cause) {
        if ((cause as { code?: string }).code === UNIQUE_VIOLATION)
          throw new VisionError('CONFLICT', 'An item of this id is there already, with another picture.', {
            cause,
          });
        throw cause;
      } finally {
        for (const release of holds) release();
      }
    },

    async removeItems(owner, id, itemIds) {
      const ids = itemIds.filter(isUuid);
      if (ids.length === 0) return 0;
      const removed = await changes.run(owner, id, async (ask, { revision }) => {
        const [row] = await ask<{ count: number }>(REMOVE, [id, owner, ids, revision + 1], {
          mayTakeMinutes: true,
        });
        return row?.count ?? 0;
      });
      return removed ?? 0;
    },

    async setMetadata(owner, id, { itemId, metadata }) {
      if (!isUuid(itemId)) return null;
      const json = metadataJson(metadata);
      const item = await changes.run(owner, id, async (ask) => {
        const [row] = await ask<ItemColumns>(
          `UPDATE collection_items SET metadata = $4::jsonb WHERE collection_id = $1 AND owner = $2 AND id = $3
           RETURNING ${ITEM_COLUMNS}`,
          [id, owner, itemId, json],
        );
        if (!row) return null;
        await ask('UPDATE collections SET updated_at = now() WHERE id = $1', [id]);
        return toItem(row);
      });
      return item;
    },
  };
}

const cleaned = (item: NewItem): NewItem => ({
  ...item,
  name: item.name === null ? null : cleanText(item.name),
  mime: cleanText(item.mime),
});

async function addAll(
  ask: Ask,
  collection: LockedCollection,
  { items, sizes }: { items: readonly NewItem[]; sizes: ReadonlyMap<string, { bytes: number }> },
): Promise<Added> {
  for (const item of items) checkSpaces(item, collection);
  const found = await ask<ItemColumns>(
    `SELECT ${ITEM_COLUMNS} FROM collection_items WHERE collection_id = $1 AND owner = $2 AND sha256 = ANY ($3)`,
    [collection.id, collection.owner, items.map((item) => item.sha256)],
  );
  const known = new Map<string, ItemRow>(found.map((row) => [row.sha256, toItem(row)]));
  const fresh = new Map<string, InsertedItem>();
  for (const item of items) {
    if (known.has(item.sha256) || fresh.has(item.sha256)) continue;
    const ordinal = collection.nextOrdinal + fresh.size;
    const bytes = sizes.get(item.sha256)?.bytes ?? 0;
    fresh.set(item.sha256, { ...item, id: item.id ?? randomUUID(), ordinal, bytes });
  }
  if (fresh.size > 0) await insertFresh(ask, collection, [...fresh.values()], known);
  const unseen = new Set(fresh.keys());
  const existing = items.map(({ sha256 }) => !unseen.delete(sha256));
  const again = items.filter((_, index) => existing[index]);
  for (const item of again) {
    const before = known.get(item.sha256) as ItemRow;
    const after = await addToExisting(ask, before, item);
    if (after) known.set(item.sha256, after);
  }
  if (fresh.size > 0 || again.length > 0)
    await ask(
      `UPDATE collections SET revision = $2, next_ordinal = next_ordinal + $3, items = items + $3, updated_at = now()
       WHERE id = $1`,
      [collection.id, collection.revision + (fresh.size > 0 ? 1 : 0), fresh.size],
    );
  return items.map((item, index) => ({
    item: known.get(item.sha256) as ItemRow,
    existing: existing[index] as boolean,
  }));
}

async function insertFresh(
  ask: Ask,
  collection: LockedCollection,
  fresh: readonly InsertedItem[],
  known: Map<string, ItemRow>,
): Promise<void> {
  for (const row of await insertItems(ask, collection, fresh)) known.set(row.sha256, toItem(row));
  for (const space of collection.spaces) {
    const rows = fresh.map(({ id, ordinal, vectors }) => ({
      id,
      ordinal,
      vector: vectors[space.id] as Float32Array,
    }));
    await insertVectors(ask, collection, { space, items: rows });
  }
}

/** What is said of a picture that is an item already; null where that is nothing new. */
async function addToExisting(
  ask: Ask,
  before: ItemRow,
  { metadata, runId }: NewItem,
): Promise<ItemRow | null> {
  const merged = metadataJson({ ...before.metadata, ...metadata });
  if (merged === metadataJson(before.metadata) && (before.runId !== null || runId === null)) return null;
  const [row] = await ask<ItemColumns>(
    `UPDATE collection_items SET metadata = $2::jsonb, run_id = coalesce(run_id, $3) WHERE id = $1
     RETURNING ${ITEM_COLUMNS}`,
    [before.id, merged, runId],
  );
  return row ? toItem(row) : null;
}

function checkSpaces(item: NewItem, { spaces }: LockedCollection): void {
  const given = Object.keys(item.vectors);
  const lacking = spaces.filter(({ id }) => item.vectors[id] === undefined);
  if (lacking.length === 0 && given.length === spaces.length) return;
  throw new VisionError(
    'CONFLICT',
    `The spaces of the collection are not those of the vectors: it has ${spaces.map(({ name, id }) => `${name} (${id})`).join(', ')}.`,
    { hint: 'A change of a model began or ended meanwhile: embed again.' },
  );
}

const REMOVE = `WITH gone AS (
  DELETE FROM collection_items WHERE collection_id = $1 AND owner = $2 AND id = ANY ($3::uuid[]) RETURNING ordinal
), noted AS (
  INSERT INTO removed_items (collection_id, ordinal, owner, revision, removed_at)
  SELECT $1, ordinal, $2, $4, now() FROM gone
), changed AS (
  UPDATE collections SET revision = $4, items = items - (SELECT count(*) FROM gone), updated_at = now()
  WHERE id = $1 AND EXISTS (SELECT 1 FROM gone)
)
SELECT count(*)::int AS count FROM gone`;
