import { VisionError } from '@fovea/contracts';
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

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
      hint: 'Check the path of the data set.',
    });
  }
  const allowed = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)));
  if (real !== undefined && allowed.some((root) => root !== undefined && isWithin(root, real))) return real;
  throw new VisionError('FORBIDDEN', `${path} is not a folder that this server may read data sets from`, {
    hint:
      roots.length === 0
        ? 'Start the server with FOVEA_IMPORT_ROOTS=<the folder that holds your data sets>.'
        : `It must be there and lie under FOVEA_IMPORT_ROOTS: ${roots.join(', ')}.`,
  });
}

function isWithin(root: string, path: string): boolean {
  const from = relative(root, path);
  return from === '' || (!isAbsolute(from) && from !== '..' && !from.startsWith(`..${sep}`));
}
