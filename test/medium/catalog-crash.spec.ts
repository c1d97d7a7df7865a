import { lockDataFolder, openCatalog, readDataLock, type Catalog } from '@fovea/catalog';
import { isAlive, readPostmaster } from '@fovea/catalog/internal';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { postgresMissing } from './postgres.ts';
import { runRecord, sha256Of } from './runs.ts';

describe.skipIf(postgresMissing)('catalog with its own Postgres', () => {
  let dataDir: string;
  const catalogs: Catalog[] = [];
  const writers: ChildProcess[] = [];
  const said: string[] = [];
  const log = {
    info: (text: string) => said.push(text),
    warn: (text: string) => said.push(text),
    error: (text: string) => said.push(text),
  };

  beforeEach(() => void (dataDir = mkdtempSync(join(tmpdir(), 'fovea-crash-'))));
  afterEach(async () => {
    for (const writer of writers.splice(0)) writer.kill('SIGKILL');
    await Promise.all(catalogs.splice(0).map((catalog) => catalog.close()));
    const left = postmaster();
    if (left) {
      process.kill(left.pid, 'SIGINT');
      await vi.waitUntil(() => !isAlive(left.pid), { timeout: 20_000 });
    }
    rmSync(dataDir, { recursive: true, force: true });
    said.length = 0;
  });

  const postmaster = () => readPostmaster(join(dataDir, 'postgres'));
  const open = async () => {
    const catalog = await openCatalog({ dataDir, log });
    catalogs.push(catalog);
    return catalog;
  };
  /** Another process that records until it is killed; resolves once so many are acknowledged. */
  const write = async (count: number) => {
    const child = spawn(
      process.execPath,
      ['--conditions=source', join(import.meta.dirname, 'catalog-writer.ts'), dataDir],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    writers.push(child);
    const acknowledged: { id: string; sha256: string }[] = [];
    const enough = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [id = '', sha256] = line.split(' ');
      if (sha256) acknowledged.push({ id, sha256 });
      if (acknowledged.length === count) enough.resolve();
    });
    child.on('exit', () => enough.reject(new Error(`the writer ended after ${acknowledged.length} runs`)));
    await enough.promise;
    return { child, acknowledged };
  };
  const kill = async (child: ChildProcess) => {
    const exit = once(child, 'close');
    child.kill('SIGKILL');
    await exit;
  };
  const expectAll = async (catalog: Catalog, acknowledged: readonly { id: string; sha256: string }[]) => {
    const found: string[] = [];
    for await (const envelope of catalog.runs.stream('local')) found.push(envelope.run.id);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(expect.arrayContaining(acknowledged.map(({ id }) => id)));
    for (const { sha256 } of acknowledged) {
      const blob = await catalog.blobs.get('local', sha256);
      expect(sha256Of(readFileSync(blob?.path ?? ''))).toBe(sha256);
    }
  };

  test('kill -9 of the platform: its Postgres is adopted, and every acknowledged run and blob is there', async () => {
    const { child, acknowledged } = await write(60);
    await kill(child);
    const left = postmaster();
    expect(left && isAlive(left.pid)).toBe(true);
    expect(readDataLock(dataDir)).toBeNull();
    const catalog = await open();
    expect(said.join()).toContain('adopted');
    expect(postmaster()?.pid).toBe(left?.pid);
    await expectAll(catalog, acknowledged);
    // What was written for runs that were never recorded goes; what is needed stays.
    await catalog.gc({ graceMs: 0 });
    await expectAll(catalog, acknowledged);
  });

  test('kill -9 of the platform and of Postgres: it recovers, and every acknowledged run and blob is there', async () => {
    const { child, acknowledged } = await write(60);
    process.kill(postmaster()?.pid ?? 0, 'SIGKILL');
    await kill(child);
    const catalog = await open();
    await expectAll(catalog, acknowledged);
    await catalog.runs.record(runRecord('local'));
  });

  test('a folder has one owner: the second process is refused and told where the first answers', async () => {
    const { child } = await write(1);
    await expect(open()).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining(String(child.pid)),
    });
    expect(readDataLock(dataDir)?.pid).toBe(child.pid);
    await kill(child);
    await open();
    expect(readDataLock(dataDir)?.pid).toBe(process.pid);
  });

  test('whoever holds the lock already opens the catalog under it', async () => {
    const lock = lockDataFolder(dataDir, { url: 'http://127.0.0.1:3000' });
    const catalog = await open();
    await catalog.close();
    expect(readDataLock(dataDir)).toEqual({ pid: process.pid, url: 'http://127.0.0.1:3000' });
    lock.release();
  });

  test('Postgres dies under us: it comes back, nothing acknowledged is lost', async () => {
    const catalog = await open();
    const url = catalog.databaseUrl;
    const acknowledged: { id: string; sha256: string }[] = [];
    let busy = true;
    const worker = async () => {
      for (let i = 0; busy; i++) {
        const record = runRecord('local', { input: Buffer.from(`picture ${i}`) });
        try {
          await catalog.runs.record(record);
          acknowledged.push({ id: record.envelope.run.id, sha256: record.inputs[0]?.sha256 ?? '' });
        } catch (error) {
          if ((error as { code?: string }).code !== 'CATALOG_UNAVAILABLE') throw error;
        }
      }
    };
    const workers = Promise.all([worker(), worker(), worker(), worker()]);
    const killed = postmaster()?.pid ?? 0;
    process.kill(killed, 'SIGKILL');
    await vi.waitFor(
      () =>
        expect(postmaster()).toMatchObject({
          pid: expect.not.toSatisfy((pid) => pid === killed),
          state: 'ready',
        }),
      {
        timeout: 20_000,
      },
    );
    await vi.waitFor(() => catalog.ping(), { timeout: 20_000 });
    const count = acknowledged.length;
    await vi.waitFor(() => expect(acknowledged.length).toBeGreaterThan(count + 20), { timeout: 20_000 });
    busy = false;
    await workers;
    expect(catalog.databaseUrl).toBe(url);
    await expectAll(catalog, acknowledged);
  });

  test('it listens on the loopback only, with a password that only the owner reads, and ends with the catalog', async () => {
    const catalog = await open();
    expect(catalog.embedded).toBe(true);
    expect(new URL(catalog.databaseUrl).hostname).toBe('127.0.0.1');
    const password = join(dataDir, 'postgres.password');
    expect(statSync(password).mode & 0o777).toBe(0o600);
    expect(readFileSync(password, 'utf8').trim()).toBe(new URL(catalog.databaseUrl).password);
    const pid = postmaster()?.pid ?? 0;
    await catalog.close();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
    expect(readDataLock(dataDir)).toBeNull();
  });

  test('files of an earlier crash are in nobody’s way', async () => {
    // initdb was cut short; the id in postmaster.pid belongs to another program by now: this one.
    mkdirSync(join(dataDir, 'postgres.new', 'base'), { recursive: true });
    const first = await open();
    await first.runs.record(runRecord('local'));
    await first.close();
    writeFileSync(
      join(dataDir, 'postgres', 'postmaster.pid'),
      `${process.pid}\n${join(dataDir, 'postgres')}\n1\n5432\n\n127.0.0.1\n\nready\n`,
    );
    const second = await open();
    expect((await second.stats()).runs).toBe(1);
  });

  test('a cluster of another version, or without its password, is left alone and explained', async () => {
    await (await open()).close();
    const version = join(dataDir, 'postgres', 'PG_VERSION');
    const ours = readFileSync(version, 'utf8');
    writeFileSync(version, '15\n');
    await expect(open()).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
      message: expect.stringContaining('Postgres 15'),
    });
    writeFileSync(version, ours);
    rmSync(join(dataDir, 'postgres.password'));
    await expect(open()).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
      message: expect.stringContaining('password'),
    });
    // A failed start leaves the folder to others.
    expect(readDataLock(dataDir)).toBeNull();
  });
});
