import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Runtime } from '@fovea/application';
import {
  createInference,
  type Inference,
  type InferenceEvents,
  type InferenceOptions,
} from '@fovea/inference';
import {
  float32,
  gatherModel,
  identityModel,
  int64,
  matmulModel,
  slowModel,
  tinyStore,
  type TinyEntry,
} from '@fovea/testing';
import { afterEach, expect, it, vi } from 'vitest';

// The scheduler's rules over real session host processes.

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(models: Record<string, TinyEntry>, options: Partial<InferenceOptions> = {}) {
  const store = await tinyStore(models);
  const inference = await createInference({ ...store, device: 'cpu', threads: 1, ...options });
  const events: { [E in keyof InferenceEvents]?: InferenceEvents[E][0][] } = {};
  for (const name of ['crash', 'hang', 'spawn', 'load', 'batch'] as const)
    inference.on(name, (event) => void ((events[name] ??= []) as object[]).push(event));
  cleanUps.push(async () => {
    await inference.close();
    await store.remove();
  });
  await inference.start();
  return { inference, events, runtime: inference.bind({ owner: 'local', priority: 'interactive' }) };
}
const hostPid = (inference: Inference): number => inference.stats().hosts[0]?.pid ?? 0;
const matmul = (runtime: Runtime, value: number, model = 'work') =>
  runtime.run({ model, feeds: { x: float32(new Array<number>(128).fill(value), [1, 128]) } });
const alive = (pid: number): boolean => {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // A process that nobody has reaped yet is dead all the same.
  return !(existsSync(`/proc/${pid}/stat`) && /\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
};

it('answers every request when the host is killed under load, and is back within 2 s', async () => {
  const { inference, events, runtime } = await start({ work: matmulModel({ inner: 2000 }) });
  await matmul(runtime, 0);
  let left = 60;
  const outcomes = { answered: 0, failed: [] as unknown[] };
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      const value = left;
      if (value === 40 || value === 20) process.kill(hostPid(inference), 'SIGKILL');
      await matmul(runtime, value + 1).then(
        ({ outputs }) => {
          if (outputs['y']?.data[0] === value + 1) outcomes.answered += 1;
        },
        (error: unknown) => outcomes.failed.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  expect(outcomes.answered + outcomes.failed.length).toBe(60);
  for (const error of outcomes.failed) expect(error).toMatchObject({ status: 503 });
  expect(outcomes.answered).toBeGreaterThanOrEqual(58);
  expect(events.crash?.length).toBe(2);
  const respawnMs = events.spawn?.slice(1).map(({ ms }) => ms) ?? [];
  expect(Math.max(...respawnMs) + Math.max(...(events.load ?? []).map(({ loadMs }) => loadMs))).toBeLessThan(
    2000,
  );
});

it('keeps the neighbours of a request that makes its batch fail', async () => {
  const { runtime } = await start({ gather: gatherModel() });
  const answers = await Promise.allSettled(
    [0, 1, 99, 2, 3].map((index) => runtime.run({ model: 'gather', feeds: { index: int64([index]) } })),
  );
  expect(
    answers.map((answer) => (answer.status === 'fulfilled' ? answer.value.outputs['y']?.data[0] : 'failed')),
  ).toEqual([10, 20, 'failed', 30, 40]);
});

it('kills a run that hangs, fails it, and goes on', async () => {
  // No warm-up with zeros is possible without a fixed shape, so the first run has the limit of unmeasured ones.
  const { inference, events, runtime } = await start(
    {
      hang: [
        slowModel({ ms: 600_000 }),
        { inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 'columns'] }] },
      ],
      good: identityModel(),
    },
    { limits: { firstRunMs: 300 } },
  );
  await vi.waitFor(() => expect(hostPid(inference)).toBeGreaterThan(0), 10_000);
  const before = hostPid(inference);
  const hanging = matmul(runtime, 1, 'hang');
  const waiting = runtime.run({ model: 'good', feeds: { x: float32([1, 2, 3, 4], [1, 4]) } });
  await expect(hanging).rejects.toMatchObject({ code: 'MODEL_FAILED' });
  expect((await waiting).outputs).toEqual({ y: float32([1, 2, 3, 4], [1, 4]) });
  expect(events.hang).toMatchObject([{ model: 'hang', pid: before }]);
  expect(alive(before)).toBe(false);
});

it('answers an abort while the session runs, and the host goes on', async () => {
  // Not batchable, hence nothing is measured: the host is idle after the first answer.
  const { inference, runtime } = await start({
    work: [matmulModel({ inner: 20_000 }), { batchable: false }],
  });
  await matmul(runtime, 1);
  const abort = new AbortController();
  const running = matmul(
    inference.bind({ owner: 'local', priority: 'interactive', signal: abort.signal }),
    2,
  );
  expect(inference.stats()).toMatchObject({ queueDepth: { work: 0 }, hosts: [{ busy: true }] });
  abort.abort();
  await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  expect((await matmul(runtime, 3)).outputs['y']?.data[0]).toBe(3);
});

it('exits when its parent is killed, even while a run blocks it', async () => {
  const store = await tinyStore({ hang: slowModel({ ms: 600_000 }) });
  cleanUps.push(() => store.remove());
  const script = fileURLToPath(new URL('../fixtures/inference-parent.ts', import.meta.url));
  const parent = spawn(process.execPath, ['--conditions=source', script, JSON.stringify(store)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (line: Buffer) => resolve(Number(line))),
  );
  await vi.waitFor(() => expect(alive(pid)).toBe(true));
  parent.kill('SIGKILL');
  await vi.waitFor(() => expect(alive(pid)).toBe(false), 5000);
});

it('gives its host nothing of the environment but what native libraries read', async () => {
  const { inference } = await start(
    { good: identityModel() },
    { environment: { DATABASE_URL: 'secret', LD_LIBRARY_PATH: '/nowhere' } },
  );
  await vi.waitFor(async () =>
    expect(await inference.ready()).toEqual({ ok: true, detail: '1 of 1 session hosts answer' }),
  );
  const file = `/proc/${hostPid(inference)}/environ`;
  const environment = process.platform === 'linux' ? readFileSync(file, 'utf8') : 'LD_LIBRARY_PATH=/nowhere';
  expect(environment).toContain('LD_LIBRARY_PATH=/nowhere');
  expect(environment).not.toContain('secret');
});

it('leaves no process behind when it is closed', async () => {
  const { inference, runtime } = await start({ work: matmulModel() }, { hosts: 2 });
  await Promise.all([1, 2, 3, 4].map((value) => matmul(runtime, value)));
  await vi.waitFor(
    async () => expect((await inference.ready()).detail).toBe('2 of 2 session hosts answer'),
    10_000,
  );
  const pids = inference.stats().hosts.map(({ pid }) => pid ?? 0);
  expect(pids.every(alive)).toBe(true);
  await inference.close();
  expect(pids.some(alive)).toBe(false);
});
