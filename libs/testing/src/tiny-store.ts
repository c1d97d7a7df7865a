import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManifestModel } from '@fovea/contracts';
import { tinyManifestModel } from './manifest-model.ts';

export interface TinyStore {
  readonly modelsDir: string;
  readonly dataDir: string;
  remove(): Promise<void>;
}
/** A model's bytes, or its bytes and fields of its manifest row to set otherwise. */
export type TinyEntry = Uint8Array | readonly [bytes: Uint8Array, change: Partial<ManifestModel>];

/** A models folder in the temporary folder with these models, and an empty data folder. */
export async function tinyStore(models: Readonly<Record<string, TinyEntry>>): Promise<TinyStore> {
  const root = await mkdtemp(join(tmpdir(), 'fovea-inference-'));
  const modelsDir = join(root, 'models');
  const dataDir = join(root, 'data');
  await mkdir(join(modelsDir, 'weights'), { recursive: true });
  await mkdir(dataDir);
  const rows: ManifestModel[] = [];
  for (const [id, entry] of Object.entries(models)) {
    const [bytes, change] = entry instanceof Uint8Array ? [entry, {}] : entry;
    const row = tinyManifestModel(id, bytes, change);
    rows.push(row);
    if (row.source.type === 'embedded') await writeFile(join(modelsDir, 'weights', row.file), bytes);
  }
  await writeFile(join(modelsDir, 'manifest.json'), JSON.stringify({ version: 1, models: rows }));
  return { modelsDir, dataDir, remove: () => rm(root, { recursive: true, force: true }) };
}
