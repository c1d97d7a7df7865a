import type { FolderFile } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';

/** Whether files may be read: below these folders, or anywhere (`undefined`: a person's own process). */
export type Roots = readonly string[] | undefined;

/**
 * The real path of a folder or file that a request names.
 * @throws FORBIDDEN outside the roots (links are followed before that is decided), and where there is no such file:
 *   nobody learns what lies outside
 */
export async function allowedPath(path: string, roots: Roots): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  if (roots === undefined) {
    if (real !== undefined) return real;
    throw new VisionError('INVALID_PARAMETER', `there is no ${path}`, {
      hint: 'Check the path.',
    });
  }
  const allowed = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  if (real !== undefined && allowed.some((root) => root !== undefined && isWithin(root, real))) return real;
  throw new VisionError('FORBIDDEN', `${path} is not a folder that this server may read`, {
    hint:
      roots.length === 0
        ? 'Start the server with FOVEA_IMPORT_ROOTS=<the folder that holds your pictures and data sets>.'
        : `It must be there and lie under FOVEA_IMPORT_ROOTS: ${roots.join(', ')}.`,
  });
}

function isWithin(root: string, path: string): boolean {
  const from = relative(root, path);
  return from === '' || (!isAbsolute(from) && from !== '..' && !from.startsWith(`..${sep}`));
}

/**
 * Every file below a folder, in order of name: what a folder holds comes where the folder's name stands. Hidden files
 * and folders are left out; links are followed inside the roots, and none of them twice on one way down.
 * @throws FORBIDDEN as {@link allowedPath}, and for a folder that cannot be read; INVALID_PARAMETER (no folder)
 */
export async function* filesBelow(path: string, roots: Roots): AsyncGenerator<FolderFile> {
  const real = await allowedPath(path, roots);
  if (!(await stat(real)).isDirectory())
    throw new VisionError('INVALID_PARAMETER', `${path} is a file, not a folder`);
  yield* walk({ real, name: '', above: [] }, roots);
}

interface Folder {
  readonly real: string;
  /** Relative to where the walk began; ends in `/` but there. */
  readonly name: string;
  /** Real paths of the folders that it lies in: a link to one of them would never end. */
  readonly above: readonly string[];
}

async function* walk({ real, name, above }: Folder, roots: Roots): AsyncGenerator<FolderFile> {
  const names = await readdir(real).catch((cause: unknown) => {
    throw new VisionError('FORBIDDEN', `the folder ${name || real} cannot be read`, {
      cause,
      hint: 'The server needs the right to read the folder and everything in it.',
    });
  });
  for (const entry of names.filter((each) => !each.startsWith('.')).sort(byName)) {
    const path = await allowedPath(join(real, entry), roots).catch(() => undefined);
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (path === undefined || found === undefined) continue; // a link that leads nowhere, or out
    if (found.isFile()) yield { name: name + entry, path, bytes: found.size };
    else if (found.isDirectory() && path !== real && !above.includes(path))
      yield* walk({ real: path, name: `${name}${entry}/`, above: [...above, real] }, roots);
  }
}

/** The same everywhere, whatever the language of the machine. */
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
