import { addModel, float32, twoOutputsModel, tinyStore, type TinyStore } from '@fovea/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createInference } from './inference.ts';
import type { Inference } from './types.ts';

let store: TinyStore;
let inference: Inference;
beforeAll(async () => {
  store = await tinyStore({ add: addModel(), two: twoOutputsModel({ columns: 8 }) });
  inference = await createInference({ ...store, device: 'cpu', threads: 1 });
  await inference.start();
});
afterAll(async () => {
  await inference.close();
  await store.remove();
});

it('runs a model through queue, batch and session host', async () => {
  const runtime = inference.bind({ owner: 'local', priority: 'interactive' });
  const response = await runtime.run({ model: 'add', feeds: { x: float32([1, 1, 1, 1], [1, 4]) } });
  expect(response.outputs).toEqual({ y: float32([2, 3, 4, 5], [1, 4]) });
  expect(response).toMatchObject({ batchSize: 1, device: 'cpu' });
  expect(inference.modelInfo('add')).toMatchObject({ state: 'loaded', device: 'cpu' });
});
