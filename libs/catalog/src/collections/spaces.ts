import type { CollectionRow, CollectionStore, SpaceRow } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { randomUUID } from 'node:crypto';
import { isUuid } from '../cursor.ts';
import type { Database } from '../database.ts';
import { guarded } from '../failures.ts';
import { insertVectors } from './insert-items.ts';
import type { Ask, Changes, LockedCollection } from './changes.ts';
import { ITEM_COLUMNS, toItem, type ItemColumns } from './rows.ts';
import { checkVector } from './vector-bytes.ts';

type Spaces = Pick<CollectionStore, 'ensureSpace' | 'setNext' | 'promote' | 'missing' | 'addVectors'>;

/** Spaces, and how a collection changes from one to the next. */
export function collectionSpaces(options: {
  database: Database;
  changes: Changes;
  get(owner: string, id: string): Promise<CollectionRow | null>;
}): Spaces {
  const { database, changes, get } = options;
  return {
    async ensureSpace({ name, fingerprint, dimension, version, models }) {
      const columns = [randomUUID(), name, fingerprint, dimension, version, JSON.stringify(models)];
      const find = () =>
        database.pool.query<SpaceRow>(
          'SELECT id, name, fingerprint, dimension, version, models FROM embedding_spaces WHERE name = $1 AND fingerprint = $2',
          [name, fingerprint],
        );
      return await guarded(async () => {
        const known = (await find()).rows[0];
        if (known) return known;
        await database.pool.query(
          `INSERT INTO embedding_spaces (id, name, fingerprint, dimension, version, models)
           VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name, fingerprint) DO NOTHING`,
          columns,
        );
        return (await find()).rows[0] as SpaceRow;
      });
    },

    async setNext(owner, id, { name, spaceId, jobId }) {
      const changed = await changes.run(owner, id, async (ask, collection) => {
        const { serving, next } = spacesOf(collection, name);
        // The space that answers is nothing to change to: the change is taken back.
        const wanted = spaceId === serving.id ? null : spaceId;
        if (wanted !== null) await checkSpace(ask, wanted, name);
        if (next && next.id !== wanted) await dropVectors(ask, collection, next.id);
        await ask(
          `UPDATE collection_spaces SET next_id = $3,
             next_job_id = CASE WHEN $3::uuid IS NULL THEN NULL WHEN next_id = $3 THEN coalesce($4, next_job_id) ELSE $4 END
           WHERE collection_id = $1 AND name = $2`,
          [id, name, wanted, jobId ?? null],
        );
        await touch(ask, id, next && next.id !== wanted ? collection.revision + 1 : collection.revision);
        return true;
      });
      return changed ? await get(owner, id) : null;
    },

    async promote(owner, id, name) {
      const promoted = await changes.run(owner, id, async (ask, collection) => {
        const { serving, next } = spacesOf(collection, name);
        if (!next) return false;
        const [lacking] = await ask(`${MISSING} LIMIT 1`, [id, next.id, owner, -1], { mayTakeMinutes: true });
        if (lacking) return false;
        await dropVectors(ask, collection, serving.id);
        await ask(
          `UPDATE collection_spaces SET space_id = next_id, next_id = NULL, next_job_id = NULL
           WHERE collection_id = $1 AND name = $2`,
          [id, name],
        );
        await touch(ask, id, collection.revision + 1);
        return true;
      });
      return promoted ?? false;
    },

    async missing(owner, id, { spaceId, after, limit }) {
      if (!isUuid(id)) return [];
      const { rows } = await guarded(() =>
        database.pool.query<ItemColumns>(`${MISSING} LIMIT $5`, [id, spaceId, owner, after, limit]),
      );
      return rows.map(toItem);
    },

    async addVectors(owner, id, vectors) {
      if (vectors.length === 0) return;
      for (const { vector } of vectors) checkVector(vector);
      await changes.run(owner, id, async (ask, collection) => {
        const known = await ask<{ id: string; ordinal: number }>(
          'SELECT id, ordinal FROM collection_items WHERE collection_id = $1 AND owner = $2 AND id = ANY ($3::uuid[])',
          [id, owner, vectors.map(({ itemId }) => itemId)],
        );
        if (known.length === 0) return;
        const ordinals = new Map(known.map((item) => [item.id, item.ordinal]));
        for (const spaceId of new Set(vectors.map((each) => each.spaceId))) {
          const space = collection.spaces.find((each) => each.id === spaceId);
          if (!space) throw new VisionError('CONFLICT', `The collection has no space ${spaceId} any more.`);
          // One of an item: the last that was given.
          const rows = new Map(
            vectors.flatMap(({ itemId, spaceId: of, vector }) => {
              const ordinal = of === spaceId ? ordinals.get(itemId) : undefined;
              return ordinal === undefined ? [] : [[ordinal, { id: itemId, ordinal, vector }] as const];
            }),
          );
          await insertVectors(ask, collection, { space, items: [...rows.values()] });
        }
        await touch(ask, id, collection.revision + 1);
      });
    },
  };
}

const MISSING = `SELECT ${ITEM_COLUMNS} FROM collection_items i
  WHERE collection_id = $1 AND owner = $3 AND ordinal > $4
    AND NOT EXISTS (SELECT 1 FROM item_vectors v WHERE v.item_id = i.id AND v.space_id = $2)
  ORDER BY ordinal`;

function spacesOf(collection: LockedCollection, name: string) {
  const ofName = collection.spaces.filter((space) => space.name === name);
  const serving = ofName.find((space) => space.serving);
  if (!serving) throw new VisionError('CONFLICT', `The collection has no space "${name}".`);
  return { serving, next: ofName.find((space) => !space.serving) };
}

async function checkSpace(ask: Ask, spaceId: string, name: string): Promise<void> {
  const [space] = await ask('SELECT 1 FROM embedding_spaces WHERE id = $1 AND name = $2', [spaceId, name]);
  if (!space) throw new RangeError(`spaceId ${spaceId} is no space of the name "${name}"`);
}

const dropVectors = (ask: Ask, { id }: LockedCollection, spaceId: string) =>
  ask('DELETE FROM item_vectors WHERE collection_id = $1 AND space_id = $2', [id, spaceId], {
    mayTakeMinutes: true,
  });

const touch = (ask: Ask, id: string, revision: number) =>
  ask('UPDATE collections SET revision = $2, updated_at = now() WHERE id = $1', [id, revision]);
