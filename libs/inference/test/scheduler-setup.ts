import type { InferenceResponse } from '@fovea/application';
import { float32, identityModel, tinyStore, type TinyEntry } from '@fovea/testing';
import { onTestFinished } from 'vitest';
import type { KeptScope } from '../src/kept.ts';
import { ModelStore } from '../src/model-store.ts';
import { Scheduler } from '../src/scheduler.ts';
import { DEFAULT_LIMITS, type Binding, type InferenceEvents, type Limits } from '../src/types.ts';
import { ManualBackend } from './manual-backend.ts';

const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
interface Setup {
  readonly models?: Record<string, TinyEntry>;
  readonly queueLimit?: number;
  readonly memoryBytes?: number;
  readonly limits?: Partial<Limits>;
  readonly device?: string;
  readonly depth?: number;
  readonly zerosMs?: (rows: number) => number;
  readonly hosts?: number;
  readonly failLoad?: ManualBackend['failLoad'];
  readonly failStart?: string;
}

/** A scheduler over manual backends; a run of zeros takes 10 ms a row unless `zerosMs` says otherwise. */
export async function setUp(setup: Setup = {}) {
  const { remove, ...folders } = await tinyStore(setup.models ?? { a: identityModel(), b: identityModel() });
  const store = await ModelStore.open({ ...folders, licences: 'all', log: SILENT });
  const backends: ManualBackend[] = [];
  const events: { [E in keyof InferenceEvents]?: InferenceEvents[E][0][] } = {};
  const scheduler = new Scheduler({
    store,
    device: setup.device ?? 'cpu',
    createBackend: async () => {
      if (setup.failStart !== undefined) throw new Error(setup.failStart);
      const backend = new ManualBackend({ device: setup.device ?? 'cpu', ...setup });
      if (setup.failLoad) backend.failLoad = setup.failLoad;
      backends.push(backend);
      return backend;
    },
    hosts: setup.hosts ?? 1,
    queueLimit: setup.queueLimit ?? 64,
    memoryBytes: setup.memoryBytes ?? 1e9,
    limits: { ...DEFAULT_LIMITS, ...setup.limits },
    log: SILENT,
    emit: (event, data) => void ((events[event] ??= []) as object[]).push(data as object),
  });
  onTestFinished(async () => {
    await scheduler.close();
    await remove();
  });
  const run = (
    model: string,
    values: number | number[],
    binding: Partial<Binding> & { outputs?: string[]; keep?: string[]; scope?: KeptScope } = {},
  ) => {
    const { outputs, keep, scope, ...bound } = binding;
    const list = [values].flat();
    const x = float32(
      list.flatMap((value) => [value, 0, 0, 0]),
      [list.length, 4],
    );
    const answer = scheduler.submit(
      { model, feeds: { x }, ...(outputs ? { outputs } : {}), ...(keep ? { keep } : {}) },
      { owner: 'local', priority: 'interactive', ...bound },
      scope,
    );
    answer.catch(() => undefined);
    return answer;
  };
  const backend = (): ManualBackend => backends.at(-1) as ManualBackend;
  /** Loads a model and lets the batch sizes be measured. */
  const load = async (...ids: string[]): Promise<void> => {
    for (const id of ids) await scheduler.load(id, false);
    await settle();
  };
  return { scheduler, run, backend, backends, events, load, store };
}

/** Lets everything that does not wait for a timer or a file happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}
/** The first value of every row of `y`. */
export const firsts = (response: InferenceResponse): number[] =>
  Array.from(response.outputs['y']?.data ?? [], Number).filter((_, i) => i % 4 === 0);
