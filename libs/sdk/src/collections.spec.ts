import { ERRORS, type ErrorCode, type Problem } from '@fovea/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { Fovea } from './index.ts';

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: Headers;
  readonly body: BodyInit | null | undefined;
}
type Answer = (seen: Seen) => Response;

let seen: Seen[] = [];
/** One answer for each request that comes; the last one stays. */
let answers: Answer[] = [];
let fovea: Fovea;

beforeEach(() => {
  seen = [];
  answers = [json({})];
  fovea = new Fovea({
    baseUrl: 'http://server',
    fetch: (input, init) => {
      const url = new URL(String(input));
      const one = {
        method: init?.method ?? 'GET',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        headers: new Headers(init?.headers),
        body: init?.body,
      };
      seen.push(one);
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) as Answer;
      return Promise.resolve(answer(one));
    },
  });
});

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Answer =>
  () =>
    Response.json(body, { status, headers });
const problem = (code: ErrorCode): Problem => ({
  type: 'about:blank',
  title: ERRORS[code].title,
  status: ERRORS[code].status,
  code,
  detail: 'because',
  hint: 'do something',
  requestId: 'request-1',
});
const fail = (code: ErrorCode, headers: Record<string, string> = {}): Answer =>
  json(problem(code), ERRORS[code].status, headers);
const caught = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail('should have been rejected'),
    (error: unknown) => error,
  );
const formOf = (at: number): FormData => seen[at]?.body as FormData;
const bodyOf = (at: number): unknown => JSON.parse(seen[at]?.body as string);
const picture = (name: string, bytes = 3): File =>
  new File([new Uint8Array(bytes)], name, { type: 'image/jpeg' });
const namesOf = (one: Seen): string[] =>
  (one.body as FormData).getAll('image').map((file) => (file as File).name);
/** A server that adds every picture, by its name. */
const addsAll: Answer = (one) =>
  Response.json({ items: namesOf(one).map((name) => ({ item: { name }, existing: false })) });

describe('add', () => {
  it('sends 16 pictures to a request and answers in their order', async () => {
    answers = [addsAll];
    const names = Array.from({ length: 35 }, (_, at) => `${at} 猫.jpg`);
    const added = await fovea.collections.add(
      'c',
      names.map((name) => picture(name)),
      { metadata: { place: 'Rome' } },
    );
    expect(added).toEqual(names.map((name) => ({ item: { name }, existing: false })));
    expect(seen.map((one) => namesOf(one).length)).toEqual([16, 16, 3]);
    expect(seen[2]).toMatchObject({ method: 'POST', path: '/v1/collections/c/items' });
    expect(JSON.parse(formOf(2).get('params') as string)).toEqual({ metadata: { place: 'Rome' } });
  });

  it('has a problem in the place of a bad picture', async () => {
    answers = [json({ items: [{ item: {}, existing: true }, problem('IMAGE_CORRUPT')] })];
    const [good, bad] = await fovea.collections.add('c', [picture('a'), picture('b')]);
    expect(good).toEqual({ item: {}, existing: true });
    expect(bad).toEqual(problem('IMAGE_CORRUPT'));
  });

  it('halves a request that is too large as a whole', async () => {
    answers = [
      (one) => {
        const files = (one.body as FormData).getAll('image') as File[];
        const bytes = files.reduce((sum, file) => sum + file.size, 0);
        return bytes > 10 ? fail('PAYLOAD_TOO_LARGE')(one) : addsAll(one);
      },
    ];
    const added = await fovea.collections.add('c', [
      picture('a'),
      picture('b'),
      picture('c', 20),
      picture('d'),
    ]);
    expect(added.map((one) => ('item' in one ? one.item.name : one.code))).toEqual([
      'a',
      'b',
      'PAYLOAD_TOO_LARGE',
      'd',
    ]);
  });

  it('sends metadata of its own and sources as JSON', async () => {
    answers = [json({ items: [{}, {}] })];
    await fovea.collections.add(
      'c',
      [
        { input: picture('a.jpg'), metadata: { year: 2024 } },
        { url: 'https://example.org/b.jpg' },
        { input: { blob: 'a'.repeat(64) }, name: 'c.jpg' },
      ],
      { metadata: { place: 'Rome' } },
    );
    expect(bodyOf(0)).toEqual({
      pictures: [
        { source: { base64: 'AAAA' }, name: 'a.jpg', metadata: { year: 2024 } },
        { source: { url: 'https://example.org/b.jpg' } },
        { source: { blob: 'a'.repeat(64) }, name: 'c.jpg' },
      ],
      metadata: { place: 'Rome' },
    });
  });

  it('is sent again after a busy server: no item is made twice', async () => {
    answers = [fail('QUEUE_FULL', { 'retry-after': '0' }), addsAll];
    expect(await fovea.collections.add('c', [picture('a')])).toHaveLength(1);
    expect(seen).toHaveLength(2);
  });

  it('stops between two requests when it is aborted', async () => {
    const controller = new AbortController();
    answers = [
      (one) => {
        controller.abort(new Error('the user left'));
        return addsAll(one);
      },
    ];
    const pictures = Array.from({ length: 17 }, (_, at) => picture(String(at)));
    const error = await caught(fovea.collections.add('c', pictures, { signal: controller.signal }));
    expect(error).toBe(controller.signal.reason);
    expect(seen).toHaveLength(1);
  });

  it('sends nothing for no pictures, and rejects where the whole request is wrong', async () => {
    expect(await fovea.collections.add('c', [])).toEqual([]);
    expect(seen).toHaveLength(0);
    answers = [fail('NOT_FOUND')];
    expect(await caught(fovea.collections.add('c', [picture('a')]))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('refuses what is no picture: it reads no files', async () => {
    expect(await caught(fovea.collections.add('c', [{ input: 'cat.jpg' } as never]))).toBeInstanceOf(
      TypeError,
    );
  });

  it('is a job where that is asked for, of at most 64 pictures', async () => {
    answers = [json({ id: 'job', kind: 'import' }, 202)];
    expect(await fovea.collections.addAsJob('c', [picture('a')])).toMatchObject({ id: 'job' });
    expect(seen[0]?.headers.get('prefer')).toBe('respond-async');
    const many = Array.from({ length: 65 }, () => picture('a'));
    expect(await caught(fovea.collections.addAsJob('c', many))).toBeInstanceOf(RangeError);
    expect(seen).toHaveLength(1);
  });
});

describe('imports', () => {
  it('are jobs of a folder, of runs and of a ZIP', async () => {
    answers = [json({ id: 'job' }, 202)];
    await fovea.collections.importFolder('c', '/data/holidays', { metadata: { year: 2024 } });
    await fovea.collections.importRuns('c', ['r1', 'r2']);
    await fovea.collections.importArchive('c', picture('all.zip'), { metadata: { year: 2024 } });
    await fovea.collections.importArchive('c', { url: 'https://example.org/all.zip' });
    expect(seen.map((one) => [one.method, one.path, one.headers.get('prefer')])).toEqual(
      Array.from({ length: 4 }, () => ['POST', '/v1/collections/c/items', 'respond-async']),
    );
    expect(bodyOf(0)).toEqual({ folder: '/data/holidays', metadata: { year: 2024 } });
    expect(bodyOf(1)).toEqual({ runs: ['r1', 'r2'] });
    expect((formOf(2).get('archive') as File).name).toBe('all.zip');
    expect(formOf(2).get('params')).toBe('{"metadata":{"year":2024}}');
    expect(bodyOf(3)).toEqual({ archive: { url: 'https://example.org/all.zip' } });
  });

  it('are never begun twice', async () => {
    answers = [fail('QUEUE_FULL', { 'retry-after': '0' })];
    await caught(fovea.collections.importFolder('c', '/data'));
    await caught(fovea.collections.rebuild('c'));
    expect(seen).toHaveLength(2);
  });
});

describe('search', () => {
  it('takes a text', async () => {
    await fovea.collections.search('c', 'ein roter Bus 🚌', {
      k: 5,
      minScore: 'auto',
      filter: { year: 2024 },
    });
    expect(seen[0]).toMatchObject({ method: 'POST', path: '/v1/collections/c/search' });
    expect(bodyOf(0)).toEqual({ text: 'ein roter Bus 🚌', k: 5, minScore: 'auto', filter: { year: 2024 } });
  });

  it('sends one picture as it is', async () => {
    await fovea.collections.search('c', picture('cat.jpg'), { explain: 1 });
    expect((formOf(0).get('image') as File).name).toBe('cat.jpg');
    expect(JSON.parse(formOf(0).get('params') as string)).toEqual({ explain: 1 });
  });

  it.each([
    ['a source', { url: 'https://example.org/a.jpg' }, { image: { url: 'https://example.org/a.jpg' } }],
    ['an item', { itemId: 'i' }, { itemId: 'i' }],
    ['a run', { run: 'r' }, { run: 'r' }],
    ['a vector', { vector: [1, 0] }, { vector: [1, 0] }],
    [
      'several parts with pictures among them',
      { query: [{ image: picture('a') }, { text: 'snow' }], minus: [{ itemId: 'i' }] },
      { query: [{ image: { base64: 'AAAA' } }, { text: 'snow' }], minus: [{ itemId: 'i' }] },
    ],
  ])('takes %s', async (_name, query, body) => {
    await fovea.collections.search('c', query, { space: 'visual' });
    expect(bodyOf(0)).toEqual({ ...body, space: 'visual' });
  });

  it('is sent again after a busy server, and ends with its signal', async () => {
    answers = [fail('QUEUE_FULL', { 'retry-after': '0' }), json({ result: { items: [] } })];
    await fovea.collections.search('c', 'a dog');
    expect(seen).toHaveLength(2);
    const signal = AbortSignal.abort();
    expect(await caught(fovea.collections.search('c', 'a dog', { signal }))).toMatchObject({
      name: 'AbortError',
    });
    expect(seen).toHaveLength(2);
  });

  it('refuses what is no query', async () => {
    expect(await caught(fovea.collections.search('c', 7 as never))).toBeInstanceOf(TypeError);
  });
});

describe('the rest of the collections', () => {
  it('asks the right address', async () => {
    const id = 'a/b';
    const { collections } = fovea;
    answers = [json({})];
    await collections.create({ name: 'Käse 猫', spaces: ['visual'] });
    await collections.list({ limit: 3 });
    await collections.get(id);
    await collections.rename(id, 'other');
    await collections.update(id, { models: { visual: 'efficientnet-lite2' } });
    await collections.delete(id);
    await collections.items(id, { limit: 2, filter: { year: { gte: 2020 } } });
    await collections.item(id, 'i');
    await collections.setMetadata(id, 'i', { year: 2024 });
    await collections.deleteItem(id, 'i');
    await collections.duplicates(id, { minScore: 0.9 });
    await collections.map(id, { method: 'pca', space: 'visual' });
    await collections.index(id);
    await collections.rebuild(id);
    expect(seen.map((one) => `${one.method} ${one.path}`)).toEqual([
      'POST /v1/collections',
      'GET /v1/collections',
      'GET /v1/collections/a%2Fb',
      'PATCH /v1/collections/a%2Fb',
      'PATCH /v1/collections/a%2Fb',
      'DELETE /v1/collections/a%2Fb',
      'GET /v1/collections/a%2Fb/items',
      'GET /v1/collections/a%2Fb/items/i',
      'PATCH /v1/collections/a%2Fb/items/i',
      'DELETE /v1/collections/a%2Fb/items/i',
      'POST /v1/collections/a%2Fb/duplicates',
      'GET /v1/collections/a%2Fb/map',
      'GET /v1/collections/a%2Fb/index',
      'POST /v1/collections/a%2Fb/rebuild',
    ]);
    expect(bodyOf(0)).toEqual({ name: 'Käse 猫', spaces: ['visual'] });
    expect(bodyOf(3)).toEqual({ name: 'other' });
    expect(seen[6]?.query).toEqual({ limit: '2', filter: '{"year":{"gte":2020}}' });
    expect(bodyOf(8)).toEqual({ metadata: { year: 2024 } });
    expect(seen[11]?.query).toEqual({ method: 'pca', space: 'visual' });
  });

  it('deletes many items, 1,000 to a request', async () => {
    await fovea.collections.deleteItems(
      'c',
      Array.from({ length: 1500 }, (_, at) => String(at)),
    );
    expect(seen.map((one) => one.path)).toEqual(
      Array.from({ length: 2 }, () => '/v1/collections/c/items/delete'),
    );
    expect((bodyOf(1) as { ids: string[] }).ids).toHaveLength(500);
  });

  it('walks through all pages of items with the same filter', async () => {
    answers = [
      json({ items: [{ id: '1' }], nextCursor: 'next' }),
      json({ items: [{ id: '2' }], nextCursor: null }),
    ];
    const ids: string[] = [];
    for await (const { id } of fovea.collections.allItems('c', { filter: { year: 2024 } })) ids.push(id);
    expect(ids).toEqual(['1', '2']);
    expect(seen.map((one) => one.query)).toEqual([
      { filter: '{"year":2024}' },
      { filter: '{"year":2024}', cursor: 'next' },
    ]);
  });

  it('walks through all collections', async () => {
    answers = [json({ items: [{ id: '1' }], nextCursor: null })];
    const ids: string[] = [];
    for await (const { id } of fovea.collections.all()) ids.push(id);
    expect(ids).toEqual(['1']);
  });
});
