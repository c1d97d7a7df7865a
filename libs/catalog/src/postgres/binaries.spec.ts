import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findBinaries, hydrateLinks } from './binaries.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'fovea-binaries-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the links that npm left out are made, relative to their folder, and made once', () => {
  mkdirSync(join(folder, 'native', 'lib', 'deep'), { recursive: true });
  writeFileSync(join(folder, 'native', 'lib', 'liba.so.1.2'), 'a');
  const links = [
    { source: 'native/lib/liba.so.1.2', target: 'native/lib/liba.so' },
    { source: 'native/lib/liba.so.1.2', target: 'native/lib/deep/liba.so.1' },
  ];
  writeFileSync(join(folder, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  hydrateLinks(folder);
  hydrateLinks(folder);
  expect(readlinkSync(join(folder, 'native/lib/liba.so'))).toBe('liba.so.1.2');
  expect(readFileSync(join(folder, 'native/lib/deep/liba.so.1'), 'utf8')).toBe('a');
});

test('a package without links needs none', () => {
  expect(() => hydrateLinks(folder)).not.toThrow();
});

test('the Postgres of this system is 18', () => {
  expect(findBinaries().major).toBe(18);
});
