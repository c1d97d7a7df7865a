import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CollectionBench } from './collection-hooks.ts';
import { content, embeddingSpace, follow, unitVector } from './collections.ts';
import { postgresMissing, query } from './postgres.ts';
import { sha256Of } from './runs.ts';

describe.skipIf(postgresMissing)('collections', () => {
  const bench = new CollectionBench();

  describe('of a name', () => {
    test.each([
      ['Ferien', ' FERIEN '],
      ['Ｆｅｒｉｅｎ', 'Ferien'],
      ['Café', 'Cafe\u0301'],
      ['日本の写真', '日本の写真'],
      ['🏔️ 2024', '🏔️ 2024'],
      ['İzmir', 'i\u0307zmir'],
      ['صور', 'صور'],
    ])('%j takes %j', async (name, same) => {
      const first = await bench.create(name);
      await expect(bench.create(same)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining(first.id),
      });
      await bench.create(same, 'bob');
      const other = await bench.create(`${name} 2`);
      await expect(bench.catalog.collections.rename('ann', other.id, same)).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      // Its own name in other letters is no other's.
      expect(await bench.catalog.collections.rename('ann', first.id, same)).toMatchObject({
        name: same.normalize('NFC').trim(),
      });
    });

    test.each(['', '  ', '\0', 'x'.repeat(201)])('%j is none', async (name) => {
      await expect(bench.create(name)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
    });
  });

  test('a collection begins empty, with its spaces in their order', async () => {
    const made = await bench.create('Pictures');
    expect(made).toMatchObject({ owner: 'ann', name: 'Pictures', kind: 'user', revision: 0, items: 0 });
    expect(made.spaces).toEqual([
      { name: 'visual', space: bench.visual, vectors: 0, next: null },
      { name: 'cross-modal', space: bench.crossModal, vectors: 0, next: null },
    ]);
    expect(await bench.catalog.collections.get('ann', made.id)).toEqual(made);
    expect(await content(bench.catalog, made.id, bench.visual.id)).toEqual(new Map());
  });

  test('spaces are those that exist, one of a name', async () => {
    const again = await bench.catalog.collections.ensureSpace(embeddingSpace('visual', 8));
    expect(again).toEqual(bench.visual);
    const other = await bench.catalog.collections.ensureSpace(embeddingSpace('visual', 16));
    for (const spaceIds of [
      [],
      [randomUUID()],
      [bench.visual.id, bench.visual.id],
      [bench.visual.id, other.id],
    ])
      await expect(
        bench.catalog.collections.create('ann', { name: 'x', kind: 'user', spaceIds }),
      ).rejects.toThrow(RangeError);
    expect((await bench.catalog.collections.list('ann', { limit: 10 })).items).toEqual([]);
  });

  test('the list is newest first, in pages, without the house’s own', async () => {
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.unshift((await bench.create(`Collection ${n}`)).id);
    await bench.catalog.collections.create('ann', {
      name: 'Collection 1',
      kind: 'catalog',
      spaceIds: [bench.visual.id],
    });
    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await bench.catalog.collections.list('ann', { limit: 2, cursor });
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(new Set(found)).toEqual(new Set(made));
    expect(found).toHaveLength(5);
    expect(await bench.catalog.collections.ofCatalog('ann')).toMatchObject({ kind: 'catalog' });
    expect(await bench.catalog.collections.ofCatalog('bob')).toBeNull();
    await expect(bench.catalog.collections.list('ann', { limit: 2, cursor: 'x' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });

  test('items come back as they were added, vectors to the bit', async () => {
    const { id } = await bench.create();
    const runId = randomUUID();
    const metadata = { place: 'Oslo', stars: 4.5, tags: ['a', '\u0000b\ud800'], nested: { deep: null } };
    const first = await bench.picture('a', { name: 'a.jpg', metadata, runId });
    const second = await bench.picture('b');
    const added = await bench.catalog.collections.addItems('ann', id, [first, second]);
    expect(added.map(({ existing }) => existing)).toEqual([false, false]);
    expect(added[0]?.item).toMatchObject({
      ordinal: 0,
      name: 'a.jpg',
      sha256: sha256Of(Buffer.from('a')),
      mime: 'image/png',
      width: 640,
      height: 480,
      metadata: { place: 'Oslo', stars: 4.5, tags: ['a', 'b\ufffd'], nested: { deep: null } },
      runId,
    });
    const items = added.map(({ item }) => item);
    expect(await bench.catalog.collections.get('ann', id)).toMatchObject({ revision: 1, items: 2 });
    expect(await bench.catalog.collections.item('ann', id, items[0]?.id ?? '')).toEqual(items[0]);
    expect(await bench.catalog.collections.itemsByOrdinal('ann', id, [1, 7])).toEqual([items[1]]);
    expect(await bench.catalog.collections.existing('ann', id, [first.sha256, 'x'])).toEqual(
      new Map([[first.sha256, items[0]]]),
    );
    for (const space of [bench.visual, bench.crossModal])
      expect(
        await bench.catalog.collections.vectors('ann', id, { spaceId: space.id, ordinals: [1, 9, 0] }),
      ).toEqual([second.vectors[space.id], undefined, first.vectors[space.id]]);
    expect(await content(bench.catalog, id, bench.visual.id)).toEqual(
      new Map([
        [0, first.vectors[bench.visual.id]],
        [1, second.vectors[bench.visual.id]],
      ]),
    );
  });

  test('the same picture is one item: metadata is added, a run stays', async () => {
    const { id } = await bench.create();
    const first = await bench.picture('a', { metadata: { a: 1, b: 1 } });
    const again = await bench.picture('a', { metadata: { b: 2, c: 3 }, runId: randomUUID() });
    const added = await bench.catalog.collections.addItems('ann', id, [first, again]);
    expect(added.map(({ existing }) => existing)).toEqual([false, true]);
    expect(added[0]?.item).toEqual(added[1]?.item);
    expect(added[0]?.item).toMatchObject({ metadata: { a: 1, b: 2, c: 3 }, runId: again.runId });
    const later = await bench.picture('a', { metadata: {}, runId: randomUUID() });
    const [third] = await bench.catalog.collections.addItems('ann', id, [later]);
    expect(third).toMatchObject({
      existing: true,
      item: { runId: again.runId, metadata: { a: 1, b: 2, c: 3 } },
    });
    expect(await bench.catalog.collections.get('ann', id)).toMatchObject({ revision: 1, items: 1 });
  });

  test('vectors must be of the spaces of now, finite and of unit length; nothing of a refused call stays', async () => {
    const { id } = await bench.create();
    const good = await bench.picture('good');
    const bad = await bench.picture('bad');
    const withVector = (vector: Float32Array) => ({
      ...bad,
      vectors: { ...bad.vectors, [bench.visual.id]: vector },
    });
    for (const vector of [
      new Float32Array(8),
      new Float32Array(8).fill(Number.NaN),
      unitVector(8).map((value) => value * 1.01),
      unitVector(9),
      new Float32Array(),
    ])
      await expect(bench.catalog.collections.addItems('ann', id, [good, withVector(vector)])).rejects.toThrow(
        RangeError,
      );
    const { [bench.visual.id]: _, ...lacking } = bad.vectors;
    for (const vectors of [lacking, { ...bad.vectors, [randomUUID()]: unitVector(8) }])
      await expect(
        bench.catalog.collections.addItems('ann', id, [good, { ...bad, vectors }]),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await bench.catalog.collections.get('ann', id)).toMatchObject({ revision: 0, items: 0 });
    expect(await query(bench.databaseUrl, 'SELECT 1 FROM collection_items')).toEqual([]);
    await expect(bench.catalog.collections.addItems('ann', randomUUID(), [good])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const stolen = { ...bad, sha256: sha256Of(Buffer.from('never put')) };
    await expect(bench.catalog.collections.addItems('ann', id, [stolen])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      bench.catalog.collections.addItems('ann', id, [{ ...good, metadata: { text: 'x'.repeat(17_000) } }]),
    ).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
    const [added] = await bench.catalog.collections.addItems('ann', id, [good]);
    await expect(
      bench.catalog.collections.addItems('ann', id, [{ ...bad, id: added?.item.id ?? '' }]),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('removed items are gone, their ordinals for good; readers that follow forget them', async () => {
    const collection = await bench.create();
    const [a, b, c] = await bench.fill(collection, 3);
    const reader = await follow(bench.catalog, collection.id, bench.visual.id);
    expect(
      await bench.catalog.collections.removeItems('ann', collection.id, [
        a?.id ?? '',
        c?.id ?? '',
        randomUUID(),
        'x',
      ]),
    ).toBe(2);
    expect(await bench.catalog.collections.removeItems('ann', collection.id, [a?.id ?? ''])).toBe(0);
    expect(await bench.catalog.collections.get('ann', collection.id)).toMatchObject({
      revision: 2,
      items: 1,
    });
    expect(
      await bench.catalog.collections.changes(collection.id, {
        spaceId: bench.visual.id,
        after: 1,
        limit: 10,
      }),
    ).toEqual({
      added: [],
      removed: [0, 2],
      upTo: 2,
      complete: true,
    });
    const [next] = await bench.catalog.collections.addItems('ann', collection.id, [
      await bench.picture('next'),
    ]);
    expect(next?.item.ordinal).toBe(3);
    await reader.catchUp();
    expect([...reader.vectors.keys()]).toEqual([b?.ordinal, 3]);
  });
});
