import type { Metadata, MetadataFilter } from '@fovea/contracts';
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CollectionBench } from './collection-hooks.ts';
import { postgresMissing, query } from './postgres.ts';
import { runRecord, sha256Of, type RunChoice } from './runs.ts';

describe.skipIf(postgresMissing)('items of collections', () => {
  const bench = new CollectionBench();
  const store = () => bench.catalog.collections;

  describe('found by what is known of them', () => {
    const ROWS: readonly Metadata[] = [
      { place: 'Oslo', stars: 5, taken: '2024-05-01', tags: ['sea', 'boat'], indoor: false },
      { place: 'Rome', stars: 4.5, taken: '2023-12-31', tags: ['sea'], note: 'a Boat' },
      { place: 'rome', stars: '5', taken: '2024', tags: 'boathouse', indoor: true },
      { place: null, stars: -1, 'a.b': 1, a: { b: 2 } },
      {},
      { place: ['Oslo'], "o'; DROP TABLE runs; --": 1, 日本: '🐱' },
    ];
    const CASES: readonly (readonly [MetadataFilter, number[]])[] = [
      [{}, [0, 1, 2, 3, 4, 5]],
      [{ place: {} }, [0, 1, 2, 3, 4, 5]],
      [{ place: 'Oslo' }, [0]],
      [{ place: { eq: 'Rome' } }, [1]],
      [{ place: null }, [3]],
      [{ stars: 5 }, [0]],
      [{ stars: '5' }, [2]],
      [{ stars: 5.0, place: 'Rome' }, []],
      [{ indoor: true }, [2]],
      [{ place: { ne: 'Oslo' } }, [1, 2, 3, 4, 5]],
      [{ place: { in: ['Oslo', 'rome', null] } }, [0, 2, 3]],
      [{ stars: { gt: 4.5 } }, [0]],
      [{ stars: { gte: 4.5 } }, [0, 1]],
      [{ stars: { lt: 0 } }, [3]],
      [{ stars: { gte: '4' } }, [2]],
      [{ taken: { gte: '2024', lt: '2025' } }, [0, 2]],
      [{ taken: { lte: '2023-12-31' } }, [1]],
      [{ tags: { contains: 'sea' } }, [0, 1]],
      [{ tags: { contains: 'boat' } }, [0, 2]],
      [{ note: { contains: 'boat' } }, []],
      [{ note: { contains: 'Boat' } }, [1]],
      [{ tags: { contains: '%' } }, []],
      [{ place: { exists: true } }, [0, 1, 2, 3, 5]],
      [{ place: { exists: false } }, [4]],
      [{ 'a.b': 1 }, [3]],
      [{ a: { exists: true, ne: 3 } }, [3]],
      [{ "o'; DROP TABLE runs; --": { gte: 1 } }, [5]],
      [{ 日本: '🐱' }, [5]],
      [{ '\0place': 'Os\0lo' }, [0]],
    ];

    test('every operator, by types as they are', async () => {
      const { id } = await bench.create();
      const items = await Promise.all(ROWS.map((metadata, n) => bench.picture(`row ${n}`, { metadata })));
      await store().addItems('ann', id, items);
      const neighbour = await bench.create('Another');
      await store().addItems(
        'ann',
        neighbour.id,
        await Promise.all([bench.picture('n', { metadata: ROWS[0] as Metadata })]),
      );
      for (const [filter, expected] of CASES) {
        const shown = JSON.stringify(filter);
        expect([...(await store().matching('ann', id, filter))], shown).toEqual(expected);
        const page = await store().items('ann', id, { limit: 50, filter });
        expect(
          page.items.map(({ ordinal }) => ordinal),
          shown,
        ).toEqual(expected.toReversed());
      }
    });

    test.each([
      { place: { like: 'x' } },
      { stars: { gt: true } },
      { place: { in: [] } },
      { stars: { eq: Number.NaN } },
      { '': 1 },
      { place: ['Oslo'] },
      Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, n])),
      'place',
    ])('%j is no filter', async (filter) => {
      const { id } = await bench.create();
      const wrong = filter as MetadataFilter;
      await expect(store().matching('ann', id, wrong)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
      await expect(store().items('ann', id, { limit: 1, filter: wrong })).rejects.toMatchObject({
        code: 'INVALID_PARAMETER',
      });
    });

    test('pages go on where the one before ended, whatever is removed or added meanwhile', async () => {
      const collection = await bench.create();
      const items = await bench.fill(collection, 5);
      const first = await store().items('ann', collection.id, { limit: 2 });
      expect(first.items.map(({ ordinal }) => ordinal)).toEqual([4, 3]);
      await store().removeItems('ann', collection.id, [items[3]?.id ?? '', items[2]?.id ?? '']);
      await bench.fill({ ...collection, items: 5 }, 1);
      const second = await store().items('ann', collection.id, { limit: 2, cursor: first.nextCursor ?? '' });
      expect(second).toMatchObject({ items: [{ ordinal: 1 }, { ordinal: 0 }], nextCursor: null });
      for (const cursor of ['x', '', Buffer.from('before 2147483648').toString('base64url')])
        await expect(store().items('ann', collection.id, { limit: 2, cursor })).rejects.toMatchObject({
          code: 'INVALID_PARAMETER',
        });
    });

    test('metadata is replaced; indexes do not hold it, so the revision stays', async () => {
      const collection = await bench.create();
      const [item] = await bench.fill(collection, 1);
      const change = { itemId: item?.id ?? '', metadata: { only: ['this', '\0'] } };
      expect(await store().setMetadata('ann', collection.id, change)).toEqual({
        ...item,
        metadata: { only: ['this', ''] },
      });
      const after = await store().get('ann', collection.id);
      expect(after?.revision).toBe(1);
      expect(after?.updatedAt.getTime()).toBeGreaterThan(collection.updatedAt.getTime());
      expect(await store().setMetadata('ann', collection.id, { ...change, itemId: randomUUID() })).toBeNull();
      const long = { ...change, metadata: { text: 'ü'.repeat(8_192) } };
      await expect(store().setMetadata('ann', collection.id, long)).rejects.toMatchObject({
        code: 'INVALID_PARAMETER',
      });
    });
  });

  describe('and what keeps their pictures', () => {
    const blobOf = (sha256: string) => bench.catalog.blobs.get('ann', sha256);

    test('a picture stays as long as an item, and goes when the last one goes', async () => {
      const [one, two] = [await bench.create('One'), await bench.create('Two')];
      const picture = await bench.picture('shared');
      const [first] = await store().addItems('ann', one.id, [picture]);
      await store().addItems('ann', two.id, [picture]);
      expect(await blobOf(picture.sha256)).toMatchObject({ mime: 'image/png' });
      await store().removeItems('ann', one.id, [first?.item.id ?? '']);
      await bench.catalog.gc({ graceMs: 0 });
      expect(await blobOf(picture.sha256)).not.toBeNull();
      expect(await store().delete('ann', two.id)).toBe(true);
      expect(await store().delete('ann', two.id)).toBe(false);
      expect(await blobOf(picture.sha256)).toBeNull();
      expect(await bench.catalog.gc({ graceMs: 0 })).toMatchObject({ removedBlobs: 1 });
      for (const table of ['collection_items', 'item_vectors', 'blob_references', 'blobs'])
        expect(await query(bench.databaseUrl, `SELECT 1 FROM ${table}`), table).toEqual([]);
    });

    test('retention takes runs, never pictures of collections', async () => {
      await bench.reopen({ keep: { bytes: 1_500, days: 30 } });
      const { id } = await bench.create();
      const kept = await bench.picture('k'.repeat(5_000));
      await store().addItems('ann', id, [kept]);
      const old = new Date(Date.now() - 60 * 86_400_000);
      await query(bench.databaseUrl, 'UPDATE blob_references SET created_at = $1', [old]);
      const run = (n: number, input: Buffer) =>
        runRecord('ann', { input, createdAt: new Date(Date.now() - (9 - n) * 3_600_000) });
      // A run of the collection's own picture frees nothing by going: it is not what the limit counts.
      const shared = run(0, Buffer.from('k'.repeat(5_000)));
      const [older, newer] = [run(1, Buffer.alloc(1_000, 1)), run(2, Buffer.alloc(1_000, 2))];
      for (const record of [shared, older, newer]) await bench.catalog.runs.record(record);
      await bench.catalog.retention();
      await bench.catalog.gc({ graceMs: 0 });
      expect(await blobOf(kept.sha256)).not.toBeNull();
      expect(await bench.catalog.runs.get('ann', older.envelope.run.id)).toBeNull();
      expect(await bench.catalog.runs.get('ann', newer.envelope.run.id)).not.toBeNull();
      expect(await bench.catalog.stats()).toMatchObject({ collections: 1, items: 1, blobs: 2 });
    });

    test('an answer can be read for a day', async () => {
      const { id } = await bench.create();
      const answer = { mime: 'image/png', collectionId: id };
      const { sha256 } = await bench.catalog.blobs.putAnswer('ann', Buffer.from('map'), answer);
      await bench.catalog.blobs.putAnswer('ann', Buffer.from('map'), answer);
      const references = () => query(bench.databaseUrl, 'SELECT kind, collection_id FROM blob_references');
      expect(await references()).toEqual([{ kind: 'answer', collection_id: id }]);
      await bench.catalog.gc({ graceMs: 0 });
      expect(await blobOf(sha256)).not.toBeNull();
      await query(bench.databaseUrl, "UPDATE blob_references SET created_at = now() - interval '25 hours'");
      await bench.catalog.gc({ graceMs: 0 });
      expect(await blobOf(sha256)).toBeNull();
      await bench.catalog.blobs.putAnswer('ann', Buffer.from('map'), answer);
      await store().delete('ann', id);
      expect(await references()).toEqual([]);
      await expect(bench.catalog.blobs.putAnswer('ann', Buffer.from('map'), answer)).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });

    test('what was removed long ago is forgotten, and readers from before read everything', async () => {
      const collection = await bench.create();
      const { id } = collection;
      const items = await bench.fill(collection, 3);
      await store().removeItems('ann', id, [items[0]?.id ?? '']);
      await query(bench.databaseUrl, "UPDATE removed_items SET removed_at = now() - interval '31 days'");
      await store().removeItems('ann', id, [items[1]?.id ?? '']);
      await bench.catalog.retention();
      const changes = (after: number) => store().changes(id, { spaceId: bench.visual.id, after, limit: 10 });
      expect(await changes(1)).toBeNull();
      expect(await changes(2)).toMatchObject({ removed: [1], upTo: 3 });
      expect(await store().revision(id)).toBe(3);
    });
  });

  describe('and runs of the same pictures', () => {
    const record = async (input: string, choice: RunChoice = {}, owner = 'ann') => {
      const run = runRecord(owner, { input: Buffer.from(input), ...choice });
      await bench.catalog.runs.record(run);
      return { id: run.envelope.run.id, sha256: sha256Of(Buffer.from(input)) };
    };
    const at = (day: number) => ({ createdAt: new Date(Date.UTC(2026, 0, day)) });

    test('are found in the order of the pictures, newest first within one, by every filter', async () => {
      const a1 = await record('a', at(1));
      const a2 = await record('a', {
        ...at(2),
        task: 'detection',
        labels: [
          ['red car', 0.9],
          ['dog', 0.3],
        ],
        model: 'other',
      });
      const b1 = await record('b', at(3));
      await record('a', at(4), 'bob');
      await record('c', at(5));
      const find = async (filter: object = {}, limit = 10) =>
        (await bench.catalog.runs.byInputs('ann', [b1.sha256, a1.sha256, 'none'], { filter, limit })).map(
          ({ envelope, sha256 }) => ({ id: envelope.run.id, sha256 }),
        );
      expect(await find()).toEqual([b1, a2, a1]);
      expect(await find({ about: 'anything' }, 2)).toEqual([b1, a2]);
      for (const filter of [
        { task: 'detection' },
        { label: 'Red Car' },
        { label: 'red car', minScore: 0.8 },
        { q: 'car' },
        { q: 're ca' },
        { model: 'other' },
        { since: '2026-01-02T00:00:00Z', until: '2026-01-03T00:00:00Z' },
      ])
        expect(await find(filter), JSON.stringify(filter)).toEqual([a2]);
      expect(await find({ label: 'dog', minScore: 0.8 })).toEqual([]);
      expect(await find({ minArea: 0.1 })).toEqual([]);
      expect(await bench.catalog.runs.byInputs('ann', [], { limit: 5 })).toEqual([]);
      await expect(find({ since: 'yesterday' })).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
    });

    test('pictures of runs come once each, go on with what is new, and are told when no run has them any more', async () => {
      const a1 = await record('a');
      const b1 = await record('b');
      const a2 = await record('a');
      await record('z', {}, 'bob');
      const list = (options: object = {}) =>
        bench.catalog.runs.inputPictures('ann', { limit: 10, ...options });
      const pictures = (...runs: { id: string; sha256: string }[]) =>
        runs.map(({ id: runId, sha256 }) => ({ sha256, runId }));
      const first = await list({ limit: 1 });
      expect(first.pictures).toEqual(pictures(a1));
      const second = await list({ after: first.next ?? '' });
      expect(second.pictures).toEqual(pictures(b1));
      expect(await list({ after: second.next ?? '' })).toEqual({ pictures: [], next: second.next });
      const c1 = await record('c');
      expect((await list({ after: second.next ?? '' })).pictures).toEqual(pictures(c1));
      expect((await list({ order: 'newest' })).pictures).toEqual(pictures(c1, a2, b1));
      await expect(list({ after: 'x' })).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
      expect(await bench.catalog.runs.inputPictures('eve', { limit: 1 })).toEqual({
        pictures: [],
        next: null,
      });
      const { id } = await bench.create();
      await store().addItems('ann', id, [await bench.picture('b')]);
      expect((await list({ notIn: id })).pictures).toEqual(pictures(a1, c1));
      const hashes = [a1.sha256, b1.sha256, sha256Of(Buffer.from('z'))];
      await bench.catalog.runs.delete('ann', b1.id);
      await bench.catalog.runs.delete('ann', a1.id);
      expect(await bench.catalog.runs.withoutRuns('ann', hashes)).toEqual(hashes.slice(1));
      // Its first run is gone, the second stands for it.
      expect((await list()).pictures).toEqual(pictures(a2, c1));
    });

    test('pictures whose bytes were not kept are left out', async () => {
      await bench.reopen({ keep: { inputs: false } });
      await record('a');
      expect((await bench.catalog.runs.inputPictures('ann', { limit: 10 })).pictures).toEqual([]);
    });
  });
});
