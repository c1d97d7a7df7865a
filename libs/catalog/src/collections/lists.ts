import type { CollectionRow, CollectionStore } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { randomUUID } from 'node:crypto';
import { decodeCursor, isUuid, pageOf } from '../cursor.ts';
import type { Database } from '../database.ts';
import { guarded } from '../failures.ts';
import { checkOwner } from '../record.ts';
import { collectionName } from './names.ts';
import { SELECT_COLLECTIONS, toCollection, type CollectionColumns } from './rows.ts';

type Lists = Pick<CollectionStore, 'create' | 'get' | 'ofCatalog' | 'list' | 'rename' | 'delete'>;

const UNIQUE_VIOLATION = '23505';

/** Collections as such: made, listed, renamed, deleted. */
export function collectionLists(database: Database): Lists {
  const select = async (where: string, values: unknown[]): Promise<CollectionRow[]> => {
    const { rows } = await guarded(() =>
      database.pool.query<CollectionColumns>(`${SELECT_COLLECTIONS} WHERE ${where}`, values),
    );
    return rows.map(toCollection);
  };
  const get = async (owner: string, id: string) =>
    isUuid(id) ? ((await select('c.owner = $1 AND c.id = $2', [owner, id]))[0] ?? null) : null;

  /** Runs what a name that is taken makes fail. */
  const named = async <T>(
    collection: { owner: string; kind: string; key: string },
    work: () => Promise<T>,
  ): Promise<T> => {
    try {
      return await guarded(work);
    } catch (cause) {
      if ((cause as { code?: string }).code !== UNIQUE_VIOLATION) throw cause;
      const { owner, kind, key } = collection;
      const [other] = await select('c.owner = $1 AND c.kind = $2 AND c.name_key = $3', [owner, kind, key]);
      const detail = other ? `the collection "${other.name}" (${other.id})` : 'another collection';
      throw new VisionError('CONFLICT', `There is ${detail} already: names differ in more than case.`, {
        cause,
        hint: 'Choose another name, or use that collection.',
      });
    }
  };

  return {
    get,

    async create(owner, { name: given, kind, spaceIds }) {
      checkOwner(owner);
      const { name, key } = collectionName(given);
      const id = randomUUID();
      const made = await named({ owner, kind, key }, async () => {
        const { rowCount } = await database.pool.query(CREATE, [id, owner, kind, name, key, spaceIds]);
        return rowCount ?? 0;
      });
      if (made === 0)
        throw new RangeError(
          `spaceIds must be one or more spaces of different names: ${spaceIds.join(', ')}`,
        );
      const collection = await get(owner, id);
      if (!collection) throw new VisionError('NOT_FOUND', `collection ${id} was deleted at once`);
      return collection;
    },

    async ofCatalog(owner) {
      const [row] = await select(`c.owner = $1 AND c.kind = 'catalog' ORDER BY c.created_at, c.id LIMIT 1`, [
        owner,
      ]);
      return row ?? null;
    },

    async list(owner, { limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const rows = await select(
        `c.owner = $1 AND c.kind = 'user'
           AND ($2::timestamptz IS NULL OR (c.created_at, c.id) < ($2::timestamptz, $3::uuid))
         ORDER BY c.created_at DESC, c.id DESC LIMIT $4`,
        [owner, after?.createdAt.toISOString(), after?.id, limit + 1],
      );
      return pageOf(rows, limit, (row) => row);
    },

    async rename(owner, id, given) {
      const { name, key } = collectionName(given);
      const before = await get(owner, id);
      if (!before) return null;
      await named({ owner, kind: before.kind, key }, () =>
        database.pool.query(
          'UPDATE collections SET name = $3, name_key = $4, updated_at = now() WHERE owner = $1 AND id = $2',
          [owner, id, name, key],
        ),
      );
      return await get(owner, id);
    },

    async delete(owner, id) {
      if (!isUuid(id)) return false;
      const { rowCount } = await guarded(() =>
        database.maintain('DELETE FROM collections WHERE owner = $1 AND id = $2', [owner, id]),
      );
      return (rowCount ?? 0) > 0;
    },
  };
}

// Nothing is made unless every space is there, each of another name.
const CREATE = `WITH chosen AS (
  SELECT id, name FROM embedding_spaces WHERE id = ANY ($6::uuid[])
), new_collection AS (
  INSERT INTO collections (id, owner, kind, name, name_key, created_at, updated_at)
  SELECT $1::uuid, $2, $3, $4, $5, now(), now()
  WHERE cardinality($6::uuid[]) > 0 AND (SELECT count(DISTINCT name) FROM chosen) = cardinality($6::uuid[])
  RETURNING id
)
INSERT INTO collection_spaces (collection_id, name, space_id)
SELECT n.id, c.name, c.id FROM new_collection n CROSS JOIN chosen c`;
