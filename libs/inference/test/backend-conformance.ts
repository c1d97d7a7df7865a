import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  addModel,
  bool,
  float32,
  garbageModel,
  gatherModel,
  int64,
  int64BoolModel,
  twoOutputsModel,
  uint8,
  uint8CastModel,
  unloadableModel,
  tinyStore,
  type TinyStore,
} from '@fovea/testing';
import type { Tensors } from '@fovea/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesOf, RunError, type Backend, type Batch } from '../src/backend.ts';

const batchOf = (model: string, feeds: Tensors, outputs: string[] = []): Batch => ({
  model,
  outputs,
  feeds: Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [
      name,
      { type: feed.type, dims: feed.dims, parts: [bytesOf(feed)] },
    ]),
  ),
});

/** What every backend must do, on tiny graphs. */
export function backendConformance(name: string, create: () => Promise<Backend>): void {
  describe(`backend: ${name}`, () => {
    const graphs = {
      add: addModel(),
      mean: uint8CastModel(),
      mixed: int64BoolModel(),
      two: twoOutputsModel({ columns: 200_000 }),
      gather: gatherModel(),
      unloadable: unloadableModel(),
      garbage: garbageModel(),
    };
    let backend: Backend;
    let store: TinyStore;
    const load = (id: string) => backend.load({ id, path: join(store.dataDir, `${id}.onnx`) });
    beforeAll(async () => {
      store = await tinyStore({});
      for (const [id, bytes] of Object.entries(graphs))
        await writeFile(join(store.dataDir, `${id}.onnx`), bytes);
      backend = await create();
    });
    afterAll(async () => {
      await backend.dispose();
      await store.remove();
    });

    it('loads a model and tells what it is', async () => {
      const facts = await load('mean');
      expect(facts.inputs).toEqual([{ name: 'image', dtype: 'uint8', shape: ['n', 'h', 'w', 3] }]);
      expect(facts.outputs).toEqual([{ name: 'mean', dtype: 'float32', shape: ['n'] }]);
      expect(facts.loadMs).toBeGreaterThan(0);
    });

    it('runs uint8 pixels, joined from parts without gaps', async () => {
      await load('mean');
      const parts = [new Uint8Array(12).fill(10), new Uint8Array(24).fill(20).fill(40, 12)];
      const { outputs, runMs } = await backend.run({
        model: 'mean',
        feeds: { image: { type: 'uint8', dims: [3, 2, 2, 3], parts } },
        outputs: ['mean'],
      });
      expect(outputs).toEqual({ mean: float32([10, 20, 40]) });
      expect(runMs).toBeGreaterThan(0);
    });

    it('carries int64 and bool', async () => {
      await load('mixed');
      const { outputs } = await backend.run(
        batchOf('mixed', { x: float32([1, 9, -2, 0, -1, -2, -3, 7], [2, 4]) }),
      );
      expect(outputs).toEqual({
        best: int64([1, 3]),
        positive: bool([true, true, false, false, false, false, false, true], [2, 4]),
      });
    });

    it('answers only the outputs asked for, large ones whole', async () => {
      await load('two');
      const feeds = { x: float32([1, 2, 3, 4], [1, 4]) };
      expect((await backend.run(batchOf('two', feeds, ['small']))).outputs).toEqual({
        small: float32([10], [1, 1]),
      });
      const { outputs } = await backend.run(batchOf('two', feeds));
      expect(Object.keys(outputs).sort()).toEqual(['large', 'small']);
      expect(outputs['large']?.dims).toEqual([1, 200_000]);
      expect(outputs['large']?.data.every((value) => value === 10)).toBe(true);
    });

    it('refuses what is no model, and lives on', async () => {
      await expect(load('unloadable')).rejects.toThrow(RunError);
      await expect(load('garbage')).rejects.toThrow(RunError);
      await expect(load('nowhere')).rejects.toThrow(RunError);
      await load('add');
      expect((await backend.run(batchOf('add', { x: float32([0, 0, 0, 0], [1, 4]) }))).outputs).toEqual({
        y: float32([1, 2, 3, 4], [1, 4]),
      });
    });

    it('refuses a run that the graph refuses, and lives on', async () => {
      await load('gather');
      await expect(backend.run(batchOf('gather', { index: int64([0, 99]) }))).rejects.toThrow(RunError);
      await expect(backend.run(batchOf('gather', { index: uint8([0]) }))).rejects.toThrow(RunError);
      await expect(backend.run(batchOf('unknown', {}))).rejects.toThrow(RunError);
      expect((await backend.run(batchOf('gather', { index: int64([3, 0]) }))).outputs).toEqual({
        y: float32([40, 10]),
      });
    });

    it('keeps outputs, feeds them whole or by rows, and lets only the named ones leave', async () => {
      await load('add');
      const first = await backend.run({
        ...batchOf('add', { x: float32([0, 0, 0, 0, 10, 10, 10, 10], [2, 4]) }),
        keep: { y: 901 },
      });
      expect(first).toMatchObject({ outputs: {}, kept: [{ name: 'y', type: 'float32', dims: [2, 4] }] });
      const fed = (rows?: number[]) =>
        backend.run({
          model: 'add',
          feeds: {},
          keptFeeds: { x: { handle: 901, ...(rows ? { rows } : {}) } },
          outputs: ['y'],
        });
      const [low, high] = [
        [2, 4, 6, 8],
        [12, 14, 16, 18],
      ] as const;
      expect((await fed()).outputs['y']).toEqual(float32([...low, ...high], [2, 4]));
      expect((await fed([0, 1])).outputs['y']).toEqual(float32([...low, ...high], [2, 4]));
      for (let again = 0; again < 2; again++)
        expect((await fed([1, 1, 0])).outputs['y']).toEqual(float32([...high, ...high, ...low], [3, 4]));
      expect((await fed([1])).outputs['y']).toEqual(float32([...high], [1, 4]));
      await expect(fed([2])).rejects.toThrow(RunError);
      backend.release([901, 902]);
      await expect(fed()).rejects.toThrow(/no kept tensor 901/);
    });

    it('keeps tensors without elements, and what also leaves', async () => {
      await load('add');
      const { kept } = await backend.run({
        ...batchOf('add', { x: float32([], [0, 4]) }),
        keep: { y: 903 },
      });
      expect(kept).toEqual([{ name: 'y', type: 'float32', dims: [0, 4] }]);
      const both = await backend.run({
        model: 'add',
        feeds: {},
        keptFeeds: { x: { handle: 903 } },
        outputs: ['y'],
        keep: { y: 904 },
      });
      expect(both).toMatchObject({ outputs: { y: { dims: [0, 4] } }, kept: [{ name: 'y', dims: [0, 4] }] });
      backend.release([903, 904]);
    });

    it('answers runs that are handed over together in their order', async () => {
      await load('gather');
      const order: number[] = [];
      const run = async (index: number): Promise<void> => {
        const { outputs } = await backend.run(batchOf('gather', { index: int64([index]) }));
        order.push(Number(outputs['y']?.data[0]));
      };
      await Promise.all([run(2), run(0), run(1)]);
      expect(order).toEqual([30, 10, 20]);
    });

    it('unloads', async () => {
      await load('add');
      await backend.unload('add');
      await backend.unload('add');
      await expect(backend.run(batchOf('add', { x: float32([0, 0, 0, 0], [1, 4]) }))).rejects.toThrow(
        /not loaded/,
      );
    });

    it('is gone once it is disposed of', async () => {
      const other = await create();
      await other.dispose();
      expect(await other.gone).toBe('disposed');
      await expect(other.run(batchOf('add', {}))).rejects.toMatchObject({
        name: 'BackendGone',
        started: false,
      });
    });

    it('is gone with a reason once it is killed', async () => {
      const other = await create();
      other.kill('too slow');
      expect(await other.gone).toBe('too slow');
      await expect(other.load({ id: 'add', path: 'add.onnx' })).rejects.toMatchObject({
        name: 'BackendGone',
      });
      await other.dispose();
    });
  });
}
