import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedPath } from './folders.ts';

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
