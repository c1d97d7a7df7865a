import {
  VisionError,
  type Collection,
  type CollectionItem,
  type EmbeddingSpace,
  type IndexInfo,
  type Job,
  type SearchAnswer,
} from '@fovea/contracts';
import type { Fovea } from '@fovea/sdk';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Installation } from '../cli.ts';
import { fovea } from '../program.ts';
import { Terminal } from '../terminal.ts';

const cwd = mkdtempSync(join(tmpdir(), 'fovea-cli-'));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
writeFileSync(join(cwd, 'a.jpg'), 'a');
writeFileSync(join(cwd, 'b.jpg'), 'broken');
writeFileSync(join(cwd, 'many.zip'), 'zip');

const space: EmbeddingSpace = {
  id: '01a20999-0a4d-7128-8115-cdbd6e5aa570',
  name: 'visual',
  key: 'visual:0123456789ab',
  dimension: 1280,
  metric: 'cosine',
  version: 1,
  models: [{ role: 'primary', id: 'lite0', revision: 1, sha256: 'a'.repeat(64) }],
};
const index: IndexInfo = {
  backend: 'faiss',
  kind: 'hnsw',
  items: 3,
  pending: 0,
  deleted: 0,
  bytes: 2048,
  builtAt: null,
};
const holidays: Collection = {
  id: '01a20999-0a4d-7128-8115-cdbd6e5aa571',
  name: 'Holidays',
  items: 3,
  spaces: [{ space, vectors: 3, index, next: null }],
  createdAt: '2026-03-01T08:30:00.000Z',
  updatedAt: '2026-03-01T08:30:00.000Z',
  links: { self: '', items: '' },
};
const item = (name: string): CollectionItem => ({
  id: '01a20999-0a4d-7128-8115-cdbd6e5aa572',
  name,
  blob: 'b'.repeat(64),
  mime: 'image/jpeg',
  width: 1,
  height: 1,
  metadata: {},
  run: null,
  altText: null,
  createdAt: '2026-03-01T08:30:00.000Z',
  links: { self: '', picture: '' },
});
const answer: SearchAnswer = {
  result: {
    kind: 'matches',
    items: [{ itemId: item('a').id, name: 'beach.jpg', score: 0.4321, blob: null, metadata: {} }],
    cutoff: 0.2,
  },
  query: { space, kind: 'text', k: 10 },
  searched: { items: 3, exact: true, index: 'flat' },
  note: 'two are under the cut-off',
  timings: { embedMs: 1, searchMs: 2, totalMs: 3 },
};
const job = (result: Job['result']): Job => ({
  id: '01a20999-0a4d-7128-8115-cdbd6e5aa573',
  kind: 'import',
  task: 'embedding',
  state: 'completed',
  progress: null,
  result,
  error: null,
  attempts: 1,
  createdAt: '2026-03-01T08:30:00.000Z',
  startedAt: null,
  finishedAt: null,
  request: {},
  links: { self: '', events: '' },
});

let calls: unknown[][] = [];
let closed = 0;
let indexOk = true;
beforeEach(() => {
  calls = [];
  closed = 0;
  indexOk = true;
});
const told =
  <T>(name: string, result: (...args: never[]) => T) =>
  (...args: unknown[]): Promise<T> => {
    calls.push([name, ...args]);
    return Promise.resolve(result(...(args as never[])));
  };
const sdk = {
  collections: {
    async *all() {
      await Promise.resolve();
      yield holidays;
    },
    create: told('create', () => holidays),
    delete: told('delete', () => undefined),
    add: told('add', (_id: string, pictures: { name: string }[]) =>
      pictures.map(({ name }) =>
        name.startsWith('b')
          ? new VisionError('IMAGE_CORRUPT', 'cut short').toProblem('x')
          : { item: item(name), existing: false },
      ),
    ),
    importArchive: told('importArchive', () => job(null)),
    importFolder: told('importFolder', () => job(null)),
    search: told('search', () => answer),
    duplicates: told('duplicates', () => ({
      groups: [{ items: [item('a.jpg'), item('copy.jpg')], score: 0.99 }],
      total: 1,
      cutoff: 0.95,
      searched: 3,
    })),
    index: told('index', () => ({
      collectionId: holidays.id,
      indexes: [{ space: 'visual', ok: indexOk, items: 3, missing: 0, surplus: 0, different: 0, index }],
    })),
  },
  jobs: {
    wait: told('wait', () =>
      job({
        collectionId: holidays.id,
        added: 5,
        existing: 1,
        failed: 1,
        skipped: 0,
        failures: [{ name: 'x.jpg', code: 'IMAGE_CORRUPT', detail: 'cut short' }],
      }),
    ),
  },
};

async function call(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const text = { out: '', err: '' };
  const stream = (name: 'out' | 'err') =>
    new PassThrough().on('data', (chunk: Buffer) => (text[name] += chunk.toString()));
  const streams = { stdin: new PassThrough(), stdout: stream('out'), stderr: stream('err') };
  const installation = {
    version: '1',
    open: () =>
      Promise.resolve({
        fovea: sdk as unknown as Fovea,
        close: () => Promise.resolve(void closed++),
      }),
  };
  const code = await fovea(
    {
      terminal: new Terminal(streams),
      cwd,
      signal: new AbortController().signal,
      installation: installation as unknown as Installation,
    },
    ['collections', ...args],
  );
  return { code, ...text };
}

describe('fovea collections', () => {
  it('lists and shows', async () => {
    expect(await call('list')).toMatchObject({ code: 0, out: expect.stringContaining('Holidays') as string });
    const shown = await call('show', 'holidays');
    expect(shown.out).toContain('visual:0123456789ab');
    expect(shown.out).toContain('faiss hnsw');
    expect(closed).toBe(2);
  });

  it('creates with the spaces that are named', async () => {
    await call('create', 'Фото 写真', '--space', 'visual');
    expect(calls).toEqual([['create', { name: 'Фото 写真', spaces: ['visual'] }]]);
    expect(await call('create', 'x', '--space', 'audio')).toMatchObject({ code: 2 });
  });

  it('adds files, a bad one fails alone, and archives by a job', async () => {
    const done = await call(
      'add',
      'Holidays',
      'a.jpg',
      'b.jpg',
      'many.zip',
      '--metadata',
      'year=2024',
      '--metadata',
      'place=Rome',
    );
    expect(done.code).toBe(1);
    expect(done.err).toContain('b.jpg: cut short');
    expect(done.out).toContain('1 added, 0 there before, 1 failed');
    expect(done.out).toContain('5 added, 1 there before, 1 failed');
    expect(calls.find(([name]) => name === 'add')?.[3]).toMatchObject({
      metadata: { year: 2024, place: 'Rome' },
    });
    expect(calls.some(([name]) => name === 'importArchive')).toBe(true);
  });

  it('says what a file that is not there is', async () => {
    const done = await call('add', 'Holidays', 'nothing.jpg');
    expect(done).toMatchObject({ code: 1, err: expect.stringContaining('nothing.jpg') as string });
  });

  it('searches by text and pictures, minus what is unwanted', async () => {
    const found = await call(
      'search',
      'Holidays',
      'a',
      'beach',
      '--image',
      'a.jpg',
      '--minus',
      'people',
      '--min-score',
      'auto',
      '--filter',
      '{"year": 2024}',
      '--k',
      '3',
    );
    expect(found).toMatchObject({ code: 0, err: expect.stringContaining('two are under') as string });
    expect(found.out).toMatch(/1 +0\.4321 .*beach\.jpg/);
    expect(calls[0]).toEqual([
      'search',
      holidays.id,
      { query: [{ text: 'a beach' }, { image: expect.any(File) as File }], minus: [{ text: 'people' }] },
      expect.objectContaining({ k: 3, minScore: 'auto', filter: { year: 2024 } }),
    ]);
  });

  it.each([
    ['nothing to search for', ['search', 'Holidays']],
    ['a cut-off that is none', ['search', 'Holidays', 'x', '--min-score', '2']],
    ['a filter that is none', ['search', 'Holidays', 'x', '--filter', 'year=1']],
    ['a collection that is not there', ['search', 'Work', 'x']],
    ['nothing to add', ['add', 'Holidays']],
    ['a deletion that is not confirmed', ['delete', 'Holidays']],
  ])('refuses %s', async (_what, args) => expect(await call(...args)).toMatchObject({ code: 2 }));

  it('shows groups of duplicates', async () =>
    expect((await call('duplicates', 'Holidays', '--min-score', '0.9')).out).toContain('copy.jpg'));

  it('fails where an index is not equal to the database', async () => {
    expect(await call('verify', 'Holidays')).toMatchObject({ code: 0 });
    indexOk = false;
    expect(await call('verify', 'Holidays')).toMatchObject({
      code: 1,
      out: expect.stringContaining('NOT equal') as string,
    });
  });

  it('deletes', async () => {
    expect(await call('delete', holidays.id, '--yes')).toMatchObject({ code: 0, out: 'deleted Holidays\n' });
    expect(calls).toEqual([['delete', holidays.id]]);
  });
});
