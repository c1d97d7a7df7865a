import type { CollectionStore, VectorSource } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { isUuid } from '../cursor.ts';
import type { Database } from '../database.ts';
import { asCatalogError, guarded } from '../failures.ts';
import { unpackFloats, unpackIntegers } from './vector-bytes.ts';

/** Rows that are in memory at a time: 10 MB of the largest vectors. */
const PIECE = 2_000;

interface Piece {
  readonly ordinals: Buffer | null;
  readonly vectors: Buffer | null;
}

/** What indexes are made from; no owner, because an index belongs to a collection, and whoever asks for it was checked. */
export function vectorSource(database: Database): VectorSource & Pick<CollectionStore, 'vectors'> {
  return {
    async revision(collectionId) {
      if (!isUuid(collectionId)) return null;
      const { rows } = await guarded(() =>
        database.pool.query<{ revision: string }>(
          { name: 'collection-revision', text: 'SELECT revision FROM collections WHERE id = $1' },
          [collectionId],
        ),
      );
      return rows[0] ? Number(rows[0].revision) : null;
    },

    async changes(collectionId, { spaceId, after, limit }) {
      if (!isUuid(collectionId)) return null;
      const { rows } = await guarded(() =>
        database.pool.query<
          Piece & { revision: string; pruned_to: string; up_to: string; removed: number[] }
        >(CHANGES, [collectionId, spaceId, after, limit]),
      );
      const [row] = rows;
      // A reader that is ahead has followed another database: a backup was restored.
      if (!row || after < Number(row.pruned_to) || after > Number(row.revision)) return null;
      const ordinals = unpackIntegers(row.ordinals);
      const vectors = unpackFloats(row.vectors);
      const dimension = vectors.length / Math.max(1, ordinals.length);
      return {
        added: Array.from(ordinals, (ordinal, index) => ({
          ordinal,
          vector: vectors.slice(index * dimension, (index + 1) * dimension),
        })),
        removed: row.removed,
        upTo: Number(row.up_to),
        complete: row.up_to === row.revision,
      };
    },

    async *all(collectionId, spaceId) {
      const client = await guarded(() => database.connect());
      try {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
        const found = isUuid(collectionId)
          ? await client.query<{ revision: string }>('SELECT revision FROM collections WHERE id = $1', [
              collectionId,
            ])
          : { rows: [] };
        if (!found.rows[0]) throw new VisionError('NOT_FOUND', `There is no collection ${collectionId}.`);
        const revision = Number(found.rows[0].revision);
        for (let after = -1, count = PIECE; count === PIECE;) {
          const { rows } = await client.query<Piece>(ALL, [collectionId, spaceId, after, PIECE]);
          const ordinals = unpackIntegers(rows[0]?.ordinals ?? null);
          count = ordinals.length;
          after = ordinals.at(-1) ?? after;
          yield { revision, ordinals, vectors: unpackFloats(rows[0]?.vectors ?? null) };
        }
      } catch (error) {
        throw asCatalogError(error);
      } finally {
        // Whoever stops reading early ends the transaction as well.
        await client.end().catch(() => {});
      }
    },

    async vectors(owner, id, { spaceId, ordinals }) {
      if (!isUuid(id)) return ordinals.map(() => undefined);
      const { rows } = await guarded(() => database.pool.query<Piece>(SOME, [id, spaceId, ordinals, owner]));
      const found = unpackIntegers(rows[0]?.ordinals ?? null);
      const floats = unpackFloats(rows[0]?.vectors ?? null);
      const dimension = floats.length / Math.max(1, found.length);
      const places = new Map(Array.from(found, (ordinal, index) => [ordinal, index]));
      return ordinals.map((ordinal) => {
        const place = places.get(ordinal);
        return place === undefined ? undefined : floats.slice(place * dimension, (place + 1) * dimension);
      });
    },
  };
}

// Many vectors as one value: a row each would cost more than the bytes.
const PACKED = `string_agg(int4send(ordinal), '' ORDER BY ordinal) AS ordinals, string_agg(vector, '' ORDER BY ordinal) AS vectors`;

const ALL = `SELECT ${PACKED} FROM (
  SELECT ordinal, vector FROM item_vectors WHERE collection_id = $1 AND space_id = $2 AND ordinal > $3
  ORDER BY ordinal LIMIT $4
) t`;

const SOME = `SELECT ${PACKED} FROM item_vectors
  WHERE collection_id = $1 AND space_id = $2 AND ordinal = ANY ($3::int[]) AND owner = $4`;

/**
 * One statement, so one snapshot. `events` are the first changes after $3 and one more than asked for: the window ends
 * before the revision of that one, which would be cut; a revision that is longer than the limit comes alone and whole.
 */
export const CHANGES = `WITH events AS MATERIALIZED (
  (SELECT revision FROM item_vectors WHERE collection_id = $1 AND space_id = $2 AND revision > $3 ORDER BY revision LIMIT $4::int + 1)
  UNION ALL
  (SELECT revision FROM removed_items WHERE collection_id = $1 AND revision > $3 ORDER BY revision LIMIT $4::int + 1)
), bounds AS MATERIALIZED (
  SELECT c.revision, c.pruned_to, coalesce(greatest(cut.revision - 1, first.revision), c.revision) AS up_to
  FROM collections c
  LEFT JOIN LATERAL (SELECT revision FROM events ORDER BY revision OFFSET $4 LIMIT 1) cut ON true
  LEFT JOIN LATERAL (SELECT min(revision) AS revision FROM events) first ON cut.revision IS NOT NULL
  WHERE c.id = $1
)
SELECT b.revision, b.pruned_to, b.up_to, a.ordinals, a.vectors, r.removed
FROM bounds b
CROSS JOIN LATERAL (
  SELECT ${PACKED} FROM item_vectors
  WHERE collection_id = $1 AND space_id = $2 AND revision > $3 AND revision <= b.up_to
) a
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(ordinal ORDER BY ordinal), '{}') AS removed FROM removed_items
  WHERE collection_id = $1 AND revision > $3 AND revision <= b.up_to
) r`;
