import type { AddedItems, Collection, CollectionItem, Problem, SearchAnswer } from '@fovea/contracts';
import { Fovea, type Added } from '@fovea/sdk';
import { fixture } from '@fovea/testing';
import { zipSync } from 'fflate';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { postgresMissing } from './postgres.ts';
import { startServer, type TestServer } from './server.ts';

const NAMES = [
  'cat-chelsea',
  'coffee',
  'rocket',
  'basketball-1',
  'basketball-2',
  'flower',
  'building',
  'orange',
];

describe.skipIf(postgresMissing)('collections', { timeout: 120_000 }, () => {
  let server: TestServer;
  let fovea: Fovea;
  let folder: string;
  let holidays: Collection;
  const files: File[] = [];
  const picture = (name: string): File => files.find((file) => file.name === `${name}.jpg`) as File;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fovea-pictures-'));
    for (const name of NAMES) {
      const path = fixture(`${name}.jpg`);
      files.push(new File([await readFile(path)], `${name}.jpg`));
      await cp(path, join(folder, `${name}.jpg`));
    }
    server = await startServer({ FOVEA_IMPORT_ROOTS: folder });
    fovea = new Fovea({ baseUrl: server.url, retries: 0 });
    holidays = await fovea.collections.create({ name: 'Holidays' });
    await fovea.collections.add(holidays.id, files.slice(0, 7), { metadata: { year: 2024, place: 'Rome' } });
    await fovea.collections.add(holidays.id, [{ input: picture('orange'), metadata: { year: 2020 } }]);
  }, 120_000);
  afterAll(async () => {
    await server.end();
    await rm(folder, { recursive: true, force: true });
  });

  const namesOf = ({ result }: SearchAnswer) => result.items.map(({ name }) => name?.replace('.jpg', ''));
  const item = async (name: string): Promise<CollectionItem> => {
    for await (const one of fovea.collections.allItems(holidays.id))
      if (one.name === `${name}.jpg`) return one;
    throw new Error(`no item ${name}`);
  };
  const post = async (path: string, body: unknown): Promise<{ status: number; body: Problem }> => {
    const response = await fetch(`${server.url}/v1/collections/${holidays.id}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Problem };
  };

  it('has both spaces and every picture once', async () => {
    const found = await fovea.collections.get(holidays.id);
    expect(found.items).toBe(8);
    expect(found.spaces.map(({ space, vectors }) => [space.name, space.dimension, vectors])).toEqual([
      ['visual', 1280, 8],
      ['cross-modal', 256, 8],
    ]);
    const again = await fovea.collections.add(holidays.id, [picture('coffee')]);
    expect(again).toMatchObject([{ existing: true, item: { name: 'coffee.jpg', metadata: { year: 2024 } } }]);
    expect((await fovea.collections.get(holidays.id)).items).toBe(8);
  });

  describe('searches', () => {
    it('by text, the best first, with a calibrated cut-off', async () => {
      const answer = await fovea.collections.search(holidays.id, 'a cat', { minScore: 'auto' });
      expect(namesOf(answer)[0]).toBe('cat-chelsea');
      expect(answer.result.cutoff).toBeGreaterThan(0.1);
      expect(answer.query).toMatchObject({ kind: 'text', text: 'a cat', truncated: false });
      expect(answer.result.items.length).toBeLessThan(8);
      const players = await fovea.collections.search(holidays.id, 'basketball players', { k: 2 });
      expect(namesOf(players).sort()).toEqual(['basketball-1', 'basketball-2']);
    });

    it('by picture: a smaller copy finds its original, by far', async () => {
      const small = await sharp(await picture('rocket').arrayBuffer())
        .resize(200)
        .jpeg()
        .toBuffer();
      const answer = await fovea.collections.search(
        holidays.id,
        new File([new Uint8Array(small)], 'small.jpg'),
      );
      expect(namesOf(answer)[0]).toBe('rocket');
      const [best, second] = answer.result.items;
      expect((best?.score ?? 0) - (second?.score ?? 0)).toBeGreaterThan(0.3);
      expect(answer.query).toMatchObject({ kind: 'picture', space: { name: 'visual' } });
    });

    it('by item, which is no answer itself', async () => {
      const { id } = await item('basketball-1');
      const answer = await fovea.collections.search(holidays.id, { itemId: id }, { k: 100 });
      expect(namesOf(answer)).toHaveLength(7);
      expect(namesOf(answer)[0]).toBe('basketball-2');
    });

    it('by a vector of the task embedding, and by this minus that', async () => {
      const { result } = await fovea.run('embedding', picture('flower'), { space: 'visual' });
      const vector = result.values;
      const byVector = await fovea.collections.search(holidays.id, { vector }, { space: result.space, k: 1 });
      expect(namesOf(byVector)).toEqual(['flower']);
      const less = await fovea.collections
        .search(
          holidays.id,
          { query: [{ vector }], minus: [{ image: picture('flower') }] },
          { space: 'visual' },
        )
        .catch((error: unknown) => error);
      expect(less).toMatchObject({ code: 'INVALID_PARAMETER' }); // nothing is left
      const minus = await fovea.collections.search(
        holidays.id,
        { query: [{ text: 'sport' }], minus: [{ text: 'basketball players' }] },
        { k: 8 },
      );
      expect(namesOf(minus).at(-1)).toMatch(/^basketball/);
    });

    it('among what a filter of the metadata finds', async () => {
      const answer = await fovea.collections.search(holidays.id, 'fruit', { filter: { year: { lt: 2022 } } });
      expect(namesOf(answer)).toEqual(['orange']);
      expect(answer.searched.items).toBe(1);
      const none = await fovea.collections.search(holidays.id, 'fruit', { filter: { year: 1900 } });
      expect(none).toMatchObject({
        result: { items: [] },
        note: expect.stringContaining('filter') as string,
      });
    });

    it('says what was under the cut-off', async () => {
      const answer = await fovea.collections.search(holidays.id, 'a cat', { minScore: 0.99 });
      expect(answer.result.items).toEqual([]);
      expect(answer.note).toMatch(/under the cut-off/);
    });

    it('explains matches with maps that can be read', async () => {
      const { id } = await item('basketball-1');
      for (const [query, space] of [
        [{ itemId: id }, 'visual'],
        ['basketball players', 'cross-modal'],
      ] as const) {
        const { attachments = [] } = await fovea.collections.search(holidays.id, query, {
          k: 2,
          explain: 1,
          space,
        });
        expect(attachments.map(({ role }) => role)).toContain('match-map');
        const map = await fovea.blobs.get(attachments[0]?.blob ?? '');
        expect((await sharp(Buffer.from(await map.arrayBuffer())).metadata()).width).toBeGreaterThan(100);
      }
    });

    it('is diverse where that is wanted', async () => {
      const plain = await fovea.collections.search(holidays.id, 'basketball players', { k: 2 });
      const diverse = await fovea.collections.search(holidays.id, 'basketball players', {
        k: 2,
        diversity: 0.9,
      });
      expect(namesOf(diverse)[0]).toBe(namesOf(plain)[0]);
      expect(namesOf(diverse)[1]).not.toBe(namesOf(plain)[1]);
    });
  });

  describe('refuses', () => {
    const values = Array.from({ length: 1280 }, (_, i) => (i === 0 ? 1 : 0));
    it.each<[string, unknown, string]>([
      ['k = 0', { text: 'x', k: 0 }, 'INVALID_PARAMETER'],
      ['k = 1.5', { text: 'x', k: 1.5 }, 'INVALID_PARAMETER'],
      ['NaN', '{"vector": [NaN]}', 'INVALID_REQUEST'],
      ['a number that float32 has not', { vector: [1e39, ...values.slice(1)] }, 'INVALID_PARAMETER'],
      ['null in a vector', { vector: [null] }, 'INVALID_PARAMETER'],
      ['a vector of zeros', { vector: values.map(() => 0) }, 'INVALID_PARAMETER'],
      ['a vector of another dimension', { vector: values.slice(0, 256) }, 'INVALID_PARAMETER'],
      ['a vector of another space', { vector: values, space: 'cross-modal' }, 'INVALID_PARAMETER'],
      ['a space of another version', { vector: values, space: 'visual:000000000000' }, 'INVALID_PARAMETER'],
      ['a text in the space of looks', { text: 'a cat', space: 'visual' }, 'INVALID_PARAMETER'],
      ['an unknown space', { text: 'a cat', space: 'audio' }, 'INVALID_PARAMETER'],
      ['a text of 10,001 characters', { text: 'x'.repeat(10_001) }, 'INVALID_PARAMETER'],
      ['an empty text', { text: '  ' }, 'INVALID_PARAMETER'],
      ['nothing', {}, 'INVALID_PARAMETER'],
      ['auto for a vector', { vector: values, minScore: 'auto' }, 'INVALID_PARAMETER'],
      ['an item that is not there', { itemId: '01a20999-0a4d-7128-8115-cdbd6e5aa570' }, 'NOT_FOUND'],
      ['an unknown field', { text: 'x', limit: 3 }, 'INVALID_PARAMETER'],
      ['a filter that is none', { text: 'x', filter: { year: { near: 3 } } }, 'INVALID_PARAMETER'],
    ])('%s', async (_what, body, code) => {
      const answer = await post('/search', body);
      expect(answer.body).toMatchObject({ code });
      expect(answer.status).toBeGreaterThanOrEqual(400);
    });

    it('a folder that is not allowed', async () =>
      expect(await post('/items', { folder: '/etc' })).toMatchObject({
        status: 403,
        body: { code: 'FORBIDDEN' },
      }));
    it('two kinds of source at once', async () =>
      expect(await post('/items', { folder, runs: ['01a20999-0a4d-7128-8115-cdbd6e5aa570'] })).toMatchObject({
        status: 400,
      }));
    it('a name that is taken, in other letters', async () => {
      await expect(fovea.collections.create({ name: ' HOLIDAYS ' })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
    });
  });

  it('takes a text of 10,000 characters and says that it was cut', async () => {
    const answer = await fovea.collections.search(holidays.id, 'cat '.repeat(2500));
    expect(answer.query.truncated).toBe(true);
  });

  it.each(['写真 📷', 'Фотографии', 'صور', 'ÀÉÎ'])('is named %s', async (name) => {
    const made = await fovea.collections.create({ name, spaces: ['visual'] });
    expect((await fovea.collections.get(made.id)).name).toBe(name.normalize('NFC'));
    await fovea.collections.delete(made.id);
    await expect(fovea.collections.get(made.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('adds awkward pictures, and bad ones fail alone', async () => {
    const made = await fovea.collections.create({ name: 'Awkward' });
    const source = sharp(await picture('coffee').arrayBuffer()).resize(120, 90);
    const grey = await source.clone().greyscale().png().toBuffer();
    const alpha = await source.clone().ensureAlpha(0.5).png().toBuffer();
    const cmyk = await source.clone().toColourspace('cmyk').jpeg().toBuffer();
    const deep = await source.clone().toColourspace('rgb16').png().toBuffer();
    const rotated = await source.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const strip = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const good = { grey, alpha, cmyk, deep, rotated, strip };
    const whole = Buffer.from(await picture('coffee').arrayBuffer());
    const bad = { empty: Buffer.alloc(0), text: Buffer.from('no picture'), cut: whole.subarray(0, 2000) };
    const sent = Object.entries({ ...good, ...bad });
    const answers = await fovea.collections.add(
      made.id,
      sent.map(([name, bytes]) => new File([new Uint8Array(bytes)], name)),
    );
    const stateOf = (answer: Added) => ('item' in answer ? 'added' : answer.code);
    expect(Object.fromEntries(sent.map(([name], i) => [name, stateOf(answers[i] as Added)]))).toEqual({
      grey: 'added',
      alpha: 'added',
      cmyk: 'added',
      deep: 'added',
      rotated: 'added',
      strip: 'added',
      empty: expect.stringMatching(/UNSUPPORTED_MEDIA|IMAGE_CORRUPT|INVALID/) as string,
      text: 'UNSUPPORTED_MEDIA',
      cut: 'IMAGE_CORRUPT',
    });
    const turned = answers[sent.findIndex(([name]) => name === 'rotated')] as AddedItems['items'][number];
    expect(turned).toMatchObject({ item: { width: 90, height: 120 } });
    await fovea.collections.delete(made.id);
  });

  it('imports a folder and an archive by jobs; the same picture stays one item', async () => {
    const made = await fovea.collections.create({ name: 'Imported', spaces: ['visual'] });
    await writeFile(join(folder, 'notes.txt'), 'no picture');
    await writeFile(join(folder, 'broken.jpg'), 'no picture');
    const { id } = await fovea.collections.importFolder(made.id, folder, { metadata: { from: 'folder' } });
    const done = await fovea.jobs.wait(id);
    expect(done).toMatchObject({
      state: 'completed',
      kind: 'import',
      result: { added: 8, existing: 0, failed: 1, skipped: 1, failures: [{ name: 'broken.jpg' }] },
    });
    const archive = zipSync({
      'a/coffee.jpg': new Uint8Array(await picture('coffee').arrayBuffer()),
      '__MACOSX/._x.jpg': new Uint8Array(3),
      '../../evil.jpg': new Uint8Array(await picture('orange').arrayBuffer()),
    });
    const job = await fovea.collections.importArchive(
      made.id,
      new File([archive as Uint8Array<ArrayBuffer>], 'a.zip'),
    );
    expect(await fovea.jobs.wait(job.id)).toMatchObject({
      result: { added: 0, existing: 1, failed: 0, skipped: 2 },
    });
    expect((await fovea.collections.get(made.id)).items).toBe(8);
  });

  it('finds a copy among its items, and two shots of one scene', async () => {
    const copy = await sharp(await picture('building').arrayBuffer())
      .resize(300)
      .jpeg({ quality: 60 })
      .toBuffer();
    const [added] = await fovea.collections.add(holidays.id, [new File([new Uint8Array(copy)], 'copy.jpg')]);
    const { groups, cutoff } = await fovea.collections.duplicates(holidays.id);
    expect(cutoff).toBeCloseTo(0.84, 2);
    expect(groups.map(({ items }) => items.map(({ name }) => name))).toEqual([
      ['basketball-1.jpg', 'basketball-2.jpg'],
      ['building.jpg', 'copy.jpg'],
    ]);
    if (added && 'item' in added) await fovea.collections.deleteItems(holidays.id, [added.item.id]);
    expect((await fovea.collections.duplicates(holidays.id)).groups).toHaveLength(1);
  });

  it('is laid out in the plane', async () => {
    for (const method of ['pca', 'umap'] as const) {
      const { points, total } = await fovea.collections.map(holidays.id, { method });
      expect(points).toHaveLength(8);
      expect(total).toBe(8);
      for (const { x, y } of points) expect(Math.min(x, y) >= 0 && Math.max(x, y) <= 1).toBe(true);
    }
  });

  it('has indexes that equal Postgres, also after they were made again', async () => {
    const report = await fovea.collections.index(holidays.id);
    expect(report.indexes.map(({ ok, items }) => [ok, items])).toEqual([
      [true, 8],
      [true, 8],
    ]);
    const { id } = await fovea.collections.rebuild(holidays.id);
    expect(await fovea.jobs.wait(id)).toMatchObject({
      state: 'completed',
      result: { indexes: [{ ok: true }, { ok: true }] },
    });
  });

  it('is embedded by another encoder while it goes on answering', async () => {
    const made = await fovea.collections.create({ name: 'Changing', spaces: ['visual'] });
    await fovea.collections.add(made.id, files);
    const before = (await fovea.collections.get(made.id)).spaces[0]?.space.key;
    const changed = await fovea.collections.update(made.id, { models: { visual: 'efficientnet-lite2' } });
    const job = changed.spaces[0]?.next?.job;
    expect(job).toBeTruthy();
    const ended = fovea.jobs.wait(job as string);
    let searches = 0;
    let over = false;
    void ended.finally(() => (over = true));
    while (!over || searches < 3) {
      const { result } = await fovea.collections.search(made.id, picture('rocket'), { k: 1 });
      expect(result.items[0]?.name).toBe('rocket.jpg');
      searches++;
    }
    expect(await ended).toMatchObject({ state: 'completed', result: { embedded: 8, failed: 0 } });
    const after = await fovea.collections.get(made.id);
    expect(after.spaces[0]?.space.key).not.toBe(before);
    expect(after.spaces[0]?.space.models[0]?.id).toBe('efficientnet-lite2');
    expect(after.spaces[0]?.next).toBeNull();
    const { result } = await fovea.collections.search(made.id, picture('rocket'), { k: 1 });
    expect(result.items[0]).toMatchObject({ name: 'rocket.jpg', score: expect.closeTo(1, 3) as number });
  });

  it('is empty when everything was deleted, and says so', async () => {
    const made = await fovea.collections.create({ name: 'Emptied' });
    const added = await fovea.collections.add(made.id, files.slice(0, 3));
    await fovea.collections.search(made.id, 'a cat');
    await fovea.collections.deleteItems(
      made.id,
      added.flatMap((one) => ('item' in one ? [one.item.id] : [])),
    );
    const answer = await fovea.collections.search(made.id, 'a cat', { k: 5 });
    expect(answer).toMatchObject({ result: { items: [] }, note: expect.stringContaining('empty') as string });
    expect((await fovea.collections.index(made.id)).indexes.every(({ ok }) => ok)).toBe(true);
    expect((await fovea.collections.map(made.id)).points).toEqual([]);
  });

  it('finds stored runs by meaning, and forgets those that are deleted', async () => {
    const { run } = await fovea.run('classification', picture('coffee'));
    await fovea.run('classification', picture('rocket'));
    const about = async (text: string) =>
      (await fovea.runs.list({ about: text })).items.map(({ run: { id } }) => id);
    await vi.waitFor(async () => expect((await about('a cup of coffee'))[0]).toBe(run.id), {
      timeout: 30_000,
      interval: 500,
    });
    const page = await fovea.runs.list({ about: 'a cup of coffee', limit: 1 });
    expect(page.scores?.[0]).toBeGreaterThan(0.1);
    await fovea.runs.delete(run.id);
    expect(await about('a cup of coffee')).not.toContain(run.id);
    await expect(fovea.runs.list({ about: 'x', cursor: 'x' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });
});

it.skipIf(postgresMissing)(
  'without research models a collection is searched by looks, and says what is missing for texts',
  { timeout: 60_000 },
  async () => {
    const server = await startServer({ FOVEA_LICENCES: 'permissive' });
    try {
      const fovea = new Fovea({ baseUrl: server.url, retries: 0 });
      const made = await fovea.collections.create({ name: 'Looks' });
      expect(made.spaces.map(({ space }) => space.name)).toEqual(['visual']);
      await expect(fovea.collections.create({ name: 'Both', spaces: ['cross-modal'] })).rejects.toMatchObject(
        {
          code: 'MODEL_MISSING',
        },
      );
      await expect(fovea.runs.list({ about: 'a cat' })).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    } finally {
      await server.end();
    }
  },
);
