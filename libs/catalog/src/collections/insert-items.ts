import type { NewItem } from '@fovea/application';
import { OR_TOUCH_BLOB } from '../touch-blobs.ts';
import type { Ask, LockedCollection, LockedSpace } from './changes.ts';
import { metadataJson } from './metadata.ts';
import { ITEM_COLUMNS, type ItemColumns } from './rows.ts';
import { packVectors } from './vector-bytes.ts';

export interface InsertedItem extends NewItem {
  readonly id: string;
  readonly ordinal: number;
  /** Of its picture's file. */
  readonly bytes: number;
}

/** The rows of new items, of their blobs and of what refers to them; one statement, whatever their number. */
export function insertItems(
  ask: Ask,
  { id, owner }: LockedCollection,
  items: readonly InsertedItem[],
): Promise<ItemColumns[]> {
  return ask<ItemColumns>(INSERT_ITEMS, [
    id,
    owner,
    items.map((item) => item.id),
    items.map((item) => item.ordinal),
    items.map((item) => item.name),
    items.map((item) => item.sha256),
    items.map((item) => item.mime),
    items.map((item) => item.width),
    items.map((item) => item.height),
    items.map((item) => metadataJson(item.metadata)),
    items.map((item) => item.runId),
    items.map((item) => item.bytes),
  ]);
}

const INSERT_ITEMS = `WITH given AS MATERIALIZED (
  SELECT * FROM unnest($3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[], $9::int[], $10::jsonb[], $11::uuid[], $12::bigint[])
    AS t(id, ordinal, name, sha256, mime, width, height, metadata, run_id, bytes)
), new_blobs AS (
  INSERT INTO blobs (sha256, bytes) SELECT sha256, bytes FROM given ORDER BY sha256
  ${OR_TOUCH_BLOB}
), new_references AS (
  INSERT INTO blob_references (owner, sha256, kind, mime, item_id, created_at)
  SELECT $2, sha256, 'item', mime, id, now() FROM given
)
INSERT INTO collection_items (id, collection_id, owner, ordinal, name, sha256, mime, width, height, metadata, run_id, created_at)
SELECT id, $1, $2, ordinal, name, sha256, mime, width, height, metadata, run_id, now() FROM given
RETURNING ${ITEM_COLUMNS}`;

/** Vectors of one space; they become those of the revision that the change makes. */
export async function insertVectors(
  ask: Ask,
  { id, owner, revision }: LockedCollection,
  options: {
    space: LockedSpace;
    items: readonly { id: string; ordinal: number; vector: Float32Array }[];
  },
): Promise<void> {
  const { space, items } = options;
  const wrong = items.find(({ vector }) => vector.length !== space.dimension);
  if (wrong)
    throw new RangeError(
      `a vector of the space ${space.name} has ${space.dimension} numbers, not ${wrong.vector.length}`,
    );
  await ask(INSERT_VECTORS, [
    id,
    owner,
    space.id,
    revision + 1,
    items.map((item) => item.id),
    items.map((item) => item.ordinal),
    packVectors(
      items.map((item) => item.vector),
      space.dimension,
    ),
    space.dimension * Float32Array.BYTES_PER_ELEMENT,
  ]);
}

// All vectors in one binary parameter: as an array they would travel as text, twice as long.
const INSERT_VECTORS = `
  INSERT INTO item_vectors (item_id, space_id, owner, collection_id, ordinal, revision, vector)
  SELECT t.id, $3, $2, $1, t.ordinal, $4, substring($7::bytea FROM (t.n::int - 1) * $8::int + 1 FOR $8::int)
  FROM unnest($5::uuid[], $6::int[]) WITH ORDINALITY AS t(id, ordinal, n)
  ON CONFLICT (item_id, space_id) DO UPDATE SET revision = excluded.revision, vector = excluded.vector`;
