import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataFolder, readDataLock } from './data-lock.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'fovea-lock-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'fovea.lock');
const body = () => JSON.parse(readFileSync(file(), 'utf8')) as Record<string, unknown>;
/** The lock as another process would have left it. */
const forge = (change: object) =>
  writeFileSync(file(), JSON.stringify({ ...body(), token: 'other', ...change }));

test('whoever looks finds the process and the address of its server', () => {
  expect(readDataLock(folder)).toBeNull();
  const lock = lockDataFolder(folder, { url: 'http://127.0.0.1:1' });
  expect(readDataLock(folder)).toEqual({ pid: process.pid, url: 'http://127.0.0.1:1' });
  lock.setUrl('http://127.0.0.1:2');
  expect(readDataLock(folder)?.url).toBe('http://127.0.0.1:2');
  lock.release();
  expect(readDataLock(folder)).toBeNull();
});

test('a folder has one owner, also within a process', () => {
  const lock = lockDataFolder(folder, { url: 'http://127.0.0.1:1' });
  expect(() => lockDataFolder(folder)).toThrow(
    expect.objectContaining({ code: 'CONFLICT', hint: expect.stringContaining('http://127.0.0.1:1') }),
  );
  lock.release();
  lockDataFolder(folder).release();
});

test('a missing folder is made', () => {
  const lock = lockDataFolder(join(folder, 'a', 'b'));
  expect(readDataLock(join(folder, 'a', 'b'))?.pid).toBe(process.pid);
  lock.release();
});

test.each([
  ['its process is gone', { pid: 2 ** 30 }],
  ['its process id belongs to another process now', { identity: 'another start' }],
])('a lock is stale when %s', (_, change) => {
  const old = lockDataFolder(folder);
  forge(change);
  expect(readDataLock(folder)).toBeNull();
  const lock = lockDataFolder(folder);
  expect(readDataLock(folder)?.pid).toBe(process.pid);
  // The one who lost it does not take the new one away.
  old.release();
  expect(readDataLock(folder)?.pid).toBe(process.pid);
  lock.release();
});

test('a lock of another host lives as long as its heartbeat', () => {
  lockDataFolder(folder).release();
  const before = lockDataFolder(folder);
  forge({ host: 'another-container', pid: 1 });
  expect(readDataLock(folder)?.pid).toBe(1);
  const old = new Date(Date.now() - 60_000);
  utimesSync(file(), old, old);
  expect(readDataLock(folder)).toBeNull();
  before.release();
});

test('a folder that cannot be is explained', () => {
  writeFileSync(join(folder, 'file'), '');
  expect(() => lockDataFolder(join(folder, 'file', 'data'))).toThrow(
    expect.objectContaining({ code: 'CATALOG_UNAVAILABLE', hint: expect.stringContaining('FOVEA_DATA') }),
  );
});

test('a damaged lock file does not lock anybody out', () => {
  writeFileSync(file(), '{"pid": 1');
  expect(readDataLock(folder)).toBeNull();
  lockDataFolder(folder).release();
});
