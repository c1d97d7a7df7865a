import { openCatalog, type Catalog } from '@fovea/catalog';
import {
  isAlive,
  migrateDatabase,
  migrationsFolder,
  readMigrations,
  readPostmaster,
  applyMigrations,
  silentLog,
} from '@fovea/catalog/internal';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { content } from './collections.ts';
import { postgresMissing, query, startPostgres } from './postgres.ts';
import { runRecord, sha256Of } from './runs.ts';

describe.skipIf(postgresMissing)('collections after a crash', () => {
  let dataDir: string;
  let catalog: Catalog | undefined;

  beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), 'fovea-collections-crash-'))));
  afterEach(async () => {
    await catalog?.close();
    catalog = undefined;
    const left = readPostmaster(join(dataDir, 'postgres'));
    if (left) {
      process.kill(left.pid, 'SIGINT');
      await vi.waitUntil(() => !isAlive(left.pid), { timeout: 20_000 });
    }
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Another process that writes until so many lines came, and is killed in the middle of the next. */
  const writeUntilKilled = async (lines: number, killPostgres: boolean) => {
    const script = join(import.meta.dirname, 'catalog-collections-writer.ts');
    const child = spawn(process.execPath, ['--conditions=source', script, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[][] = [];
    const ended = once(child, 'close');
    try {
      const enough = Promise.withResolvers<void>();
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (said.push(line.split(' ')) === lines) enough.resolve();
      });
      child.on('exit', () => enough.reject(new Error(`the writer ended after ${said.length} lines`)));
      await enough.promise;
      if (killPostgres) process.kill(readPostmaster(join(dataDir, 'postgres'))?.pid ?? 0, 'SIGKILL');
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
    const of = (sign: string) => said.flatMap(([first, text = '']) => (first === sign ? [text] : []));
    return { id: of('collection')[0] ?? '', added: of('+'), removed: of('-') };
  };

  test.each([
    ['of the platform', false],
    ['of the platform and of its Postgres', true],
  ])(
    'kill -9 %s: no half item, nothing acknowledged is lost, what is removed is collected',
    async (_, killPostgres) => {
      const { id, added, removed } = await writeUntilKilled(150, killPostgres);
      catalog = await openCatalog({ dataDir });
      const { collections, blobs } = catalog;
      const collection = await collections.get('ann', id);
      const spaces = collection?.spaces.map(({ space }) => space) ?? [];
      expect(spaces).toHaveLength(2);
      const [counts] = await query<Record<string, number>>(
        catalog.databaseUrl,
        `SELECT (SELECT count(*)::int FROM collection_items) AS items,
              (SELECT count(*)::int FROM removed_items) AS removed,
              (SELECT count(*)::int FROM blob_references WHERE kind = 'item') AS references,
              next_ordinal, items AS counted FROM collections`,
      );
      const items = counts?.['items'] ?? 0;
      expect(counts).toMatchObject({
        counted: items,
        references: items,
        next_ordinal: items + (counts?.['removed'] ?? 0),
      });
      for (const space of spaces) {
        const vectors = await content(catalog, id, space.id);
        expect(vectors.size).toBe(items);
        for (const vector of vectors.values()) expect(vector.length).toBe(space.dimension);
      }
      const expected = added.filter((sha256) => !removed.includes(sha256));
      // The removal of an item may be committed and not yet acknowledged: at most one of each of the four writers.
      const there = await collections.existing('ann', id, expected);
      expect(expected.length - there.size).toBeLessThanOrEqual(4);
      expect((await collections.existing('ann', id, removed)).size).toBe(0);
      await catalog.gc({ graceMs: 0 });
      for (const sha256 of removed) expect(await blobs.get('ann', sha256)).toBeNull();
      for (const sha256 of there.keys()) {
        const blob = await blobs.get('ann', sha256);
        expect(sha256Of(readFileSync(blob?.path ?? ''))).toBe(sha256);
      }
      expect(await catalog.stats()).toMatchObject({ collections: 1, items, blobs: items });
    },
  );
});

describe.skipIf(postgresMissing)('a database from before collections', () => {
  test('is brought up to date with its rows, and holds collections', async () => {
    const postgres = await startPostgres();
    const dataDir = mkdtempSync(join(tmpdir(), 'fovea-collections-before-'));
    try {
      const databaseUrl = await postgres.emptyDatabase();
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      const migrations = readMigrations(migrationsFolder()).filter(({ name }) => name < '0003');
      expect(migrations).toHaveLength(2);
      await applyMigrations(client, { migrations, log: silentLog });
      const { envelope } = runRecord('ann');
      const { run } = envelope;
      const { sha256 = '' } = envelope.inputs['image'] ?? {};
      await client.query(
        `INSERT INTO runs (id, owner, created_at, task, kind, device, code_version, total_ms, envelope)
         VALUES ($1, 'ann', $2, $3, 'labels', 'cpu', '0', 1, $4)`,
        [run.id, run.createdAt, run.task, JSON.stringify(envelope)],
      );
      await client.query('INSERT INTO blobs (sha256, bytes) VALUES ($1, 9)', [sha256]);
      await client.query(
        `INSERT INTO blob_references (owner, sha256, kind, mime, run_id, created_at) VALUES ('ann', $1, 'input', 'image/jpeg', $2, now())`,
        [sha256, run.id],
      );
      await client.end();
      await migrateDatabase(databaseUrl, silentLog);
      const catalog = await openCatalog({ dataDir, databaseUrl });
      expect(await catalog.runs.get('ann', run.id)).toEqual(envelope);
      expect((await catalog.runs.inputPictures('ann', { limit: 5 })).pictures).toEqual([
        { sha256, runId: run.id },
      ]);
      expect(await catalog.stats()).toMatchObject({ runs: 1, collections: 0, items: 0 });
      await catalog.close();
    } finally {
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});
