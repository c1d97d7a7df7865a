import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedPath, filesBelow } from './folders.ts';

let base = '';
beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'fovea-folders-')));
  for (const folder of ['roots/one/set', 'roots/..hidden', 'roots-beside', 'outside'])
    await mkdir(join(base, folder), { recursive: true });
  await writeFile(join(base, 'outside', 'secret'), '');
  await symlink(join(base, 'outside'), join(base, 'roots', 'link'));
  await symlink(join(base, 'roots'), join(base, 'alias'));
});
afterAll(() => rm(base, { recursive: true }));

describe('allowedPath', () => {
  it.each(['roots', 'roots/one/set', 'roots/..hidden', 'alias/one', 'roots/one/../one'])(
    'allows %s',
    async (path) => {
      expect(await allowedPath(join(base, path), [join(base, 'alias')])).toBe(
        await realpath(join(base, path)),
      );
    },
  );

  it.each(['outside', 'roots/link', 'roots/link/secret', 'roots-beside', 'roots/../outside', 'roots/none'])(
    'refuses %s',
    async (path) => {
      await expect(
        allowedPath(`${base}/${path}`, [join(base, 'roots'), join(base, 'gone')]),
      ).rejects.toMatchObject({
        code: 'FORBIDDEN',
        hint: expect.stringContaining('FOVEA_IMPORT_ROOTS') as string,
      });
    },
  );

  it('refuses everything without roots, and allows what there is where nobody restricts', async () => {
    await expect(allowedPath(join(base, 'outside'), [])).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await allowedPath(join(base, 'outside'), undefined)).toBe(join(base, 'outside'));
    await expect(allowedPath(join(base, 'none'), undefined)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });
});

describe('filesBelow', () => {
  const names = async (path: string, roots: readonly string[] | undefined) => {
    const found: string[] = [];
    for await (const { name } of filesBelow(join(base, path), roots)) found.push(name);
    return found;
  };
  beforeAll(async () => {
    for (const folder of ['pictures/b/deep', 'pictures/.cache', 'pictures/empty', 'shared'])
      await mkdir(join(base, folder), { recursive: true });
    for (const file of ['pictures/c.jpg', 'pictures/B.jpg', 'pictures/b/1.jpg', 'pictures/b/deep/2.jpg'])
      await writeFile(join(base, file), 'bytes');
    for (const file of ['pictures/.hidden.jpg', 'pictures/.cache/3.jpg', 'shared/4.jpg', 'outside/5.jpg'])
      await writeFile(join(base, file), '');
    await symlink(join(base, 'shared'), join(base, 'pictures', 'd'));
    await symlink(join(base, 'outside'), join(base, 'pictures', 'out'));
    await symlink(join(base, 'pictures'), join(base, 'pictures', 'b', 'round'));
    await symlink(join(base, 'nothing'), join(base, 'pictures', 'dangling.jpg'));
  });

  it('lists files in order of name, without hidden ones, circles and links that lead out', async () => {
    expect(await names('pictures', [join(base, 'pictures'), join(base, 'shared')])).toEqual([
      'B.jpg',
      'b/1.jpg',
      'b/deep/2.jpg',
      'c.jpg',
      'd/4.jpg',
    ]);
    expect(await names('pictures', undefined)).toContain('out/5.jpg');
  });
  it('tells sizes and real paths', async () => {
    for await (const file of filesBelow(join(base, 'pictures', 'b', 'deep'), [base]))
      expect(file).toEqual({ name: '2.jpg', path: join(base, 'pictures/b/deep/2.jpg'), bytes: 5 });
  });
  it('finds nothing in an empty folder', async () =>
    expect(await names('pictures/empty', [base])).toEqual([]));
  it('refuses a file and what lies outside', async () => {
    await expect(names('pictures/c.jpg', [base])).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
    await expect(names('pictures/out', [join(base, 'pictures')])).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});
