import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from './failures.ts';
import { expandSources, overlayNames, readSource, type Source } from './sources.ts';

let cwd = '';
const names = async (...args: string[]) =>
  (await expandSources(args, { cwd, media: 'image' })).map(({ name }) => name);

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'fovea-sources-'));
  for (const folder of ['photos/2026', 'photos/.hidden', 'notes', 'empty'])
    mkdirSync(join(cwd, folder), { recursive: true });
  for (const file of [
    '10.jpg',
    '9.jpg',
    '1.JPG',
    'readme.txt',
    '2026/Käse 猫.png',
    '.hidden/secret.jpg',
    '.thumb.jpg',
  ])
    writeFileSync(join(cwd, 'photos', file), file);
  writeFileSync(join(cwd, 'notes/readme.md'), 'text');
  writeFileSync(join(cwd, 'odd[1].jpg'), 'odd');
  symlinkSync(join(cwd, 'photos/9.jpg'), join(cwd, 'photos/linked.jpg'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

describe('expandSources', () => {
  it('takes the pictures of a folder and what is below it, in natural order, hidden ones not', async () => {
    expect(await names('photos')).toEqual(
      ['1.JPG', '9.jpg', '10.jpg', '2026/Käse 猫.png', 'linked.jpg'].map((name) => `photos/${name}`),
    );
  });

  it('takes what a pattern matches, whatever its kind', async () => {
    expect(await names('photos/*.jpg')).toEqual(['photos/9.jpg', 'photos/10.jpg', 'photos/linked.jpg']);
    expect(await names('photos/*.{JPG,txt}')).toEqual(['photos/1.JPG', 'photos/readme.txt']);
    expect(await names('**/*.png')).toEqual(['photos/2026/Käse 猫.png']);
  });

  it('prefers a file to the pattern that its name looks like', async () => {
    expect(await names('odd[1].jpg')).toEqual(['odd[1].jpg']);
  });

  it('keeps the order of its arguments, files that do not exist among them', async () => {
    expect(await names('photos/9.jpg', 'nope.jpg', 'https://example.org/a*.jpg', '-')).toEqual([
      'photos/9.jpg',
      'nope.jpg',
      'https://example.org/a*.jpg',
      '-',
    ]);
  });

  it.each([['notes'], ['empty'], ['*.gif'], ['-', '-']])('refuses %j', async (...args) => {
    await expect(names(...args)).rejects.toThrow(UsageError);
  });
});

describe('readSource', () => {
  const { signal } = new AbortController();
  const source = (kind: Source['kind'], at: string): Source => ({ kind, name: at, at });

  it('reads files and standard input', async () => {
    const stdin = Readable.from([Buffer.from('a'), Buffer.from('b')]);
    expect(String(await readSource(source('file', join(cwd, 'odd[1].jpg')), { stdin, signal }))).toBe('odd');
    expect(String(await readSource(source('stdin', '-'), { stdin, signal }))).toBe('ab');
  });

  it('does not wait for a keyboard', async () => {
    const stdin = Object.assign(Readable.from([]), { isTTY: true });
    await expect(readSource(source('stdin', '-'), { stdin, signal })).rejects.toThrow(UsageError);
  });

  it('fetches addresses, and says what was wrong', async () => {
    const stdin = Readable.from([]);
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/a.jpg' ? 200 : 403;
      response.end('bytes');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(Buffer.from(await readSource(source('url', `${at}/a.jpg`), { stdin, signal })).toString()).toBe(
      'bytes',
    );
    await expect(readSource(source('url', `${at}/b.jpg`), { stdin, signal })).rejects.toMatchObject({
      code: 'URL_REFUSED',
      message: `${at}/b.jpg answers 403`,
    });
    await new Promise((resolve) => server.close(resolve));
    await expect(readSource(source('url', `${at}/a.jpg`), { stdin, signal })).rejects.toMatchObject({
      message: expect.stringContaining('cannot be fetched: ') as string,
    });
  });
});

it('overlays of files with the same name do not overwrite each other', () => {
  const files = ['a/cat.jpg', 'b/cat.png', 'b/Cat.jpg', 'b/dog.jpg'].map((name): Source => ({
    kind: 'file',
    name,
    at: `/${name}`,
  }));
  const url: Source = { kind: 'url', name: 'u', at: 'https://example.org/x/dog.webp?size=1' };
  expect(overlayNames([...files, url, { kind: 'stdin', name: '-', at: '-' }])).toEqual([
    'cat.png',
    'cat-2.png',
    'Cat-3.png',
    'dog.png',
    'dog-2.png',
    '-.png',
  ]);
});
