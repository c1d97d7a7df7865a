import { copyFile, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Manifest, ManifestModel, VisionError, invalidFields } from '@fovea/contracts';
import { graphFacts, readModel, type OnnxValue } from '@fovea/onnx';
import { hashFile } from './hashing.ts';
import { readLabels } from './labels.ts';
import type { ModelStore } from './model-store.ts';
import type { AddModel } from './types.ts';

/**
 * Copies a user's ONNX file and labels into the data folder, describes them in the user's manifest, and registers them.
 * @throws INVALID_REQUEST when the file is no ONNX model, CONFLICT when the id is taken
 */
export async function addUserModel(
  store: ModelStore,
  file: string,
  options: AddModel,
): Promise<ManifestModel> {
  const id = options.id ?? kebab(basename(file, extname(file)));
  if (store.list().some((model) => model.id === id))
    throw new VisionError('CONFLICT', `There is a model "${id}" already`, {
      hint: 'Choose another with --id.',
    });
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new VisionError('INVALID_REQUEST', `${file} cannot be read`, { cause, hint: 'Check the path.' });
  });
  const facts = factsOf(file, bytes);
  const labels = options.labels === undefined ? undefined : await checkedLabels(options.labels);
  const parsed = ManifestModel.safeParse({
    id,
    revision: 1,
    task: options.task,
    file: `${id}.onnx`,
    source: { type: 'user' },
    sha256: await hashFile(file),
    bytes: (await stat(file)).size,
    parameters: facts.parameters,
    licenceId: options.licenceId ?? 'unknown',
    commercialUse: options.commercialUse ?? false,
    provenance: options.provenance ?? `added by the user from ${basename(file)}`,
    inputs: facts.inputs.map(specOf),
    outputs: facts.outputs.map(specOf),
    ...(labels === undefined ? {} : { labels: `${id}.labels${extname(labels)}` }),
    metrics: [],
    batchable: hasRows([...facts.inputs, ...facts.outputs]),
  });
  if (!parsed.success) throw invalidFields(parsed.error, 'INVALID_REQUEST');
  const model = parsed.data;
  await mkdir(store.userDir, { recursive: true });
  await place(file, store.path(model));
  if (labels !== undefined && model.labels !== undefined)
    await place(labels, join(store.userDir, model.labels));
  await appendToManifest(join(store.userDir, 'manifest.json'), model);
  return store.register(model);
}

function factsOf(file: string, bytes: Uint8Array): ReturnType<typeof graphFacts> {
  try {
    return graphFacts(readModel(bytes));
  } catch (cause) {
    throw new VisionError('INVALID_REQUEST', `${file} is no ONNX model that can be read`, {
      cause,
      hint: 'Export the model as one ONNX file without external data.',
    });
  }
}

async function checkedLabels(file: string): Promise<string> {
  try {
    readLabels(await readFile(file, 'utf8'));
    return file;
  } catch (cause) {
    throw new VisionError('INVALID_REQUEST', `${file} is no label file`, {
      cause,
      hint: 'Write one name per line, or JSON {"labels": [{"index": 0, "name": "…"}]}.',
    });
  }
}

const specOf = ({ name, dtype, shape = [] }: OnnxValue): ManifestModel['inputs'][number] => ({
  name,
  dtype: dtype ?? 'unknown',
  shape: [...shape],
});

/** Axis 0 is one and the same dynamic dimension everywhere: the batch. */
function hasRows(values: readonly OnnxValue[]): boolean {
  const [first] = values;
  const batch = first?.shape?.[0];
  return typeof batch === 'string' && values.every(({ shape }) => shape?.[0] === batch);
}

const kebab = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '');

/** Copies a file so that its target is whole whenever it exists. */
async function place(from: string, to: string): Promise<void> {
  const part = `${to}.part`;
  await copyFile(from, part);
  await sync(part);
  await rename(part, to);
}

async function appendToManifest(path: string, model: ManifestModel): Promise<void> {
  const before = await readFile(path, 'utf8').then(
    (text) => Manifest.parse(JSON.parse(text)).models,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  const part = `${path}.part`;
  const file = await open(part, 'w');
  try {
    await file.writeFile(`${JSON.stringify({ version: 1, models: [...before, model] }, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.sync().finally(() => file.close());
}
