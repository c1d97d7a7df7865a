import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IndexPlan } from './ann.ts';

// A snapshot is a folder: these files, the manifest written last.
//   vectors.f32    rows of float32, little endian
//   ordinals.i32   one for every row, rising
//   index.ann      as the library writes it; absent where there is none
//   manifest.json  revision, counts, plan, size and SHA-256 of each file

export const VECTORS_FILE = 'vectors.f32';
export const ORDINALS_FILE = 'ordinals.i32';
export const ANN_FILE = 'index.ann';
export const MANIFEST_FILE = 'manifest.json';
/** Raised when the files mean something else. */
export const FORMAT = 1;

export interface FileFacts {
  readonly bytes: number;
  readonly sha256: string;
}
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly spaceId: string;
  readonly dimension: number;
  readonly revision: number;
  readonly count: number;
  readonly builtAt: string;
  readonly plan: IndexPlan | null;
  /** Of the library that made the index. */
  readonly library: string | null;
  readonly files: Readonly<Record<string, FileFacts>>;
}

/** @throws Error that says why the folder is no snapshot of that space */
export function readManifest(
  folder: string,
  { spaceId, dimension }: { spaceId: string; dimension: number },
): Manifest {
  const manifest = JSON.parse(readFileSync(join(folder, MANIFEST_FILE), 'utf8')) as Manifest;
  if (manifest.format !== FORMAT) throw new Error(`its format is ${String(manifest.format)}, not ${FORMAT}`);
  if (manifest.spaceId !== spaceId) throw new Error(`it is of space ${manifest.spaceId}`);
  if (manifest.dimension !== dimension)
    throw new Error(`its dimension is ${manifest.dimension}, not ${dimension}`);
  const bytes = manifest.files[VECTORS_FILE]?.bytes;
  if (bytes !== manifest.count * dimension * 4)
    throw new Error(`${manifest.count} vectors have not ${bytes} bytes`);
  return manifest;
}
