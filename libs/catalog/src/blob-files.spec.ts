import { createHash } from 'node:crypto';
import {
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BlobFiles } from './blob-files.ts';

let folder: string;
let files: BlobFiles;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-blobs-'));
  files = new BlobFiles(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = Buffer.from('a cat');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const drafts = () => readdir(join(folder, 'blobs', 'tmp'));

test('bytes lie under their hash, and no draft stays', async () => {
  expect(await files.put(bytes)).toEqual({ sha256, bytes: 5 });
  expect(files.path(sha256)).toBe(join(folder, 'blobs', sha256.slice(0, 2), sha256.slice(2)));
  expect(readFileSync(files.path(sha256))).toEqual(bytes);
  expect(await drafts()).toEqual([]);
});

test('a stream is the same blob as its bytes', async () => {
  expect(await files.put(Readable.from([bytes.subarray(0, 2), bytes.subarray(2)]))).toEqual({
    sha256,
    bytes: 5,
  });
  expect(readFileSync(files.path(sha256))).toEqual(bytes);
});

test('what is there is not written again, however many put it', async () => {
  await files.put(bytes);
  const { ino } = statSync(files.path(sha256));
  await Promise.all([files.put(bytes), files.put(bytes, sha256), files.put(Readable.from([bytes]))]);
  expect(statSync(files.path(sha256)).ino).toBe(ino);
  expect(await drafts()).toEqual([]);
});

test('many at once with the same hash leave one whole file', async () => {
  const stored = await Promise.all(
    Array.from({ length: 20 }, (_, i) => files.put(i % 2 ? bytes : Readable.from([bytes]))),
  );
  expect(new Set(stored.map((each) => each.sha256)).size).toBe(1);
  expect(readFileSync(files.path(sha256))).toEqual(bytes);
});

test('a file that was cut short is written again', async () => {
  await files.put(bytes);
  truncateSync(files.path(sha256), 2);
  await files.put(bytes, sha256);
  expect(readFileSync(files.path(sha256))).toEqual(bytes);
});

test('bytes under a wrong hash are a mistake of the code', async () => {
  await expect(files.put(bytes, 'a'.repeat(64))).rejects.toThrow(TypeError);
  expect(() => files.path('../../etc/passwd')).toThrow(RangeError);
});

test('a stream that breaks leaves nothing', async () => {
  const broken = Readable.from(
    (async function* () {
      yield bytes;
      throw new Error('the client went away');
    })(),
  );
  await expect(files.put(broken)).rejects.toThrow('the client went away');
  expect(await drafts()).toEqual([]);
  expect(await files.size(sha256)).toBeNull();
});

test('a file is removed only when nobody has put it lately', async () => {
  await files.put(bytes);
  expect(await files.remove(sha256, 60_000, () => Promise.resolve(false))).toBe(0);
  const old = new Date(Date.now() - 120_000);
  utimesSync(files.path(sha256), old, old);
  await files.put(bytes); // somebody needs it again
  expect(await files.remove(sha256, 60_000, () => Promise.resolve(false))).toBe(0);
  utimesSync(files.path(sha256), old, old);
  expect(await files.remove(sha256, 60_000, () => Promise.resolve(false))).toBe(5);
  expect(await files.size(sha256)).toBeNull();
  expect(await files.remove(sha256, 0, () => Promise.resolve(false))).toBe(0);
});

test('a file that somebody holds stays', async () => {
  await files.put(bytes);
  const [first, second] = [files.hold(sha256), files.hold(sha256)];
  first();
  expect(await files.remove(sha256, 0, () => Promise.resolve(false))).toBe(0);
  second();
  expect(await files.remove(sha256, 0, () => Promise.resolve(false))).toBe(5);
});

test('drafts of a crash are removed, those of a put under way are not', async () => {
  writeFileSync(join(folder, 'blobs', 'tmp', 'left'), 'x');
  const gate = Promise.withResolvers<void>();
  const slow = files.put(
    (async function* () {
      yield bytes;
      await gate.promise;
    })(),
  );
  await expect.poll(drafts).toHaveLength(2);
  await files.removeDrafts(0);
  expect(await drafts()).toHaveLength(1);
  gate.resolve();
  expect(await slow).toEqual({ sha256, bytes: 5 });
  expect(await drafts()).toEqual([]);
});

test('every stored hash is listed', async () => {
  const stored = await Promise.all(Array.from({ length: 40 }, (_, i) => files.put(Buffer.from([i]))));
  const found: string[] = [];
  for await (const hashes of files.hashes()) found.push(...hashes);
  expect(found.sort()).toEqual(stored.map((each) => each.sha256).sort());
});

test('what turns out to be needed stays', async () => {
  const { sha256 } = await files.put(Buffer.from('wanted'));
  expect(await files.remove(sha256, 0, () => Promise.resolve(true))).toBe(0);
  expect(await files.size(sha256)).toBe(6);
});
