import type { CollectionRow, NewItem, SpaceRow } from '@fovea/application';
import { openCatalog, type Catalog } from '@fovea/catalog';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { content, embeddingSpace, follow, newItem, unitVector } from './collections.ts';
import { postgresMissing, query, startPostgres, type TestPostgres } from './postgres.ts';
import { sha256Of } from './runs.ts';

describe.skipIf(postgresMissing)('collections', () => {
  let postgres: TestPostgres;
  let databaseUrl: string;
  let dataDir: string;
  let catalog: Catalog;
  let visual: SpaceRow;
  let crossModal: SpaceRow;

  beforeAll(async () => {
    postgres = await startPostgres();
    databaseUrl = await postgres.freshDatabase();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'fovea-collections-'));
    await query(databaseUrl, 'TRUNCATE collections, embedding_spaces, runs, blobs CASCADE');
    catalog = await openCatalog({ dataDir, databaseUrl });
    visual = await catalog.collections.ensureSpace(embeddingSpace('visual', 8));
    crossModal = await catalog.collections.ensureSpace(embeddingSpace('cross-modal', 4));
  });
  afterEach(async () => {
    await catalog.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const create = (name = 'Pictures', owner = 'ann') =>
    catalog.collections.create(owner, { name, kind: 'user', spaceIds: [visual.id, crossModal.id] });
  const picture = (name: string, more: Partial<NewItem> = {}, owner = 'ann') =>
    newItem(catalog, { owner, picture: name, spaces: [visual, crossModal], ...more });
  const fill = async (collection: CollectionRow, count: number, owner = 'ann') => {
    const items = await Promise.all(
      Array.from({ length: count }, (_, n) => picture(`${collection.id} ${n}`, {}, owner)),
    );
    return (await catalog.collections.addItems(owner, collection.id, items)).map(({ item }) => item);
  };

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
      const first = await create(name);
      await expect(create(same)).rejects.toMatchObject({
        code: 'CONFLICT',
        message: expect.stringContaining(first.id),
      });
      await create(same, 'bob');
      const other = await create(`${name} 2`);
      await expect(catalog.collections.rename('ann', other.id, same)).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      // Its own name in other letters is no other's.
      expect(await catalog.collections.rename('ann', first.id, same)).toMatchObject({
        name: same.normalize('NFC').trim(),
      });
    });

    test.each(['', '  ', '\0', 'x'.repeat(201)])('%j is none', async (name) => {
      await expect(create(name)).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
    });
  });

  test('a collection begins empty, with its spaces in their order', async () => {
    const made = await create('Pictures');
    expect(made).toMatchObject({ owner: 'ann', name: 'Pictures', kind: 'user', revision: 0, items: 0 });
    expect(made.spaces).toEqual([
      { name: 'visual', space: visual, vectors: 0, next: null },
      { name: 'cross-modal', space: crossModal, vectors: 0, next: null },
    ]);
    expect(await catalog.collections.get('ann', made.id)).toEqual(made);
    expect(await content(catalog, made.id, visual.id)).toEqual(new Map());
  });

  test('spaces are those that exist, one of a name', async () => {
    const again = await catalog.collections.ensureSpace(embeddingSpace('visual', 8));
    expect(again).toEqual(visual);
    const other = await catalog.collections.ensureSpace(embeddingSpace('visual', 16));
    for (const spaceIds of [[], [randomUUID()], [visual.id, visual.id], [visual.id, other.id]])
      await expect(catalog.collections.create('ann', { name: 'x', kind: 'user', spaceIds })).rejects.toThrow(
        RangeError,
      );
    expect((await catalog.collections.list('ann', { limit: 10 })).items).toEqual([]);
  });

  test('the list is newest first, in pages, without the house’s own', async () => {
    const made: string[] = [];
    for (let n = 0; n < 5; n++) made.unshift((await create(`Collection ${n}`)).id);
    await catalog.collections.create('ann', { name: 'Collection 1', kind: 'catalog', spaceIds: [visual.id] });
    const found: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await catalog.collections.list('ann', { limit: 2, cursor });
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(new Set(found)).toEqual(new Set(made));
    expect(found).toHaveLength(5);
    expect(await catalog.collections.ofCatalog('ann')).toMatchObject({ kind: 'catalog' });
    expect(await catalog.collections.ofCatalog('bob')).toBeNull();
    await expect(catalog.collections.list('ann', { limit: 2, cursor: 'x' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });

  test('items come back as they were added, vectors to the bit', async () => {
    const { id } = await create();
    const runId = randomUUID();
    const metadata = { place: 'Oslo', stars: 4.5, tags: ['a', '\u0000b\ud800'], nested: { deep: null } };
    const first = await picture('a', { name: 'a.jpg', metadata, runId });
    const second = await picture('b');
    const added = await catalog.collections.addItems('ann', id, [first, second]);
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
    expect(await catalog.collections.get('ann', id)).toMatchObject({ revision: 1, items: 2 });
    expect(await catalog.collections.item('ann', id, items[0]?.id ?? '')).toEqual(items[0]);
    expect(await catalog.collections.itemsByOrdinal('ann', id, [1, 7])).toEqual([items[1]]);
    expect(await catalog.collections.existing('ann', id, [first.sha256, 'x'])).toEqual(
      new Map([[first.sha256, items[0]]]),
    );
    for (const space of [visual, crossModal])
      expect(
        await catalog.collections.vectors('ann', id, { spaceId: space.id, ordinals: [1, 9, 0] }),
      ).toEqual([second.vectors[space.id], undefined, first.vectors[space.id]]);
    expect(await content(catalog, id, visual.id)).toEqual(
      new Map([
        [0, first.vectors[visual.id]],
        [1, second.vectors[visual.id]],
      ]),
    );
  });

  test('the same picture is one item: metadata is added, a run stays', async () => {
    const { id } = await create();
    const first = await picture('a', { metadata: { a: 1, b: 1 } });
    const again = await picture('a', { metadata: { b: 2, c: 3 }, runId: randomUUID() });
    const added = await catalog.collections.addItems('ann', id, [first, again]);
    expect(added.map(({ existing }) => existing)).toEqual([false, true]);
    expect(added[0]?.item).toEqual(added[1]?.item);
    expect(added[0]?.item).toMatchObject({ metadata: { a: 1, b: 2, c: 3 }, runId: again.runId });
    const later = await picture('a', { metadata: {}, runId: randomUUID() });
    const [third] = await catalog.collections.addItems('ann', id, [later]);
    expect(third).toMatchObject({
      existing: true,
      item: { runId: again.runId, metadata: { a: 1, b: 2, c: 3 } },
    });
    expect(await catalog.collections.get('ann', id)).toMatchObject({ revision: 1, items: 1 });
  });

  test('vectors must be of the spaces of now, finite and of unit length; nothing of a refused call stays', async () => {
    const { id } = await create();
    const good = await picture('good');
    const bad = await picture('bad');
    const withVector = (vector: Float32Array) => ({
      ...bad,
      vectors: { ...bad.vectors, [visual.id]: vector },
    });
    for (const vector of [
      new Float32Array(8),
      new Float32Array(8).fill(Number.NaN),
      unitVector(8).map((value) => value * 1.01),
      unitVector(9),
      new Float32Array(),
    ])
      await expect(catalog.collections.addItems('ann', id, [good, withVector(vector)])).rejects.toThrow(
        RangeError,
      );
    const { [visual.id]: _, ...lacking } = bad.vectors;
    for (const vectors of [lacking, { ...bad.vectors, [randomUUID()]: unitVector(8) }])
      await expect(
        catalog.collections.addItems('ann', id, [good, { ...bad, vectors }]),
      ).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await catalog.collections.get('ann', id)).toMatchObject({ revision: 0, items: 0 });
    expect(await query(databaseUrl, 'SELECT 1 FROM collection_items')).toEqual([]);
    await expect(catalog.collections.addItems('ann', randomUUID(), [good])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const stolen = { ...bad, sha256: sha256Of(Buffer.from('never put')) };
    await expect(catalog.collections.addItems('ann', id, [stolen])).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(
      catalog.collections.addItems('ann', id, [{ ...good, metadata: { text: 'x'.repeat(17_000) } }]),
    ).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
    const [added] = await catalog.collections.addItems('ann', id, [good]);
    await expect(
      catalog.collections.addItems('ann', id, [{ ...bad, id: added?.item.id ?? '' }]),
    ).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('removed items are gone, their ordinals for good; readers that follow forget them', async () => {
    const collection = await create();
    const [a, b, c] = await fill(collection, 3);
    const reader = await follow(catalog, collection.id, visual.id);
    expect(
      await catalog.collections.removeItems('ann', collection.id, [
        a?.id ?? '',
        c?.id ?? '',
        randomUUID(),
        'x',
      ]),
    ).toBe(2);
    expect(await catalog.collections.removeItems('ann', collection.id, [a?.id ?? ''])).toBe(0);
    expect(await catalog.collections.get('ann', collection.id)).toMatchObject({ revision: 2, items: 1 });
    expect(
      await catalog.collections.changes(collection.id, { spaceId: visual.id, after: 1, limit: 10 }),
    ).toEqual({
      added: [],
      removed: [0, 2],
      upTo: 2,
      complete: true,
    });
    const [next] = await catalog.collections.addItems('ann', collection.id, [await picture('next')]);
    expect(next?.item.ordinal).toBe(3);
    await reader.catchUp();
    expect([...reader.vectors.keys()]).toEqual([b?.ordinal, 3]);
  });
});
