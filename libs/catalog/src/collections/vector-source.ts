import type { CollectionStore, VectorSource } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { isUuid } from '../cursor.ts';
import type { Database } from '../database.ts';
import { asCatalogError, guarded } from '../failures.ts';
import { unpackFloats, unpackIntegers } from './vector-bytes.ts';

/**
 * Vectors that are in memory at a time: a larger piece would hold up the event loop, because pg hands bytes over as
 * text. (COPY in its binary format was measured as well: the
 * time was the same.)
 */
const PIECE_BYTES = 1024 * 1024;

interface VectorRow {
  readonly ordinal: number;
  readonly vector: Buffer;
}

interface ChangesRow {
  readonly revision: string;
  readonly pruned_to: string;
  readonly up_to: string;
  readonly ordinals: Buffer | null;
  readonly vectors: Buffer | null;
  readonly removed: number[];
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
        database.pool.query<ChangesRow>(CHANGES, [collectionId, spaceId, after, limit]),
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
          ? await client.query<{ revision: string; dimension: number | null }>(BEGIN_ALL, [
              collectionId,
              spaceId,
            ])
          : { rows: [] };
        const [collection] = found.rows;
        if (!collection) throw new VisionError('NOT_FOUND', `There is no collection ${collectionId}.`);
        const revision = Number(collection.revision);
        const dimension = collection.dimension ?? 1;
        const most = Math.max(1, Math.floor(PIECE_BYTES / Float32Array.BYTES_PER_ELEMENT / dimension));
        for (let after = -1, count = most; count === most;) {
          const { rows } = await client.query<VectorRow>(ALL, [collectionId, spaceId, after, most]);
          count = rows.length;
          after = rows.at(-1)?.ordinal ?? after;
          const ordinals = Int32Array.from(rows, (row) => row.ordinal);
          const vectors = new Float32Array(count * dimension);
          rows.forEach(({ vector }, index) => vectors.set(unpackFloats(vector), index * dimension));
          yield { revision, ordinals, vectors };
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
      const { rows } = await guarded(() =>
        database.pool.query<VectorRow>(SOME, [id, spaceId, ordinals, owner]),
      );
      const found = new Map(rows.map(({ ordinal, vector }) => [ordinal, unpackFloats(vector)]));
      return ordinals.map((ordinal) => found.get(ordinal));
    },
  };
}

const BEGIN_ALL = `SELECT c.revision, s.dimension FROM collections c LEFT JOIN embedding_spaces s ON s.id = $2 WHERE c.id = $1`;

/** The pieces are of one snapshot: what follows the last ordinal is where a cursor would go on. */
export const ALL = `SELECT ordinal, vector FROM item_vectors
  WHERE collection_id = $1 AND space_id = $2 AND ordinal > $3 ORDER BY ordinal LIMIT $4`;

const SOME = `SELECT ordinal, vector FROM item_vectors
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
  SELECT string_agg(int4send(ordinal), '' ORDER BY ordinal) AS ordinals, string_agg(vector, '' ORDER BY ordinal) AS vectors
  FROM item_vectors
  WHERE collection_id = $1 AND space_id = $2 AND revision > $3 AND revision <= b.up_to
) a
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(ordinal ORDER BY ordinal), '{}') AS removed FROM removed_items
  WHERE collection_id = $1 AND revision > $3 AND revision <= b.up_to
) r`;
