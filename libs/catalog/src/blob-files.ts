import { VisionError } from '@fovea/contracts';
import { createHash, hash, randomUUID } from 'node:crypto';
import { mkdirSync, type Dirent } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, unlink, utimes, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { isFull } from './failures.ts';

const SHA256 = /^[0-9a-f]{64}$/;

export interface StoredFile {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Files by their SHA-256: `<root>/ab/cdef…`. A file that is there is whole and on the disk: it is written beside,
 * synced, renamed, and its folder is synced. Its modification time is the last time that somebody put it.
 */
export class BlobFiles {
  readonly #root: string;
  readonly #drafts: string;
  /** Folders whose entries are known to be on the disk: a process before us may have ended before it synced them. */
  readonly #folders = new Set<string>();
  /** Drafts of puts that are under way. */
  readonly #writing = new Set<string>();
  /** Steps on one hash follow one another: a put never meets the removal of the same file. */
  readonly #turns = new Map<string, Promise<unknown>>();
  /** How many need a file right now, though nothing in the database refers to it yet. */
  readonly #holds = new Map<string, number>();

  constructor(dataDir: string) {
    this.#root = join(dataDir, 'blobs');
    this.#drafts = join(this.#root, 'tmp');
    mkdirSync(this.#drafts, { recursive: true, mode: 0o700 });
  }

  /** @throws RangeError when it is not a hash: a path can be made of nothing else */
  path(sha256: string): string {
    if (!SHA256.test(sha256)) throw new RangeError(`not a SHA-256: ${sha256}`);
    return join(this.#root, sha256.slice(0, 2), sha256.slice(2));
  }

  async size(sha256: string): Promise<number | null> {
    const found = await stat(this.path(sha256)).catch(missing);
    return found?.size ?? null;
  }

  /**
   * Keeps bytes; what is there already is not written again.
   * @param expected their hash, where the caller knows it
   * @throws STORAGE_FULL
   */
  async put(content: Uint8Array | AsyncIterable<Uint8Array>, expected?: string): Promise<StoredFile> {
    if (content instanceof Uint8Array) {
      const sha256 = expected ?? hash('sha256', content, 'hex');
      await this.#inTurn(sha256, async () => {
        if (await this.#refresh(sha256, content.length)) return;
        const actual = expected === undefined ? sha256 : hash('sha256', content, 'hex');
        if (actual !== sha256) throw new TypeError(`bytes have the hash ${actual}, not ${sha256}`);
        await this.#settle(await this.#draft((file) => writeAll(file, content)), sha256);
      });
      return { sha256, bytes: content.length };
    }
    const hashing = createHash('sha256');
    let bytes = 0;
    const draft = await this.#draft(async (file) => {
      for await (const chunk of content) {
        hashing.update(chunk);
        bytes += chunk.length;
        await writeAll(file, chunk);
      }
    });
    const sha256 = hashing.digest('hex');
    await this.#inTurn(sha256, async () => {
      if (await this.#refresh(sha256, bytes)) await this.#discard(draft);
      else await this.#settle(draft, sha256);
    });
    return { sha256, bytes };
  }

  /** Keeps a file from being removed until the returned function is called. */
  hold(sha256: string): () => void {
    this.#holds.set(sha256, (this.#holds.get(sha256) ?? 0) + 1);
    return () => {
      const left = (this.#holds.get(sha256) ?? 1) - 1;
      if (left > 0) this.#holds.set(sha256, left);
      else this.#holds.delete(sha256);
    };
  }

  /**
   * Removes a file that nobody holds or has put for so long.
   * @param isNeeded asked last, when no put of this hash is under way: true keeps the file
   * @returns its bytes, 0 where it stays or is not there
   */
  async remove(sha256: string, idleMs: number, isNeeded: () => Promise<boolean>): Promise<number> {
    const path = this.path(sha256);
    return await this.#inTurn(sha256, async () => {
      const found = await stat(path).catch(missing);
      if (!found || this.#holds.has(sha256) || Date.now() - found.mtimeMs < idleMs) return 0;
      if ((await isNeeded()) || this.#holds.has(sha256)) return 0;
      await unlink(path);
      return found.size;
    });
  }

  /** Every stored hash, folder by folder. */
  async *hashes(): AsyncIterable<string[]> {
    for (const folder of await readdir(this.#root, { withFileTypes: true })) {
      if (!folder.isDirectory() || folder.name.length !== 2) continue;
      const files: Dirent[] = await readdir(join(this.#root, folder.name), { withFileTypes: true });
      const found = files.map((file) => folder.name + file.name).filter((name) => SHA256.test(name));
      if (found.length > 0) yield found;
    }
  }

  /** Removes drafts that a crash left. */
  async removeDrafts(idleMs: number): Promise<void> {
    for (const name of await readdir(this.#drafts)) {
      const path = join(this.#drafts, name);
      if (this.#writing.has(path)) continue;
      const found = await stat(path).catch(missing);
      if (found && Date.now() - found.mtimeMs >= idleMs) await rm(path, { force: true });
    }
  }

  /** True when the whole file is there; it counts as put now. */
  async #refresh(sha256: string, bytes: number): Promise<boolean> {
    const path = this.path(sha256);
    const found = await stat(path).catch(missing);
    if (!found || found.size !== bytes) return false;
    await this.#syncOnce(sha256);
    const now = new Date();
    // Garbage collection waits minutes: seconds need no write.
    if (now.getTime() - found.mtimeMs > 10_000) await utimes(path, now, now);
    return true;
  }

  async #draft(write: (file: FileHandle) => Promise<void>): Promise<string> {
    const path = join(this.#drafts, randomUUID());
    this.#writing.add(path);
    try {
      const file = await open(path, 'wx', 0o600);
      try {
        await write(file);
        await file.datasync();
      } finally {
        await file.close();
      }
      return path;
    } catch (error) {
      await this.#discard(path);
      throw isFull(error) ? full(error) : error;
    }
  }

  async #settle(draft: string, sha256: string): Promise<void> {
    try {
      const folder = this.#folder(sha256);
      if (!this.#folders.has(folder)) await mkdir(folder, { mode: 0o700, recursive: true });
      await rename(draft, this.path(sha256));
      this.#writing.delete(draft);
      await this.#syncOnce(sha256, true);
    } catch (error) {
      await this.#discard(draft);
      throw isFull(error) ? full(error) : error;
    }
  }

  async #discard(draft: string): Promise<void> {
    await rm(draft, { force: true });
    this.#writing.delete(draft);
  }

  /** Brings the entries of a hash's folder to the disk, if there may be new ones. */
  async #syncOnce(sha256: string, changed = false): Promise<void> {
    const folder = this.#folder(sha256);
    const known = this.#folders.has(folder);
    if (!known) await syncFolder(this.#root);
    if (!known || changed) await syncFolder(folder);
    this.#folders.add(folder);
  }

  #folder(sha256: string): string {
    return join(this.#root, sha256.slice(0, 2));
  }

  async #inTurn<T>(sha256: string, step: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(sha256) ?? Promise.resolve();
    const mine = before.then(step, step);
    this.#turns.set(sha256, mine);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(sha256) === mine) this.#turns.delete(sha256);
    }
  }
}

/** FileHandle.write may write a part only. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length;) offset += (await file.write(bytes, offset)).bytesWritten;
}

/** Makes a rename durable; Windows has no such call and needs none. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

const full = (cause: unknown) =>
  new VisionError('STORAGE_FULL', 'There is no space left in the data folder.', { cause });
