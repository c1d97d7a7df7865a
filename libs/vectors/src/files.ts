import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { VectorSource } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { ORDINALS_FILE, VECTORS_FILE } from './manifest.ts';

// Where snapshots are: <dataDir>/vectors/<collection>/<space>/<revision>-<random>. What is being made is called
// tmp-<pid>-<random>; what a killed server left of that name goes at the next start.

const TEMPORARY = /^tmp-(\d+)-/;
const SNAPSHOT = /^\d+-[0-9a-f]+$/;
const REVISION_DIGITS = 16;

/** The vectors of a space of a collection at one revision, in a temporary folder. */
export interface Gathered {
  readonly folder: string;
  readonly revision: number;
  readonly count: number;
}

const namesIn = async (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export const remove = (folder: string): Promise<void> =>
  rm(folder, { recursive: true, force: true, maxRetries: 2 }).catch(() => undefined);

/** Removes what builds left that were killed with their server. */
export async function removeLeftovers(root: string): Promise<void> {
  for (const collection of await namesIn(root))
    for (const space of await namesIn(join(root, collection)))
      for (const name of await namesIn(join(root, collection, space))) {
        const pid = Number(TEMPORARY.exec(name)?.[1] ?? NaN);
        if (pid === process.pid || (pid > 0 && !isRunning(pid)))
          await remove(join(root, collection, space, name));
      }
}

/** Snapshots of a space, the newest first. */
export async function snapshotsIn(folder: string): Promise<string[]> {
  const names = (await namesIn(folder)).filter((name) => SNAPSHOT.test(name));
  return names
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

/** A folder that a killed server does not leave for ever. */
export async function temporaryFolder(folder: string): Promise<string> {
  const path = join(folder, `tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
  await mkdir(path, { recursive: true });
  return path;
}

/** Gives a finished snapshot its name, in one step that survives a power cut. */
export async function nameSnapshot(folder: string, { folder: made, revision }: Gathered): Promise<string> {
  const name = `${String(revision).padStart(REVISION_DIGITS, '0')}-${randomBytes(4).toString('hex')}`;
  const path = join(folder, name);
  await rename(made, path);
  const parent = await open(folder, 'r');
  // Where folders cannot be synced (Windows) the rename alone must do.
  await parent.sync().catch(() => undefined);
  await parent.close();
  return path;
}

export interface GatherOptions {
  readonly source: VectorSource;
  readonly collectionId: string;
  readonly spaceId: string;
  readonly dimension: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Writes every vector of a space of a collection to a temporary folder. @throws STORAGE_FULL, CANCELLED, what the source throws */
export async function gather(folder: string, options: GatherOptions): Promise<Gathered> {
  const { source, collectionId, spaceId, dimension, signal, onProgress } = options;
  const path = await temporaryFolder(folder).catch(onDisk);
  const files: FileHandle[] = [];
  try {
    const vectorsFile = await open(join(path, VECTORS_FILE), 'w').catch(onDisk);
    files.push(vectorsFile);
    const ordinalsFile = await open(join(path, ORDINALS_FILE), 'w').catch(onDisk);
    files.push(ordinalsFile);
    let revision = 0;
    let count = 0;
    for await (const piece of source.all(collectionId, spaceId)) {
      if (signal?.aborted) throw new VisionError('CANCELLED', 'The build of the index was cancelled.');
      const { ordinals, vectors } = piece;
      if (vectors.length !== ordinals.length * dimension)
        throw new VisionError(
          'INTERNAL',
          `Vectors of collection ${collectionId} in space ${spaceId} have not dimension ${dimension}.`,
        );
      revision = piece.revision;
      count += ordinals.length;
      await vectorsFile.appendFile(asBytes(vectors)).catch(onDisk);
      await ordinalsFile.appendFile(asBytes(ordinals)).catch(onDisk);
      onProgress?.(count);
    }
    return { folder: path, revision, count };
  } catch (error) {
    await remove(path);
    throw error;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

const asBytes = (values: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function onDisk(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    throw new VisionError('STORAGE_FULL', 'The disk has no room for the index.', { cause: error });
  throw new VisionError('INTERNAL', `The index cannot be written: ${message}`, { cause: error });
}
