import type { CollectionRow } from '@fovea/application';
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CollectionBench } from './collection-hooks.ts';
import { content, embeddingSpace, follow, newItem, unitVector } from './collections.ts';
import { postgresMissing, query } from './postgres.ts';

describe.skipIf(postgresMissing)('changes of collections', () => {
  const bench = new CollectionBench();
  const store = () => bench.catalog.collections;
  const changes = (collection: CollectionRow, after: number, limit = 100) =>
    store().changes(collection.id, { spaceId: bench.visual.id, after, limit });

  describe('as readers follow them', () => {
    test('a revision is never cut: a window ends between two, one that is longer than the limit comes whole', async () => {
      const collection = await bench.create();
      for (const count of [3, 3, 10, 1]) {
        const { items } = (await store().get('ann', collection.id)) as CollectionRow;
        await bench.fill({ ...collection, items }, count);
      }
      const windows: [added: number, upTo: number, complete: boolean][] = [];
      for (let after = 0, complete = false; !complete;) {
        const window = await changes(collection, after, 6);
        if (!window) throw new Error('nothing was pruned');
        ({ upTo: after, complete } = window);
        windows.push([window.added.length, after, complete]);
      }
      expect(windows).toEqual([
        [6, 2, false],
        [10, 3, false],
        [1, 4, true],
      ]);
      expect(await changes(collection, 0, 5)).toMatchObject({ upTo: 1, complete: false });
      expect(await changes(collection, 3, 1)).toMatchObject({ upTo: 4, complete: true });
      expect(await changes(collection, 4)).toEqual({ added: [], removed: [], upTo: 4, complete: true });
    });

    test('what came and went within a window is only gone', async () => {
      const collection = await bench.create();
      const items = await bench.fill(collection, 4);
      await store().removeItems(
        'ann',
        collection.id,
        items.slice(0, 2).map(({ id }) => id),
      );
      const all = await changes(collection, 0);
      expect(all?.added.map(({ ordinal }) => ordinal)).toEqual([2, 3]);
      expect(all?.removed).toEqual([0, 1]);
    });

    test('a reader that is not of this history reads everything', async () => {
      const collection = await bench.create();
      await bench.fill(collection, 1);
      expect(await changes(collection, 2)).toBeNull();
      expect(
        await store().changes(randomUUID(), { spaceId: bench.visual.id, after: 0, limit: 1 }),
      ).toBeNull();
      expect(await store().revision(collection.id)).toBe(1);
      expect(await store().revision(randomUUID())).toBeNull();
      expect(await store().revision('x')).toBeNull();
      await expect(content(bench.catalog, randomUUID(), bench.visual.id)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    test('everything is read as of one moment, and a reader that stops leaves no connection behind', async () => {
      const collection = await bench.create();
      // More than a piece: pieces are of a mebibyte.
      const wide = await store().ensureSpace(embeddingSpace('visual', 4096));
      const { id } = await store().create('ann', { name: 'wide', kind: 'user', spaceIds: [wide.id] });
      const items = await Promise.all(
        Array.from({ length: 150 }, (_, n) =>
          newItem(bench.catalog, { owner: 'ann', picture: `wide ${n}`, spaces: [wide] }),
        ),
      );
      await store().addItems('ann', id, items);
      const pieces: number[] = [];
      const found: Float32Array[] = [];
      for await (const piece of store().all(id, wide.id)) {
        if (pieces.length === 0)
          await store().removeItems(
            'ann',
            id,
            [
              ...(
                await store().existing(
                  'ann',
                  id,
                  items.map(({ sha256 }) => sha256),
                )
              ).values(),
            ].map((item) => item.id),
          );
        expect(piece.revision).toBe(1);
        pieces.push(piece.ordinals.length);
        piece.ordinals.forEach((_, n) => found.push(piece.vectors.slice(n * 4096, (n + 1) * 4096)));
      }
      expect(pieces).toEqual([64, 64, 22]);
      expect(found).toEqual(items.map(({ vectors }) => vectors[wide.id]));
      await bench.fill(collection, 2);
      for await (const piece of store().all(collection.id, bench.visual.id)) {
        expect(piece.ordinals).toEqual(Int32Array.of(0, 1));
        break;
      }
      await expect
        .poll(() =>
          query(
            bench.databaseUrl,
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'fovea-reader' AND datname = current_database()",
          ),
        )
        .toEqual([]);
    });

    test('twenty writers and three readers at once: ordinals are one each, and who follows ends with what is there', async () => {
      const collection = await bench.create();
      const { id } = collection;
      let writing = true;
      let seen = 0;
      const reader = async (limit: number) => {
        const index = await follow(bench.catalog, id, bench.visual.id);
        for (let last = false; ;) {
          const before = index.revision;
          await index.catchUp(limit);
          expect(index.revision).toBeGreaterThanOrEqual(before);
          if (index.revision > before) seen++;
          if (last) return index.vectors;
          last = !writing;
        }
      };
      const readers = [1, 7, 1000].map(reader);
      const writer = async (n: number) => {
        for (let round = 0; round < 6; round++) {
          // Two writers share their pictures: the second finds them there.
          const names = Array.from({ length: 1 + (n % 4) }, (_, k) => `${n >> 1} ${round} ${k}`);
          const items = await Promise.all(names.map((name) => bench.picture(name)));
          const added = await store().addItems('ann', id, items);
          if (round % 2 === 1) await store().removeItems('ann', id, [added[0]?.item.id ?? '']);
        }
      };
      await Promise.all(Array.from({ length: 20 }, (_, n) => writer(n)));
      writing = false;
      const followed = await Promise.all(readers);
      const truth = await content(bench.catalog, id, bench.visual.id);
      for (const vectors of followed) expect(new Map([...vectors].sort(([a], [b]) => a - b))).toEqual(truth);
      expect(seen).toBeGreaterThan(3);
      const [counts] = await query<Record<string, number>>(
        bench.databaseUrl,
        `SELECT count(*)::int AS items, count(DISTINCT ordinal)::int AS ordinals, max(c.items) AS counted,
                (SELECT count(DISTINCT sha256)::int FROM collection_items) AS pictures,
                (SELECT count(*)::int FROM item_vectors) AS vectors
         FROM collection_items i JOIN collections c ON c.id = i.collection_id`,
      );
      const { size } = truth;
      expect(counts).toEqual({
        items: size,
        ordinals: size,
        counted: size,
        pictures: size,
        vectors: 2 * size,
      });
    });
  });

  describe('from one space to the next', () => {
    const begin = async (count = 3) => {
      const collection = await bench.create();
      const items = await bench.fill(collection, count);
      const next = await store().ensureSpace(embeddingSpace('visual', 16));
      const jobId = randomUUID();
      const changed = await store().setNext('ann', collection.id, {
        name: 'visual',
        spaceId: next.id,
        jobId,
      });
      return { collection, items, next, jobId, changed };
    };
    const vectorsFor = (items: readonly { id: string }[], spaceId: string) =>
      items.map(({ id: itemId }) => ({ itemId, spaceId, vector: unitVector(16) }));

    test('the old one answers until every item is in the next', async () => {
      const { collection, items, next, jobId, changed } = await begin();
      const { id } = collection;
      expect(changed?.spaces[0]).toEqual({
        name: 'visual',
        space: bench.visual,
        vectors: 3,
        next: { space: next, vectors: 0, jobId },
      });
      expect(await store().promote('ann', id, 'visual')).toBe(false);
      const missing = { spaceId: next.id, after: -1, limit: 2 };
      expect(await store().missing('ann', id, missing)).toEqual(items.slice(0, 2));
      const gone = { itemId: randomUUID(), spaceId: next.id, vector: unitVector(16) };
      await store().addVectors('ann', id, [...vectorsFor(items.slice(0, 2), next.id), gone]);
      expect(await store().missing('ann', id, missing)).toEqual(items.slice(2));
      expect(await store().missing('ann', id, { ...missing, after: 2 })).toEqual([]);
      // What is added now must be in both.
      await expect(store().addItems('ann', id, [await bench.picture('old')])).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      const spaces = [bench.visual, bench.crossModal, next];
      const fresh = await newItem(bench.catalog, { owner: 'ann', picture: 'new', spaces });
      await store().addItems('ann', id, [fresh]);
      expect((await store().get('ann', id))?.spaces[0]).toMatchObject({ vectors: 4, next: { vectors: 3 } });
      expect(await store().promote('ann', id, 'visual')).toBe(false);
      const reader = await follow(bench.catalog, id, next.id);
      const last = vectorsFor(items.slice(2), next.id);
      await store().addVectors('ann', id, last);
      // The same again, by a job that was interrupted.
      await store().addVectors('ann', id, last);
      expect(await store().promote('ann', id, 'visual')).toBe(true);
      expect((await store().get('ann', id))?.spaces[0]).toEqual({
        name: 'visual',
        space: next,
        vectors: 4,
        next: null,
      });
      await reader.catchUp();
      expect([...reader.vectors.keys()].sort()).toEqual([0, 1, 2, 3]);
      expect(reader.vectors.get(2)).toEqual(last[0]?.vector);
      expect(await content(bench.catalog, id, bench.visual.id)).toEqual(new Map());
      // Nothing is left to promote.
      expect(await store().promote('ann', id, 'visual')).toBe(false);
    });

    test('is taken back, by null and by the space that answers', async () => {
      for (const takeBack of [null, bench.visual.id]) {
        await query(bench.databaseUrl, 'TRUNCATE collections CASCADE');
        const { collection, items, next } = await begin();
        const { id } = collection;
        await store().addVectors('ann', id, vectorsFor(items, next.id));
        const changed = await store().setNext('ann', id, { name: 'visual', spaceId: takeBack });
        expect(changed?.spaces[0]).toEqual({ name: 'visual', space: bench.visual, vectors: 3, next: null });
        expect(await content(bench.catalog, id, next.id)).toEqual(new Map());
        await expect(store().addVectors('ann', id, vectorsFor(items, next.id))).rejects.toMatchObject({
          code: 'CONFLICT',
        });
      }
    });

    test('the same next again keeps what is embedded; another one begins anew', async () => {
      const { collection, items, next, jobId } = await begin();
      const { id } = collection;
      await store().addVectors('ann', id, vectorsFor(items, next.id));
      const again = await store().setNext('ann', id, { name: 'visual', spaceId: next.id });
      expect(again?.spaces[0]?.next).toEqual({ space: next, vectors: 3, jobId });
      const other = await store().ensureSpace(embeddingSpace('visual', 32));
      const changed = await store().setNext('ann', id, { name: 'visual', spaceId: other.id });
      expect(changed?.spaces[0]?.next).toEqual({ space: other, vectors: 0, jobId: null });
      expect(await content(bench.catalog, id, next.id)).toEqual(new Map());
    });

    test('vectors are of their space’s dimension, a space has its name', async () => {
      const { collection, items, next } = await begin();
      const { id } = collection;
      const wrong = { itemId: items[0]?.id ?? '', spaceId: next.id, vector: unitVector(8) };
      await expect(store().addVectors('ann', id, [wrong])).rejects.toThrow(RangeError);
      for (const spaceId of [randomUUID(), bench.crossModal.id])
        await expect(store().setNext('ann', id, { name: 'visual', spaceId })).rejects.toThrow(RangeError);
      const { id: single } = await store().create('ann', {
        name: 'one',
        kind: 'user',
        spaceIds: [bench.visual.id],
      });
      await expect(
        store().setNext('ann', single, { name: 'cross-modal', spaceId: bench.crossModal.id }),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
    });
  });

  test('another owner sees, changes and reads nothing of it', async () => {
    const collection = await bench.create();
    const { id } = collection;
    const items = await bench.fill(collection, 2);
    const before = await store().get('ann', id);
    const itemId = items[0]?.id ?? '';
    const spaceId = bench.visual.id;
    const next = await store().ensureSpace(embeddingSpace('visual', 16));
    const bobs = await bench.picture('bob’s', { owner: 'bob' });
    expect(await store().get('bob', id)).toBeNull();
    expect((await store().list('bob', { limit: 10 })).items).toEqual([]);
    expect(await store().rename('bob', id, 'mine')).toBeNull();
    expect(await store().delete('bob', id)).toBe(false);
    expect(await store().setNext('bob', id, { name: 'visual', spaceId: next.id })).toBeNull();
    expect(await store().promote('bob', id, 'visual')).toBe(false);
    expect(await store().missing('bob', id, { spaceId: next.id, after: -1, limit: 9 })).toEqual([]);
    await store().addVectors('bob', id, [{ itemId, spaceId, vector: unitVector(8) }]);
    await expect(store().addItems('bob', id, [bobs])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await store().item('bob', id, itemId)).toBeNull();
    expect(await store().itemsByOrdinal('bob', id, [0, 1])).toEqual([]);
    expect(
      await store().existing(
        'bob',
        id,
        items.map(({ sha256 }) => sha256),
      ),
    ).toEqual(new Map());
    expect(await store().items('bob', id, { limit: 10 })).toEqual({ items: [], nextCursor: null });
    expect(await store().matching('bob', id, {})).toEqual(new Int32Array());
    expect(await store().setMetadata('bob', id, { itemId, metadata: { a: 1 } })).toBeNull();
    expect(await store().removeItems('bob', id, [itemId])).toBe(0);
    expect(await store().vectors('bob', id, { spaceId, ordinals: [0] })).toEqual([undefined]);
    await expect(
      bench.catalog.blobs.putAnswer('bob', Buffer.from('map'), { mime: 'image/png', collectionId: id }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await store().get('ann', id)).toEqual(before);
    // Another's picture becomes nobody's item by its hash alone.
    const { id: other } = await bench.create('Mine', 'bob');
    await expect(
      store().addItems('bob', other, [{ ...bobs, sha256: items[0]?.sha256 ?? '' }]),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    // An item of one collection is none of another's.
    const { id: second } = await bench.create('Second');
    expect(await store().item('ann', second, itemId)).toBeNull();
    expect(await store().removeItems('ann', second, [itemId])).toBe(0);
  });
});
