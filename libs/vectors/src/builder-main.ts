import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AnnLibrary, IndexPlan } from './ann.ts';
import { openFaiss } from './faiss/open.ts';
import { readFully } from './host/raw-vectors.ts';
import {
  ANN_FILE,
  FORMAT,
  MANIFEST_FILE,
  ORDINALS_FILE,
  VECTORS_FILE,
  type FileFacts,
  type Manifest,
} from './manifest.ts';
import { planIndex } from './plan.ts';

// The builder: a process that makes a snapshot of gathered vectors, because training and adding block for minutes. The
// folder gets its final name by the server, so a builder that outlives its server changes nothing.

export interface BuildRequest {
  readonly folder: string;
  readonly spaceId: string;
  readonly dimension: number;
  readonly revision: number;
  readonly count: number;
  readonly memoryBytes: number;
  readonly library: boolean;
}
export interface BuildProgress {
  readonly done: number;
}

const CHUNK_BYTES = 8 * 2 ** 20;
const PROGRESS_EVERY_MS = 100;
/** Native calls block this thread for minutes: another one looks whether the server is still there. */
const WATCH =
  'const parent = process.ppid; setInterval(() => process.ppid === parent || process.kill(process.pid, "SIGKILL"), 250);';

/** Size and checksum of a file, and the file safely on the disk. */
function seal(path: string): FileFacts {
  const fd = openSync(path, 'r+');
  try {
    const hash = createHash('sha256');
    const buffer = new Uint8Array(CHUNK_BYTES);
    for (let count; (count = readSync(fd, buffer)) > 0;) hash.update(buffer.subarray(0, count));
    fsyncSync(fd);
    return { bytes: statSync(path).size, sha256: hash.digest('hex') };
  } finally {
    closeSync(fd);
  }
}

function* chunksOf(path: string, { count, dimension }: BuildRequest): Generator<Float32Array> {
  const fd = openSync(path, 'r');
  try {
    const most = Math.max(1, Math.floor(CHUNK_BYTES / (4 * dimension)));
    for (let row = 0; row < count; row += most) {
      const values = new Float32Array(Math.min(most, count - row) * dimension);
      readFully(fd, new Uint8Array(values.buffer), row * dimension * 4);
      yield values;
    }
  } finally {
    closeSync(fd);
  }
}

function buildAnn(request: BuildRequest, library: AnnLibrary): IndexPlan {
  const { folder, count, dimension, memoryBytes } = request;
  const plan = planIndex({ count, dimension, memoryBytes });
  let toldAt = 0;
  library.build({
    plan,
    dimension,
    count,
    chunks: () => chunksOf(join(folder, VECTORS_FILE), request),
    path: join(folder, ANN_FILE),
    onProgress: (done) => {
      if (performance.now() - toldAt < PROGRESS_EVERY_MS) return;
      toldAt = performance.now();
      process.send?.({ done } satisfies BuildProgress);
    },
  });
  return plan;
}

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
new Worker(WATCH, { eval: true }).unref();
const request = JSON.parse(process.argv[2] ?? '') as BuildRequest;
const opened = request.library && request.count > 0 ? openFaiss() : null;
const library = opened && 'library' in opened ? opened.library : null;
const plan = library && buildAnn(request, library);
const { folder, spaceId, dimension, revision, count } = request;
const names = [VECTORS_FILE, ORDINALS_FILE, ...(plan ? [ANN_FILE] : [])];
const manifest: Manifest = {
  format: FORMAT,
  spaceId,
  dimension,
  revision,
  count,
  builtAt: new Date().toISOString(),
  plan,
  library: library?.version ?? null,
  files: Object.fromEntries(names.map((name) => [name, seal(join(folder, name))])),
};
const temporary = join(folder, `${MANIFEST_FILE}.tmp`);
writeFileSync(temporary, `${JSON.stringify(manifest, null, 2)}\n`);
seal(temporary);
renameSync(temporary, join(folder, MANIFEST_FILE));
process.disconnect?.();
