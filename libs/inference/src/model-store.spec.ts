import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addModel,
  float32,
  garbageModel,
  identityModel,
  int64BoolModel,
  tinyStore,
  type TinyEntry,
  type TinyStore,
} from '@fovea/testing';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { createInference } from './inference.ts';
import { ModelStore, type StoreOptions } from './model-store.ts';
import { addUserModel } from './user-models.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
let folders: TinyStore;
afterEach(() => folders.remove());
async function open(
  models: Record<string, TinyEntry>,
  options: Partial<StoreOptions> = {},
): Promise<ModelStore> {
  folders = await tinyStore(models);
  return ModelStore.open({ ...folders, licences: 'all', log, ...options });
}
const weights = (file: string) => join(folders.modelsDir, 'weights', file);

describe('model store', () => {
  it('knows the models of the manifest and no others', async () => {
    const store = await open({ add: addModel() });
    expect(store.usable('add')).toMatchObject({ id: 'add', classes: [] });
    expect(() => store.usable('sub')).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND', hint: 'The models are: add.' }) as Error,
    );
  });

  it('reads label files', async () => {
    folders = await tinyStore({ add: [addModel(), { labels: 'four.txt' }] });
    await writeFile(weights('four.txt'), 'a\nb\nc\nd\n');
    const store = await ModelStore.open({ ...folders, licences: 'all', log });
    expect(store.get('add').classes.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('refuses a file whose hash is wrong, naming both and the command, whenever it is replaced', async () => {
    const store = await open({ add: addModel() });
    const { sha256 } = await store.prepare('add');
    await writeFile(weights('new.onnx'), identityModel());
    await rename(weights('new.onnx'), weights('add.onnx'));
    const error = await store.prepare('add').catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'MODEL_FAILED',
      hint: expect.stringContaining('npm run fovea -- models verify add') as string,
    });
    expect(String(error)).toContain(sha256);
    expect(String(error).match(/[0-9a-f]{64}/g)).toHaveLength(2);
    expect(await store.verify()).toEqual([
      { id: 'add', ok: false, reason: expect.stringContaining(sha256) as string },
    ]);
  });

  it('says that a file is missing', async () => {
    const store = await open({ add: addModel() });
    await rm(weights('add.onnx'));
    expect(() => store.usable('add')).toThrow(expect.objectContaining({ code: 'MODEL_MISSING' }) as Error);
    await expect(store.pull('add')).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });

  it('disables models by licence', async () => {
    const store = await open(
      {
        free: addModel(),
        copyleft: [addModel(), { licenceId: 'AGPL-3.0' }],
        research: [addModel(), { licenceId: 'CC-BY-4.0', commercialUse: false }],
      },
      { licences: 'permissive' },
    );
    expect(store.list().map((model) => store.state(model).state)).toEqual([
      'available',
      'disabled',
      'disabled',
    ]);
    expect(() => store.usable('copyleft')).toThrow(
      expect.objectContaining({
        code: 'MODEL_MISSING',
        hint: expect.stringContaining('FOVEA_LICENCES=all') as string,
      }) as Error,
    );
  });

  it('refuses a manifest whose files lie elsewhere', async () => {
    await expect(open({ add: [addModel(), { file: '../../add.onnx' }] })).rejects.toThrow(TypeError);
    folders = await tinyStore({});
  });
});

describe('models of the user', () => {
  it('are copied, described and there after a restart', async () => {
    const store = await open({});
    const file = join(folders.dataDir, 'My Net.onnx');
    const labels = join(folders.dataDir, 'names.txt');
    await writeFile(file, int64BoolModel());
    await writeFile(labels, 'no\nyes');
    const added = await addUserModel(store, file, { task: 'test', labels });
    expect(added).toMatchObject({
      id: 'my-net',
      source: { type: 'user' },
      batchable: true,
      inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 4] }],
    });
    await rm(file);
    const reopened = await ModelStore.open({ ...folders, licences: 'all', log });
    expect(reopened.usable('my-net').classes).toHaveLength(2);
    expect(await reopened.verify()).toEqual([{ id: 'my-net', ok: true }]);
  });

  it('do not keep the server from starting when their labels are gone', async () => {
    const store = await open({ add: addModel() });
    const file = join(folders.dataDir, 'own.onnx');
    const labels = join(folders.dataDir, 'names.txt');
    await writeFile(file, addModel());
    await writeFile(labels, 'a');
    await addUserModel(store, file, { task: 'test', labels });
    await rm(join(store.userDir, 'own.labels.txt'));
    const reopened = await ModelStore.open({ ...folders, licences: 'all', log });
    expect(reopened.list().map(({ id }) => id)).toEqual(['add']);
  });

  it('are refused when they are no models or their id is taken', async () => {
    const store = await open({ add: addModel() });
    const file = join(folders.dataDir, 'add.onnx');
    await writeFile(file, garbageModel());
    await expect(addUserModel(store, file, { task: 'test' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(addUserModel(store, file, { task: 'test', id: 'other' })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
    await expect(addUserModel(store, 'nowhere.onnx', { task: 'test' })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    });
  });
});

describe('derived outputs', () => {
  it('are added once, under a hash of model and recipe', async () => {
    const derivedOutputs = [{ name: 'sum', dtype: 'float32', shape: ['n', 4], tensor: 'y' }];
    folders = await tinyStore({ add: [addModel(), { derivedOutputs }] });
    const inference = await createInference({ ...folders, device: 'cpu', threads: 1 });
    await inference.start();
    onTestFinished(() => inference.close());
    const runtime = inference.bind({ owner: 'local', priority: 'interactive' });
    const x = float32([0, 0, 0, 0], [1, 4]);
    const answer = (outputs?: string[]) =>
      runtime.run({ model: 'add', feeds: { x }, ...(outputs ? { outputs } : {}) });
    expect(Object.keys((await answer()).outputs)).toEqual(['y']);
    expect((await answer(['sum'])).outputs['sum']).toEqual(float32([1, 2, 3, 4], [1, 4]));
    await expect(answer(['total'])).rejects.toThrow(/only y, sum/);
    const files = await readdir(join(folders.dataDir, 'models', 'derived'));
    expect(files).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.onnx$/)]);
  });
});
