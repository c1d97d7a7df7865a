import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

const CHUNK_BYTES = 1 << 18;

/** SHA-256 of a file in lower-case hex, read in pieces. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Remembers the hash of files that did not change since, judged by size, time and inode. */
export class HashCache {
  readonly #known = new Map<string, { stamp: string; sha256: Promise<string> }>();

  async sha256(path: string): Promise<string> {
    const { size, mtimeNs, ino, dev } = await stat(path, { bigint: true });
    const stamp = [size, mtimeNs, ino, dev].join(':');
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return known.sha256;
    const sha256 = hashFile(path);
    this.#known.set(path, { stamp, sha256 });
    sha256.catch(() => this.#known.delete(path));
    return sha256;
  }
}
