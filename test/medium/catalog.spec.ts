import { openCatalog, type Catalog, type CatalogOptions } from '@fovea/catalog';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { postgresMissing, query, startPostgres, type TestPostgres } from './postgres.ts';
import { runEnvelope, runRecord, sha256Of } from './runs.ts';

describe.skipIf(postgresMissing)('catalog', () => {
  let postgres: TestPostgres;
  let databaseUrl: string;
  let dataDir: string;
  let catalog: Catalog;
  const opened: Catalog[] = [];

  const open = async (options: Partial<CatalogOptions> = {}) => {
    const next = await openCatalog({ dataDir, databaseUrl, ...options });
    opened.push(next);
    return next;
  };
  const reopen = async (options: Partial<CatalogOptions>) => {
    await catalog.close();
    catalog = await open(options);
  };

  beforeAll(async () => {
    postgres = await startPostgres();
    databaseUrl = await postgres.freshDatabase();
  });
  afterAll(() => postgres.stop());
  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'fovea-catalog-'));
    await query(databaseUrl, 'TRUNCATE runs, blobs, models, idempotency_keys CASCADE');
    catalog = await open();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((each) => each.close()));
    rmSync(dataDir, { recursive: true, force: true });
  });

  describe('runs', () => {
    test('an envelope comes back exactly as it was recorded', async () => {
      const record = runRecord('local', {
        labels: [
          ['tabby', 0.123456789012345],
          ['NUL \0 and half \ud800 and 🐱', 1e-7],
        ],
        params: { z: 1, a: { nested: [null, true, 1e21, 'ü\u0000'] }, '': '\\"', big: 9007199254740991 },
      });
      await catalog.runs.record(record);
      const got = await catalog.runs.get('local', record.envelope.run.id);
      expect(JSON.stringify(got)).toBe(JSON.stringify(record.envelope));
      const { items } = await catalog.runs.list('local');
      expect(JSON.stringify(items)).toBe(JSON.stringify([record.envelope]));
    });

    test('a run that nobody recorded is null, whatever the id', async () => {
      for (const id of [
        '',
        'x',
        '../etc',
        '01890000-0000-7000-8000-000000000000',
        "'; DROP TABLE runs; --",
      ]) {
        expect(await catalog.runs.get('local', id)).toBeNull();
        expect(await catalog.runs.delete('local', id)).toBe(false);
      }
    });

    test('owners do not see each other’s runs', async () => {
      const mine = runRecord('ann');
      await catalog.runs.record(mine);
      const { id } = mine.envelope.run;
      expect(await catalog.runs.get('bob', id)).toBeNull();
      expect((await catalog.runs.list('bob', { label: 'tabby' })).items).toEqual([]);
      expect((await catalog.runs.list('bob', { q: 'tabby' })).items).toEqual([]);
      expect((await catalog.runs.list('bob', { model: 'efficientnet-lite0' })).items).toEqual([]);
      expect(await catalog.runs.delete('bob', id)).toBe(false);
      expect(await catalog.runs.get('ann', id)).toEqual(mine.envelope);
    });

    test('a deleted run is gone, with its rows', async () => {
      const { owner, envelope, inputs } = runRecord('local');
      await catalog.runs.record({ owner, envelope, inputs });
      expect(await catalog.runs.delete('local', envelope.run.id)).toBe(true);
      expect(await catalog.runs.get('local', envelope.run.id)).toBeNull();
      for (const table of ['runs', 'run_models', 'run_inputs', 'search_rows', 'blob_references'])
        expect(await query(databaseUrl, `SELECT 1 FROM ${table}`)).toEqual([]);
    });

    test('the same id twice is a conflict, and its neighbours are recorded', async () => {
      const first = runRecord('local');
      await catalog.runs.record(first);
      const others = Array.from({ length: 20 }, () => runRecord('local'));
      const settled = await Promise.allSettled(
        [first, ...others].map((record) => catalog.runs.record(record)),
      );
      expect(settled[0]).toMatchObject({ status: 'rejected', reason: { code: 'CONFLICT' } });
      expect(settled.slice(1).every(({ status }) => status === 'fulfilled')).toBe(true);
      expect((await catalog.stats()).runs).toBe(21);
    });

    test('concurrent runs share commits', async () => {
      const commits = async () => {
        const [row] = await query<{ n: string }>(
          databaseUrl,
          `SELECT count(DISTINCT xmin::text) AS n FROM runs`,
        );
        return Number(row?.n);
      };
      await Promise.all(Array.from({ length: 100 }, () => catalog.runs.record(runRecord('local'))));
      expect((await catalog.stats()).runs).toBe(100);
      expect(await commits()).toBeLessThan(50);
    });

    test('an owner is a short plain text', async () => {
      await expect(catalog.runs.record({ ...runRecord('local'), owner: 'a\0b' })).rejects.toThrow(RangeError);
      await expect(catalog.runs.record({ ...runRecord('local'), owner: '' })).rejects.toThrow(TypeError);
    });
  });

  test('5,000 runs come page by page without gaps or doubles while others are recorded', async () => {
    const start = Date.UTC(2026, 0, 1);
    // 50 of each moment: the id must decide.
    const before = Array.from({ length: 5_000 }, (_, i) =>
      runRecord('local', { createdAt: new Date(start + Math.floor(i / 50) * 1000) }),
    );
    await Promise.all(before.map((record) => catalog.runs.record(record)));
    let writing = true;
    const writer = (async () => {
      while (writing) await catalog.runs.record(runRecord('local'));
    })();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await catalog.runs.list('local', { limit: 200, ...(cursor ? { cursor } : {}) });
      seen.push(...page.items.map((item) => item.run.id));
      cursor = page.nextCursor;
    } while (cursor);
    const streamed: string[] = [];
    for await (const envelope of catalog.runs.stream('local', { label: 'tabby' }))
      streamed.push(envelope.run.id);
    writing = false;
    await writer;
    const expected = before.map((record) => record.envelope.run.id).sort();
    const known = new Set(expected);
    for (const walk of [seen, streamed]) {
      expect(new Set(walk).size).toBe(walk.length);
      expect(walk.filter((id) => known.has(id)).sort()).toEqual(expected);
    }
  });

  describe('blobs', () => {
    const bytes = Buffer.from('a picture');
    const sha256 = sha256Of(bytes);

    test('are readable through a reference of the owner only', async () => {
      await catalog.runs.record(runRecord('ann', { input: bytes }));
      const blob = await catalog.blobs.get('ann', sha256);
      expect(blob).toMatchObject({ sha256, bytes: bytes.length, mime: 'image/jpeg' });
      expect(readFileSync(blob?.path ?? '')).toEqual(bytes);
      expect(await catalog.blobs.get('bob', sha256)).toBeNull();
      expect(await catalog.blobs.open('bob', sha256)).toBeNull();
      // To know a hash is not to have the bytes.
      const { owner, envelope } = runRecord('bob', { input: bytes });
      await catalog.runs.record({
        owner,
        envelope,
        inputs: [{ name: 'image', index: 0, sha256, mime: 'image/jpeg' }],
      });
      expect(await catalog.blobs.get('bob', sha256)).toBeNull();
    });

    test('a run may refer to what its owner could read, without the bytes', async () => {
      await catalog.blobs.put('ann', bytes, 'image/png', { reference: true });
      const { owner, envelope } = runRecord('ann', { input: bytes });
      await catalog.runs.record({
        owner,
        envelope,
        inputs: [{ name: 'image', index: 0, sha256, mime: 'image/png' }],
      });
      expect(await catalog.blobs.forget('ann', sha256)).toBe(true);
      expect(await catalog.blobs.get('ann', sha256)).toMatchObject({ mime: 'image/png' });
    });

    test('are stored once, and each owner names the media type', async () => {
      await catalog.blobs.put('ann', bytes, 'image/jpeg', { reference: true });
      await catalog.blobs.put('ann', bytes, 'image/jpeg', { reference: true });
      await catalog.blobs.put('bob', bytes, 'text/html', { reference: true });
      expect(await catalog.stats()).toMatchObject({ runs: 0, blobs: 1, bytes: bytes.length });
      expect((await catalog.blobs.get('ann', sha256))?.mime).toBe('image/jpeg');
      expect(await query(databaseUrl, 'SELECT 1 FROM blob_references')).toHaveLength(2);
    });

    test('come as a stream, also a part of one', async () => {
      await catalog.blobs.put('ann', bytes, 'image/jpeg', { reference: true });
      const part = await catalog.blobs.open('ann', sha256, { start: 2, end: 4 });
      expect(part && (await text(part.stream))).toBe('pic');
    });

    test('put during a run, they belong to it once it is recorded', async () => {
      const map = Buffer.from('a map');
      const cutout = Buffer.from('a cutout');
      await catalog.blobs.put('ann', map, 'image/png');
      await catalog.blobs.put('ann', cutout, 'image/webp');
      expect(await catalog.blobs.get('ann', sha256Of(map))).toBeNull();
      const record = runRecord('ann', {
        task: 'semantic-segmentation',
        result: { kind: 'masks', classes: [], map: { blob: sha256Of(map) } },
        attachments: [{ role: 'cutout', blob: sha256Of(cutout) }],
      });
      await catalog.runs.record(record);
      expect(await catalog.blobs.get('ann', sha256Of(map))).toMatchObject({ mime: 'image/png' });
      expect(await catalog.blobs.get('ann', sha256Of(cutout))).toMatchObject({ mime: 'image/webp' });
      expect(await query(databaseUrl, 'SELECT kind FROM blob_references ORDER BY kind')).toEqual([
        { kind: 'attachment' },
        { kind: 'input' },
        { kind: 'result' },
      ]);
    });

    test('an input whose hash is wrong is a mistake of the code, and nothing is recorded', async () => {
      const { owner, envelope, inputs } = runRecord('ann');
      const wrong = inputs.map((input) => ({ ...input, sha256: 'b'.repeat(64) }));
      await expect(catalog.runs.record({ owner, envelope, inputs: wrong })).rejects.toThrow(TypeError);
      expect((await catalog.stats()).runs).toBe(0);
    });
  });

  describe('collection and retention', () => {
    test('a blob goes with its last reference, and not before', async () => {
      const [first, second] = [runRecord('ann'), runRecord('bob')];
      await catalog.runs.record(first);
      await catalog.runs.record(second);
      const path = (await catalog.blobs.get('ann', sha256Of(Buffer.from('a picture'))))?.path ?? '';
      await catalog.runs.delete('ann', first.envelope.run.id);
      expect(await catalog.gc({ graceMs: 0 })).toEqual({ removedBlobs: 0, bytes: 0 });
      await catalog.runs.delete('bob', second.envelope.run.id);
      expect(await catalog.gc({ graceMs: 0 })).toEqual({ removedBlobs: 1, bytes: 9 });
      expect(() => readFileSync(path)).toThrow('ENOENT');
      expect(await catalog.stats()).toMatchObject({ runs: 0, blobs: 0, bytes: 0 });
    });

    test('a blob that waits for its run stays', async () => {
      await catalog.blobs.put('ann', Buffer.from('soon'), 'image/png');
      expect(await catalog.gc()).toEqual({ removedBlobs: 0, bytes: 0 });
      expect(await catalog.gc({ graceMs: 0 })).toEqual({ removedBlobs: 1, bytes: 4 });
    });

    test('collecting while runs are recorded and deleted loses nothing that is needed', async () => {
      let busy = true;
      const collector = (async () => {
        while (busy) await catalog.gc({ graceMs: 0 });
      })();
      const kept = await Promise.all(
        Array.from({ length: 150 }, async (_, i) => {
          // Five pictures that come and go all the time.
          const record = runRecord('ann', { input: Buffer.from(`picture ${i % 5}`) });
          await catalog.runs.record(record);
          if (i % 3 !== 0) await catalog.runs.delete('ann', record.envelope.run.id);
          return i % 3 === 0 ? record : null;
        }),
      );
      busy = false;
      await collector;
      await catalog.gc({ graceMs: 0 });
      for (const record of kept.filter((each) => each !== null)) {
        const sha256 = record.inputs[0]?.sha256 ?? '';
        expect(sha256Of(readFileSync((await catalog.blobs.get('ann', sha256))?.path ?? ''))).toBe(sha256);
      }
    });

    test('keep.days deletes what is older', async () => {
      await reopen({ keep: { days: 7 } });
      const day = 24 * 60 * 60 * 1000;
      const old = runRecord('ann', { createdAt: new Date(Date.now() - 8 * day) });
      const young = runRecord('ann', { createdAt: new Date(Date.now() - 6 * day) });
      await catalog.runs.record(old);
      await catalog.runs.record(young);
      expect(await catalog.retention()).toMatchObject({ removedRuns: 1, removedUploads: 0 });
      expect((await catalog.runs.list('ann')).items).toEqual([young.envelope]);
    });

    test('keep.bytes deletes the oldest that hold bytes, across owners, until the rest fits', async () => {
      await reopen({ keep: { bytes: 2_500 } });
      const start = Date.now() - 60_000;
      const record = (i: number, owner: string, picture: number) =>
        runRecord(owner, { input: Buffer.alloc(1_000, picture), createdAt: new Date(start + i * 1000) });
      // The picture of the oldest run is also that of the youngest: it stays.
      const records = [record(0, 'ann', 1), record(1, 'bob', 2), record(2, 'ann', 3), record(3, 'bob', 1)];
      for (const each of records) await catalog.runs.record(each);
      expect(await catalog.retention()).toMatchObject({ removedRuns: 2 });
      await catalog.gc({ graceMs: 0 });
      expect(await catalog.stats()).toMatchObject({ runs: 2, blobs: 2, bytes: 2_000 });
      expect((await catalog.runs.list('ann')).items).toEqual([records[2]?.envelope]);
    });

    test('keep.inputs = false keeps hashes only', async () => {
      await reopen({ keep: { inputs: false } });
      expect(catalog.keepsInputs).toBe(false);
      const record = runRecord('ann');
      await catalog.runs.record(record);
      expect(await catalog.blobs.get('ann', record.inputs[0]?.sha256 ?? '')).toBeNull();
      expect(await catalog.stats()).toMatchObject({ runs: 1, blobs: 0, bytes: 0 });
      expect(await query(databaseUrl, 'SELECT sha256, bytes::int FROM run_inputs')).toEqual([
        { sha256: record.inputs[0]?.sha256, bytes: 9 },
      ]);
    });
  });

  describe('idempotency', () => {
    const request = 'a'.repeat(64);

    test('a repeat gets the first run', async () => {
      expect(await catalog.idempotency.begin('ann', 'k', request)).toEqual({ state: 'new' });
      const record = runRecord('ann');
      await catalog.runs.record({ ...record, idempotencyKey: { key: 'k', requestSha256: request } });
      expect(await catalog.idempotency.begin('ann', 'k', request)).toEqual({
        state: 'done',
        runIds: [record.envelope.run.id],
      });
    });

    test('keys belong to owners, and to one request', async () => {
      await catalog.idempotency.begin('ann', 'k', request);
      expect(await catalog.idempotency.begin('bob', 'k', request)).toEqual({ state: 'new' });
      await expect(catalog.idempotency.begin('ann', 'k', 'b'.repeat(64))).rejects.toMatchObject({
        code: 'CONFLICT',
      });
    });

    test('of many at once exactly one works; the others can wait for it', async () => {
      const states = await Promise.all(
        Array.from({ length: 10 }, () => catalog.idempotency.begin('ann', 'k', request)),
      );
      expect(states.map(({ state }) => state).sort()).toEqual([...Array<string>(9).fill('busy'), 'new']);
      const waiting = catalog.idempotency.begin('ann', 'k', request, { waitMs: 30_000 });
      const record = runRecord('ann');
      await catalog.runs.record({ ...record, idempotencyKey: { key: 'k', requestSha256: request } });
      expect(await waiting).toEqual({ state: 'done', runIds: [record.envelope.run.id] });
    });

    test('several runs of one request, in the order that it gives', async () => {
      await catalog.idempotency.begin('ann', 'k', request);
      const records = [runRecord('ann'), runRecord('ann'), runRecord('ann')];
      const idempotencyKey = { key: 'k', requestSha256: request, done: false };
      await Promise.all(records.map((record) => catalog.runs.record({ ...record, idempotencyKey })));
      expect(await catalog.idempotency.begin('ann', 'k', request)).toEqual({ state: 'busy' });
      const runIds = records.map((record) => record.envelope.run.id);
      await catalog.idempotency.complete('ann', 'k', runIds);
      expect(await catalog.idempotency.begin('ann', 'k', request)).toEqual({ state: 'done', runIds });
    });

    test('a failed request frees its key', async () => {
      await catalog.idempotency.begin('ann', 'k', request);
      await catalog.idempotency.release('ann', 'k');
      expect(await catalog.idempotency.begin('ann', 'k', 'b'.repeat(64))).toEqual({ state: 'new' });
    });

    test('a key is free again when its holder has died, its runs were deleted, or a day has passed', async () => {
      await catalog.idempotency.begin('ann', 'dead', request);
      await query(
        databaseUrl,
        "UPDATE idempotency_keys SET lease_until = now() - interval '1 s' WHERE key = 'dead'",
      );
      expect(await catalog.idempotency.begin('ann', 'dead', request)).toEqual({ state: 'new' });

      await catalog.idempotency.begin('ann', 'deleted', request);
      const record = runRecord('ann');
      await catalog.runs.record({ ...record, idempotencyKey: { key: 'deleted', requestSha256: request } });
      await catalog.runs.delete('ann', record.envelope.run.id);
      expect(await catalog.idempotency.begin('ann', 'deleted', request)).toEqual({ state: 'new' });

      await catalog.idempotency.begin('ann', 'old', request);
      await query(
        databaseUrl,
        "UPDATE idempotency_keys SET created_at = now() - interval '25 h' WHERE key = 'old'",
      );
      expect(await catalog.idempotency.begin('ann', 'old', 'b'.repeat(64))).toEqual({ state: 'new' });
    });

    test('a key that no header could carry is refused', async () => {
      await expect(catalog.idempotency.begin('ann', 'ü', request)).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      });
    });
  });

  test('what was recorded before the database went is there after it came back; in between the answer is quick', async () => {
    const name = databaseUrl.split('/').at(-1) ?? '';
    const away = (allow: boolean) =>
      query(postgres.url, `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS ${allow}`);
    const record = runRecord('ann');
    await catalog.runs.record(record);
    await away(false);
    await query(postgres.url, 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [
      name,
    ]);
    const started = performance.now();
    await expect(catalog.ping()).rejects.toMatchObject({ code: 'CATALOG_UNAVAILABLE' });
    await expect(catalog.runs.get('ann', record.envelope.run.id)).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
    });
    await expect(catalog.runs.list('ann')).rejects.toMatchObject({ code: 'CATALOG_UNAVAILABLE' });
    await expect(catalog.runs.record(runRecord('ann'))).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
    });
    await expect(catalog.idempotency.begin('ann', 'k', 'a')).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
    });
    expect(performance.now() - started).toBeLessThan(15_000);
    await away(true);
    await catalog.ping();
    expect(await catalog.runs.get('ann', record.envelope.run.id)).toEqual(record.envelope);
    await catalog.runs.record(runRecord('ann'));
  });

  test('a database that is not there is said with what to do', async () => {
    await catalog.close();
    await expect(open({ databaseUrl: 'postgresql://a:b@127.0.0.1:1/x' })).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
      hint: expect.stringContaining('DATABASE_URL'),
    });
  });

  test('after close nothing is recorded any more', async () => {
    const waiting = catalog.runs.record(runRecord('ann'));
    await catalog.close();
    await waiting;
    await expect(
      catalog.runs.record({ owner: 'ann', envelope: runEnvelope(), inputs: [] }),
    ).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
    });
  });
});
