import { createHash } from 'node:crypto';
import { constants } from 'node:buffer';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { VisionError } from '@fovea/contracts';

/** Files open at once: enough to keep a disk busy, far below every system's limit. */
const PARALLEL_FILES = 16;

/** A data set that is not what its format says; `where` is file and line, offset or JSON path. */
export const damaged = (where: string, detail: string, options: { cause?: unknown; hint?: string } = {}) =>
  new VisionError('INVALID_PARAMETER', `${where}: ${detail}`, {
    cause: options.cause,
    hint: options.hint ?? 'Compare this place of the file with the format’s description.',
  });

/** A folder that does not hold a data set of that format. */
export const notThere = (detail: string, lookedFor: readonly string[]) =>
  new VisionError('INVALID_PARAMETER', detail, { hint: `Looked for ${lookedFor.join(', ')}.` });

const causeOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
const codeOf = (cause: unknown): unknown =>
  cause instanceof Error && 'code' in cause ? cause.code : undefined;

/** The bytes of a file. @throws INVALID_PARAMETER when it cannot be read */
export async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw damaged(file, `cannot be read (${causeOf(cause)})`, {
      cause,
      hint: 'Check the file’s rights and size.',
    });
  }
}

/** The text of UTF-8 bytes without byte order mark. @throws INVALID_PARAMETER when it is none or too long */
export function textOf(bytes: Uint8Array, file: string): string {
  if (bytes.length > constants.MAX_STRING_LENGTH)
    throw damaged(
      file,
      `${bytes.length} bytes are more than one text can hold (${constants.MAX_STRING_LENGTH})`,
      {
        hint: 'Split the annotations into several files, for example one for each part of the pictures.',
      },
    );
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw damaged(file, 'is not UTF-8 text', { cause, hint: 'Save the file as UTF-8.' });
  }
}

/** The names in a folder, sorted, files and folders apart; undefined when there is no such folder. */
export async function listFolder(
  folder: string,
): Promise<{ readonly files: string[]; readonly folders: string[] } | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    const lists = { files: [] as string[], folders: [] as string[] };
    for (const entry of entries) {
      // Links count as what they lead to: data sets are often put together from links.
      const target = entry.isSymbolicLink() ? await stat(join(folder, entry.name)).catch(() => entry) : entry;
      if (target.isDirectory()) lists.folders.push(entry.name);
      else if (target.isFile()) lists.files.push(entry.name);
    }
    // By code unit, not by locale: the same order on every machine.
    lists.files.sort();
    lists.folders.sort();
    return lists;
  } catch (cause) {
    if (['ENOENT', 'ENOTDIR'].includes(String(codeOf(cause)))) return undefined;
    throw damaged(folder, `cannot be listed (${causeOf(cause)})`, {
      cause,
      hint: 'Check the folder’s rights.',
    });
  }
}

/** All files below a folder, as sorted relative names with forward slashes; undefined when there is no such folder. */
export async function listTree(folder: string): Promise<string[] | undefined> {
  const top = await listFolder(folder);
  if (!top) return undefined;
  const below = await mapFiles(top.folders, async (name) =>
    ((await listTree(join(folder, name))) ?? []).map((file) => posix.join(name, file)),
  );
  return [...top.files, ...below.flat()].sort();
}

/** Calls `work` for each item, a few at a time; results in the items' order. The first error stops it. */
export async function mapFiles<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_FILES, items.length) }, worker));
  return results;
}

/**
 * A name from an annotation file, checked to stay inside the data set's folder.
 * @param where file and line, asked for only when it is wrong
 * @throws INVALID_PARAMETER for an absolute path, a drive letter or a part ".."
 */
export function innerPath(name: string, where: () => string): string {
  const parts = name.split(/[\\/]/);
  if (
    name.trim() === '' ||
    name.includes('\0') ||
    parts[0] === '' ||
    /^[a-z]:/i.test(name) ||
    parts.includes('..')
  )
    throw damaged(where(), `the path ${JSON.stringify(name)} does not stay inside the data set’s folder`, {
      hint: 'Write paths relative to the folder, without "..".',
    });
  return posix.normalize(name);
}

/** Those of the relative names that are no files of the folder; each folder is listed once. */
export async function missingFiles(folder: string, names: readonly string[]): Promise<string[]> {
  const folders = [...new Set(names.map((name) => posix.dirname(name)))];
  const there = new Map(
    await mapFiles(folders, async (inner) => {
      const listed = await listFolder(join(folder, inner));
      return [inner, new Set(listed?.files)] as const;
    }),
  );
  return names.filter((name) => !there.get(posix.dirname(name))?.has(posix.basename(name)));
}

/** The error of pictures that the annotations name and the folder has not. */
export function missingPictures(
  missing: readonly string[],
  total: number,
  places: readonly string[],
): VisionError {
  const shown = missing.slice(0, 3).join(', ') + (missing.length > 3 ? ', …' : '');
  return notThere(`${missing.length} of ${total} pictures are missing: ${shown}`, places);
}

const PICTURE = /\.(jpe?g|png|webp|gif|bmp|tiff?|avif)$/i;
export const isPicture = (name: string): boolean => PICTURE.test(name);
export const withoutExtension = (name: string): string => name.replace(/\.[^./]*$/, '');

/** What the identity of a data set is made of. */
export class Fingerprint {
  readonly #lines: string[] = [];

  /** An annotation file, by its name relative to the data set's folder and its bytes. */
  addFile(name: string, bytes: Uint8Array): void {
    this.#lines.push(`file ${createHash('sha256').update(bytes).digest('hex')} ${name}`);
  }

  addPictures(names: readonly string[]): void {
    for (const name of names) this.#lines.push(`picture ${name}`);
  }

  /** The same in whatever order things were added. */
  sha256(): string {
    return createHash('sha256')
      .update([...this.#lines].sort().join('\n'))
      .digest('hex');
  }
}

/** The name of a data set: its folder's. */
export const datasetName = (folder: string): string => basename(folder);
