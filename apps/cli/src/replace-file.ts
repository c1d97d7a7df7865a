import { VisionError } from '@fovea/contracts';
import { randomUUID } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { FileRefused, isFileError } from './failures.ts';

/**
 * Writes a whole file or nothing: under another name in the same folder first, then put in the place of what was there.
 * Permissions are kept, and a symbolic link goes on pointing to the file. It waits for the disk without giving way to
 * anything else, so that no signal ends the process in between and leaves the other name behind.
 * @param options.seen how the file was when it was read: one that has changed since is left as it is
 * @throws FileRefused, STORAGE_FULL
 */
export function replaceFile(
  path: string,
  bytes: Uint8Array | string,
  options: { seen?: Stats | undefined } = {},
): void {
  try {
    const before = statSync(path, { throwIfNoEntry: false });
    const target = before ? realpathSync(path) : path;
    if (before) checkWritable(target, before, options.seen);
    else if (options.seen) throw new FileRefused('it was removed meanwhile');
    writeBeside(target, bytes, before);
  } catch (error) {
    throw explained(error, path);
  }
}

function checkWritable(target: string, now: Stats, seen: Stats | undefined): void {
  if (!now.isFile()) throw new FileRefused('it is not a file');
  // A rename would replace a read-only file, and root may write all: both would go against what its owner said.
  if ((now.mode & 0o222) === 0) throw new FileRefused('it is read-only');
  accessSync(target, constants.W_OK);
  if (seen && (now.ino !== seen.ino || now.size !== seen.size || now.mtimeMs !== seen.mtimeMs))
    throw new FileRefused('it was changed meanwhile', { hint: 'Run the command again.' });
}

function writeBeside(target: string, bytes: Uint8Array | string, before: Stats | undefined): void {
  const temporary = join(dirname(target), `.fovea-${randomUUID()}.tmp`);
  let file: number | undefined;
  try {
    file = openSync(temporary, 'wx', before ? 0o600 : 0o666);
    writeFileSync(file, bytes);
    if (before) keepOwner(file, before);
    fsyncSync(file);
    closeSync(file);
    file = undefined;
    renameSync(temporary, target);
  } catch (error) {
    if (file !== undefined) closeSync(file);
    rmSync(temporary, { force: true });
    throw error;
  }
}

function keepOwner(file: number, { uid, gid, mode }: Stats): void {
  try {
    fchownSync(file, uid, gid);
  } catch {
    // Only root may give files away; then it is the user's own from now on, as with any editor.
  }
  fchmodSync(file, mode & 0o7777);
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'not allowed to write it',
  EPERM: 'not allowed to write it',
  EROFS: 'it lies on a disk that is read-only',
  ENAMETOOLONG: 'the name is too long',
};

function explained(error: unknown, path: string): unknown {
  if (!isFileError(error)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return new VisionError('STORAGE_FULL', `${basename(path)} cannot be written`, {
      hint: `Free disk space where ${dirname(path)} lies.`,
      cause: error,
    });
  return new FileRefused(REASONS[error.code] ?? error.message, {
    hint: `Check the permissions of ${dirname(path)}, or have copies written with --out.`,
    cause: error,
  });
}
