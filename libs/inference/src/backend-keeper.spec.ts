import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ManualBackend } from '../test/manual-backend.ts';
import { BackendKeeper } from './backend-keeper.ts';
import { BackendGone, type Backend } from './backend.ts';
import { DEFAULT_LIMITS } from './types.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A keeper whose backends the test kills; `times` are when they were asked for. */
function keep(createBackend: () => Promise<Backend>) {
  let clock = 0;
  const times: number[] = [];
  const failures: number[] = [];
  const keeper = new BackendKeeper({
    createBackend: () => {
      times.push(clock);
      return createBackend();
    },
    limits: DEFAULT_LIMITS,
    log,
    onUp: () => undefined,
    onLost: () => undefined,
    onStartFailed: (_, count) => void failures.push(count),
  });
  /** Lets so much time pass, a millisecond at a time. */
  const pass = async (ms: number): Promise<void> => {
    for (let step = 0; step < ms; step++) {
      clock += 1;
      await vi.advanceTimersByTimeAsync(1);
    }
  };
  return { keeper, times, failures, pass };
}

it('replaces a lost backend at once, and one lost again and again after growing pauses', async () => {
  const backends: ManualBackend[] = [];
  const { keeper, times, pass } = keep(async () => {
    const backend = new ManualBackend();
    backends.push(backend);
    return backend;
  });
  for (let loss = 0; loss < 5; loss++) {
    await vi.waitFor(() => expect(backends).toHaveLength(loss + 1));
    backends[loss]?.kill('crashed');
    await pass(1000);
  }
  const pauses = times.slice(1).map((time, index) => time - index * 1000);
  expect(pauses.map((pause) => Math.round(pause / 10) * 10)).toEqual([0, 100, 200, 400, 800]);
  keeper.progressed();
  backends[5]?.kill('crashed');
  await pass(10);
  expect(backends).toHaveLength(7);
  await keeper.close();
});

it('counts starts that fail and waits no longer than the limit between them', async () => {
  const { keeper, times, failures, pass } = keep(() => Promise.reject(new BackendGone('no library', true)));
  await pass(20_000);
  expect(failures.slice(0, 4)).toEqual([1, 2, 3, 4]);
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(Math.max(...pauses)).toBeLessThanOrEqual(DEFAULT_LIMITS.backoffMaxMs + 10);
  expect(keeper.usable).toBeUndefined();
  await keeper.close();
  const before = times.length;
  await pass(6000);
  expect(times).toHaveLength(before);
});

it('hands out no backend that is going, nor fences the next one for it', async () => {
  const first = new ManualBackend();
  const second = new ManualBackend();
  const backends = [first, second];
  const { keeper } = keep(async () => backends.shift() ?? new ManualBackend());
  await vi.waitFor(() => expect(keeper.usable).toBe(first));
  keeper.fence(first, new Error('another kind of error'));
  expect(keeper.usable).toBe(first);
  keeper.fence(first, new BackendGone('crashed', true));
  expect(keeper.usable).toBeUndefined();
  first.kill('crashed');
  await vi.waitFor(() => expect(keeper.usable).toBe(second));
  keeper.fence(first, new BackendGone('crashed', true));
  expect(keeper.usable).toBe(second);
  await keeper.close();
});
