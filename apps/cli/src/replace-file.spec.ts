import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileRefused } from './failures.ts';
import { replaceFile } from './replace-file.ts';

let folder = '';
const path = (name: string): string => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-replace-'));
  writeFileSync(path('a'), 'before');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('replaceFile', () => {
  it('writes new files, and puts new content into the place of the old', () => {
    replaceFile(path('new'), 'text');
    replaceFile(path('a'), Buffer.from('after'));
    expect([readFileSync(path('new'), 'utf8'), readFileSync(path('a'), 'utf8')]).toEqual(['text', 'after']);
    expect(readdirSync(folder)).toEqual(['a', 'new']);
  });

  it('keeps permissions and symbolic links', () => {
    chmodSync(path('a'), 0o604);
    symlinkSync('a', path('link'));
    replaceFile(path('link'), 'after');
    expect(lstatSync(path('link')).isSymbolicLink()).toBe(true);
    expect(readFileSync(path('a'), 'utf8')).toBe('after');
    expect(statSync(path('a')).mode & 0o777).toBe(0o604);
  });

  it.each([
    ['read-only', () => chmodSync(path('a'), 0o444), 'it is read-only'],
    ['changed', () => writeFileSync(path('a'), 'another'), 'it was changed meanwhile'],
    ['removed', () => rmSync(path('a')), 'it was removed meanwhile'],
  ])('leaves a file alone that is %s', (_name, change, message) => {
    const seen = statSync(path('a'));
    change();
    const there = readdirSync(folder);
    expect(() => replaceFile(path('a'), 'after', { seen })).toThrow(
      expect.objectContaining({ name: 'FileRefused', message }),
    );
    expect(readdirSync(folder)).toEqual(there);
  });

  it('refuses folders, and names whose folder is not there', () => {
    expect(() => replaceFile(folder, 'after')).toThrow('it is not a file');
    expect(() => replaceFile(join(folder, 'none', 'a'), 'after')).toThrow(FileRefused);
    expect(() => replaceFile(path('x'.repeat(300)), 'after')).toThrow(FileRefused);
  });
});
