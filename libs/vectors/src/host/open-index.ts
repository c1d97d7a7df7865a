import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { AnnLibrary } from '../ann.ts';
import { ANN_FILE, ORDINALS_FILE, readManifest, VECTORS_FILE, type Manifest } from '../manifest.ts';
import { LiveIndex } from './live-index.ts';
import type { OpenRequest } from './protocol.ts';
import { FileVectors, MemoryVectors, readFully, type RawVectors } from './raw-vectors.ts';

const READ_BYTES = 2 ** 20;

/** @throws Error that says why the files cannot be used */
export function openIndex(request: OpenRequest, library: AnnLibrary | null): LiveIndex {
  const { from, dimension } = request;
  if ('empty' in from)
    return new LiveIndex({
      dimension,
      revision: from.revision,
      ordinals: new Int32Array(0),
      vectors: new MemoryVectors(dimension),
      ann: null,
      builtAt: null,
    });
  if ('snapshot' in from) return openSnapshot(from, request, library);
  const files = new Files(from.gathered, null);
  return new LiveIndex({
    dimension,
    revision: from.revision,
    ordinals: files.ordinals(from.count),
    vectors: files.vectors(from.count, { dimension, inMemoryBytes: request.inMemoryBytes }),
    ann: null,
    builtAt: null,
  });
}

function openSnapshot(
  { snapshot, check }: { snapshot: string; check: boolean },
  request: OpenRequest,
  library: AnnLibrary | null,
): LiveIndex {
  const manifest = readManifest(snapshot, request);
  const files = new Files(snapshot, check ? manifest : null);
  const plan = library ? manifest.plan : null;
  const ordinals = files.ordinals(manifest.count);
  if (plan && check) files.check(ANN_FILE);
  const vectors = files.vectors(manifest.count, {
    dimension: manifest.dimension,
    // Beside the library's index the full vectors are read when they are needed.
    inMemoryBytes: plan ? 0 : request.inMemoryBytes,
  });
  try {
    const ann = plan && library ? library.read(join(snapshot, ANN_FILE), plan) : null;
    if (ann && ann.size !== manifest.count) {
      ann.close?.();
      throw new Error(`${ANN_FILE} holds ${ann.size} vectors, not ${manifest.count}`);
    }
    const { dimension, revision, builtAt } = manifest;
    return new LiveIndex({ dimension, revision, ordinals, vectors, ann, builtAt });
  } catch (error) {
    vectors.close();
    throw error;
  }
}

/** Files of a folder, compared with a manifest where there is one. */
class Files {
  readonly #folder: string;
  readonly #manifest: Manifest | null;

  constructor(folder: string, manifest: Manifest | null) {
    this.#folder = folder;
    this.#manifest = manifest;
  }

  ordinals(count: number): Int32Array {
    const ordinals = new Int32Array(count);
    const bytes = new Uint8Array(ordinals.buffer);
    const fd = this.#open(ORDINALS_FILE, bytes.byteLength);
    try {
      readFully(fd, bytes, 0);
    } finally {
      closeSync(fd);
    }
    this.#compare(ORDINALS_FILE, createHash('sha256').update(bytes).digest('hex'));
    for (let index = 1; index < count; index += 1)
      if (ordinals[index]! <= ordinals[index - 1]!)
        throw new Error(`${ORDINALS_FILE} does not rise at row ${index}`);
    return ordinals;
  }

  vectors(
    count: number,
    { dimension, inMemoryBytes }: { dimension: number; inMemoryBytes: number },
  ): RawVectors {
    const bytes = count * dimension * 4;
    const fd = this.#open(VECTORS_FILE, bytes);
    try {
      if (bytes > inMemoryBytes) {
        this.check(VECTORS_FILE);
        return new FileVectors(fd, { count, dimension });
      }
      const hash = createHash('sha256');
      const vectors = MemoryVectors.read(fd, {
        count,
        dimension,
        onBytes: (piece) => this.#manifest && hash.update(piece),
      });
      if (this.#manifest) this.#compare(VECTORS_FILE, hash.digest('hex'));
      closeSync(fd);
      return vectors;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Reads a whole file only to compare its checksum. */
  check(name: string): void {
    if (!this.#manifest) return;
    const facts = this.#manifest.files[name];
    if (!facts) throw new Error(`the manifest does not know ${name}`);
    const fd = this.#open(name, facts.bytes);
    try {
      const hash = createHash('sha256');
      const buffer = new Uint8Array(READ_BYTES);
      for (let count; (count = readSync(fd, buffer)) > 0;) hash.update(buffer.subarray(0, count));
      this.#compare(name, hash.digest('hex'));
    } finally {
      closeSync(fd);
    }
  }

  #open(name: string, bytes: number): number {
    const fd = openSync(join(this.#folder, name), 'r');
    const { size } = fstatSync(fd);
    if (size === bytes) return fd;
    closeSync(fd);
    throw new Error(`${name} has ${size} bytes instead of ${bytes}`);
  }

  #compare(name: string, sha256: string): void {
    if (this.#manifest && this.#manifest.files[name]?.sha256 !== sha256)
      throw new Error(`${name} is not what was written: its checksum differs`);
  }
}
