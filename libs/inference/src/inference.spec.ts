import { addModel, float32, identityModel, tinyStore, twoOutputsModel, type TinyStore } from '@fovea/testing';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInference } from './inference.ts';
import type { Inference } from './types.ts';

let store: TinyStore;
let inference: Inference;
beforeAll(async () => {
  store = await tinyStore({
    add: addModel(),
    two: twoOutputsModel({ columns: 8 }),
    wrong: [identityModel(), { sha256: '0'.repeat(64) }],
    gone: identityModel(),
    far: [identityModel(), { source: { type: 'url', url: 'http://127.0.0.1:9/far.onnx' } }],
  });
  await rm(join(store.modelsDir, 'weights', 'gone.onnx'));
  inference = await createInference({ ...store, device: 'cpu', threads: 1 });
  await inference.start();
});
afterAll(async () => {
  await inference.close();
  await store.remove();
});
const run = (model: string, outputs?: string[]) =>
  inference
    .bind({ owner: 'local', priority: 'interactive' })
    .run({ model, feeds: { x: float32([1, 1, 1, 1], [1, 4]) }, ...(outputs ? { outputs } : {}) });

describe('inference', () => {
  it('runs a model through queue, batch and session host', async () => {
    const response = await run('add');
    expect(response.outputs).toEqual({ y: float32([2, 3, 4, 5], [1, 4]) });
    expect(response).toMatchObject({ batchSize: 1, device: 'cpu' });
    expect(response.inferenceMs).toBeGreaterThan(0);
    expect(inference.modelInfo('add')).toMatchObject({ state: 'loaded', device: 'cpu' });
    expect(await inference.ready()).toEqual({ ok: true, detail: '1 of 1 session hosts answer' });
  });

  it('lets only the outputs named leave the session', async () => {
    expect((await run('two', ['small'])).outputs).toEqual({ small: float32([4], [1, 1]) });
    expect(Object.keys((await run('two')).outputs).sort()).toEqual(['large', 'small']);
  });

  it('says of every model how it stands', async () => {
    await expect(run('wrong')).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringContaining('0000') as string,
    });
    const states = Object.fromEntries(inference.models().map(({ id, state }) => [id, state]));
    expect(states).toMatchObject({ wrong: 'failed', gone: 'missing', far: 'missing' });
    expect(inference.modelInfo('far').reason).toContain('npm run fovea -- models pull far');
    expect(inference.models().every((model) => !('classes' in model))).toBe(true);
    expect(() => inference.model('far')).toThrow(expect.objectContaining({ code: 'MODEL_MISSING' }) as Error);
    await expect(run('gone')).rejects.toMatchObject({ code: 'MODEL_MISSING', status: 503 });
    await expect(run('nothing')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('loads, unloads and loads again', async () => {
    const unloaded: object[] = [];
    inference.on('unload', (event) => unloaded.push(event));
    await inference.load('add');
    await inference.unload('add');
    expect(unloaded).toEqual([{ model: 'add', reason: 'asked' }]);
    expect(inference.modelInfo('add').state).toBe('available');
    expect((await run('add')).outputs).toEqual({ y: float32([2, 3, 4, 5], [1, 4]) });
  });

  it("runs a model of the user's as soon as it is added", async () => {
    const file = join(store.dataDir, 'Mine.onnx');
    await writeFile(file, addModel([10, 10, 10, 10]));
    expect(await inference.add(file, { task: 'test' })).toMatchObject({ id: 'mine', state: 'available' });
    expect((await run('mine')).outputs).toEqual({ y: float32([11, 11, 11, 11], [1, 4]) });
  });

  it('refuses settings that make no sense', async () => {
    await expect(createInference({ ...store, hosts: 0 })).rejects.toThrow(RangeError);
    await expect(createInference({ ...store, threads: 1.5 })).rejects.toThrow(RangeError);
    const idle = await createInference({ ...store });
    expect(() => idle.device()).toThrow(TypeError);
    expect(await idle.ready()).toEqual({ ok: false, detail: '0 of 1 session hosts answer' });
    await idle.close();
  });
});
