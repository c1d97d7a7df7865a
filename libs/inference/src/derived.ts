import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ManifestModel } from '@fovea/contracts';
import { addOutputs, readModel, writeModel, type AddedOutput } from '@fovea/onnx';

/** Raised when a derived file would be written otherwise. */
const VERSION = 1;

/**
 * The file of a model with its `derivedOutputs` added, made from the model's own when it is needed first and kept by
 * the hash of both.
 * @throws MODEL_FAILED when the graph has no such tensor
 */
export async function withDerivedOutputs(
  folder: string,
  { sha256, derivedOutputs = [] }: Pick<ManifestModel, 'sha256' | 'derivedOutputs'>,
  path: string,
): Promise<string> {
  if (derivedOutputs.length === 0) return path;
  const recipe = JSON.stringify([VERSION, sha256, derivedOutputs]);
  const derived = join(folder, `${createHash('sha256').update(recipe).digest('hex')}.onnx`);
  if (existsSync(derived)) return derived;
  const bytes = writeModel(addOutputs(readModel(await readFile(path)), derivedOutputs as AddedOutput[]));
  await mkdir(folder, { recursive: true });
  const draft = `${derived}.${process.pid}.${performance.now()}`;
  try {
    await writeFile(draft, bytes);
    await rename(draft, derived);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return derived;
}
