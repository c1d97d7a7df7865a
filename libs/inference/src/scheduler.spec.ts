import { addModel, float32, identityModel, twoOutputsModel, uint8CastModel } from '@fovea/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { firsts, settle, setUp } from '../test/scheduler-setup.ts';
import { RunError } from './backend.ts';

afterEach(() => void vi.useRealTimers());
const flat = () => 10;

describe('batches', () => {
  it('starts at once when idle, then takes what waits, up to the measured limit', async () => {
    const { run, backend, load, scheduler } = await setUp({
      zerosMs: (rows) => (rows <= 4 ? 10 : 10 * rows),
    });
    await load('a');
    expect(scheduler.info('a').batch).toMatchObject({ max: 4, buckets: [] });
    const answers = [1, 2, 3, 4, 5, 6].map((value) => run('a', value));
    expect((await backend().next()).firsts).toEqual([1]);
    backend().runs[0]?.finish();
    await settle();
    expect(backend().runs.map((batch) => batch.firsts)).toEqual([[2, 3, 4, 5]]);
    backend().runs[0]?.finish(25);
    await settle();
    backend().runs[0]?.finish();
    const responses = await Promise.all(answers);
    expect(responses.map(firsts)).toEqual([[1], [2], [3], [4], [5], [6]]);
    expect(responses.map((response) => response.batchSize)).toEqual([1, 4, 4, 4, 4, 1]);
    expect(responses[2]).toMatchObject({ inferenceMs: 25, device: 'cpu' });
  });

  it('does not join where batching is not measured to pay', async () => {
    const { run, backend, load, scheduler } = await setUp();
    await load('a');
    expect(scheduler.info('a').batch).toEqual({ max: 1, buckets: [], measuredMs: { 1: 10, 2: 20 } });
    void run('a', 1);
    void run('a', 2);
    void run('a', 3);
    await backend().next();
    backend().runs[0]?.finish();
    await settle();
    expect(backend().runs[0]?.firsts).toEqual([2]);
  });

  it('keeps the rows of one request together and counts them', async () => {
    const { run, backend, load } = await setUp({ zerosMs: (rows) => (rows <= 4 ? 10 : 10 * rows) });
    await load('a');
    const first = run('a', 1);
    const three = run('a', [2, 3, 4]);
    const two = run('a', [5, 6]);
    const one = run('a', 7);
    (await backend().next()).finish();
    await settle();
    expect(backend().runs[0]?.firsts).toEqual([2, 3, 4, 7]);
    backend().runs[0]?.finish();
    await settle();
    backend().runs[0]?.finish();
    expect((await Promise.all([first, three, two, one])).map(firsts)).toEqual([[1], [2, 3, 4], [5, 6], [7]]);
  });

  it('fetches the union of the outputs and hands each request its own', async () => {
    const { run, backend, load } = await setUp({
      models: { two: twoOutputsModel({ columns: 4 }) },
      zerosMs: flat,
    });
    await load('two');
    void run('two', 1);
    const small = run('two', 2, { outputs: ['small'] });
    const large = run('two', 3, { outputs: ['large'] });
    (await backend().next()).finish();
    await settle();
    expect(backend().runs[0]?.outputs).toEqual(['small', 'large']);
    backend().runs[0]?.finish();
    expect(Object.keys((await small).outputs)).toEqual(['small']);
    expect(Object.keys((await large).outputs)).toEqual(['large']);
  });

  it('fetches every output when one request names none', async () => {
    const { run, backend, load } = await setUp({
      models: { two: twoOutputsModel({ columns: 4 }) },
      zerosMs: flat,
    });
    await load('two');
    void run('two', 1);
    void run('two', 2, { outputs: ['small'] });
    void run('two', 3);
    (await backend().next()).finish();
    await settle();
    expect(backend().runs[0]?.outputs).toEqual([]);
  });

  it('pads to measured sizes on a GPU and cuts the padding off', async () => {
    const { run, backend, load, scheduler } = await setUp({
      device: 'webgpu',
      zerosMs: (rows) => (rows <= 8 ? 10 : 10 * rows),
    });
    await load('a');
    expect(scheduler.info('a').batch).toMatchObject({ max: 8, buckets: [1, 2, 4, 8] });
    const answers = [1, 2, 3, 4].map((value) => run('a', value));
    (await backend().next()).finish();
    await settle();
    expect(backend().runs[0]?.firsts).toEqual([2, 3, 4, 0]);
    backend().runs[0]?.finish();
    expect((await Promise.all(answers)).map((response) => [firsts(response), response.batchSize])).toEqual([
      [[1], 1],
      [[2], 3],
      [[3], 3],
      [[4], 3],
    ]);
  });

  it('does not join models that are not batchable, nor other shapes', async () => {
    const picture = (side: number) => ({
      image: {
        type: 'uint8' as const,
        dims: [1, side, side, 3],
        data: new Uint8Array(side * side * 3).fill(1),
      },
    });
    const { scheduler, run, backend, load } = await setUp({
      models: { mean: uint8CastModel(), single: [identityModel(), { batchable: false }] },
      zerosMs: flat,
    });
    await load('single');
    const submit = (side: number) =>
      scheduler
        .submit({ model: 'mean', feeds: picture(side) }, { owner: 'local', priority: 'interactive' })
        .catch(() => undefined);
    void submit(2);
    (await backend().next()).finish();
    await settle();
    void run('single', 1);
    void run('single', 2);
    for (const side of [2, 3, 2]) void submit(side);
    expect((await backend().next()).firsts).toEqual([1]);
    const seen: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      backend().runs[0]?.finish();
      await settle();
      seen.push(backend().runs[0]?.rows ?? 0);
    }
    expect(seen.toSorted()).toEqual([0, 1, 1, 2]);
  });
});

describe('order', () => {
  it('runs interactive requests before jobs', async () => {
    const { run, backend, load } = await setUp();
    await load('a', 'b');
    void run('a', 1, { priority: 'job' });
    await backend().next();
    void run('a', 2, { priority: 'job' });
    void run('a', 3, { priority: 'job' });
    void run('b', 4);
    const order: number[] = [];
    for (let turn = 0; turn < 4; turn++) {
      order.push(...(backend().runs[0]?.firsts ?? []));
      backend().runs[0]?.finish();
      await settle();
    }
    expect(order).toEqual([1, 4, 2, 3]);
  });

  it('does not let jobs ride in an interactive batch, which would make it longer', async () => {
    const { run, backend, load } = await setUp({ zerosMs: flat });
    await load('a');
    void run('a', 1);
    await backend().next();
    void run('a', 2, { priority: 'job' });
    void run('a', 3);
    backend().runs[0]?.finish();
    await settle();
    expect(backend().runs[0]?.firsts).toEqual([3]);
  });

  it('is fair between owners by device time, not by requests', async () => {
    const { run, backend, load } = await setUp();
    await load('a', 'b');
    void run('a', 1, { owner: 'ann' });
    await backend().next();
    for (const value of [2, 3, 4]) void run('a', value, { owner: 'ann' });
    for (const value of [11, 12, 13]) void run('b', value, { owner: 'bob' });
    const order: number[] = [];
    // A run of Ann's takes 10 ms, one of Bob's 30 ms.
    for (let turn = 0; turn < 7; turn++) {
      const batch = backend().runs[0];
      order.push(...(batch?.firsts ?? []));
      batch?.finish(batch.model === 'a' ? 10 : 30);
      await settle();
    }
    expect(order).toEqual([1, 11, 2, 3, 4, 12, 13]);
  });

  it("is fair between an owner's models", async () => {
    const { run, backend, load } = await setUp();
    await load('a', 'b');
    void run('a', 1);
    await backend().next();
    for (const value of [2, 3]) void run('a', value);
    for (const value of [11, 12]) void run('b', value);
    const order: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      order.push(...(backend().runs[0]?.firsts ?? []));
      backend().runs[0]?.finish(10);
      await settle();
    }
    expect(order).toEqual([1, 11, 2, 12, 3]);
  });

  it('hands a short full batch ahead, so that the session need not wait for the server', async () => {
    const { run, backend, load } = await setUp({ depth: 2 });
    await load('a');
    for (const value of [1, 2, 3]) void run('a', value);
    await settle();
    expect(backend().runs.map((batch) => batch.firsts)).toEqual([[1], [2]]);
  });

  it('hands nothing ahead that could still grow or that takes long', async () => {
    const growing = await setUp({ depth: 2, zerosMs: flat });
    await growing.load('a');
    for (const value of [1, 2, 3]) void growing.run('a', value);
    await settle();
    expect(growing.backend().runs.map((batch) => batch.firsts)).toEqual([[1]]);
    const long = await setUp({ depth: 2, zerosMs: (rows) => 200 * rows });
    await long.load('a');
    for (const value of [1, 2, 3]) void long.run('a', value);
    await settle();
    expect(long.backend().runs.map((batch) => batch.firsts)).toEqual([[1]]);
  });
});

describe('leaving the queue', () => {
  it('refuses more than the limit of one model, with a time to come back', async () => {
    const { run, backend, load, scheduler, events } = await setUp({
      queueLimit: 2,
      zerosMs: (rows) => rows * 1500,
    });
    await load('a', 'b');
    void run('a', 1);
    await backend().next();
    void run('a', 2);
    void run('a', 3);
    await expect(run('a', 4)).rejects.toMatchObject({ code: 'QUEUE_FULL', status: 429, retryAfterS: 3 });
    expect(events.refused).toEqual([{ model: 'a', code: 'QUEUE_FULL' }]);
    void run('b', 5);
    expect(scheduler.stats().queueDepth).toEqual({ a: 2, b: 1 });
  });

  it('removes work at its deadline and on abort', async () => {
    const { run, backend, load, scheduler } = await setUp();
    await load('a');
    const first = run('a', 1);
    await backend().next();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    const late = run('a', 2, { deadlineMs: Date.now() + 1000 });
    const abort = new AbortController();
    const aborted = run('a', 3, { signal: abort.signal });
    expect(scheduler.stats().queueDepth).toMatchObject({ a: 2 });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
    vi.advanceTimersByTime(1000);
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(scheduler.stats().queueDepth).toMatchObject({ a: 0 });
    backend().runs[0]?.finish();
    expect(firsts(await first)).toEqual([1]);
    await settle();
    expect(backend().runs).toEqual([]);
  });

  it('answers an abort in flight at once, and neither the backend nor the neighbours notice', async () => {
    const { run, backend, load } = await setUp({ zerosMs: flat });
    await load('a');
    void run('a', 1);
    await backend().next();
    const abort = new AbortController();
    const aborted = run('a', 2, { signal: abort.signal });
    const neighbour = run('a', 3);
    backend().runs[0]?.finish();
    await settle();
    expect(backend().runs[0]?.firsts).toEqual([2, 3]);
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
    backend().runs[0]?.finish();
    expect(firsts(await neighbour)).toEqual([3]);
  });

  it('refuses work that is already late or aborted', async () => {
    const { run } = await setUp();
    await expect(run('a', 1, { deadlineMs: Date.now() - 1 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await expect(run('a', 1, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('drains: refuses new work, ends what waits and runs', async () => {
    const { run, backend, load, scheduler } = await setUp();
    await load('a');
    const answers = [run('a', 1), run('a', 2)];
    await backend().next();
    const drained = scheduler.drain(60_000);
    await expect(run('a', 3)).rejects.toMatchObject({ code: 'MODEL_FAILED', retryAfterS: 5 });
    backend().runs[0]?.finish();
    await settle();
    backend().runs[0]?.finish();
    await drained;
    expect((await Promise.all(answers)).map(firsts)).toEqual([[1], [2]]);
  });

  it('fails what still waits when the time to drain is over', async () => {
    const { run, backend, load, scheduler } = await setUp();
    await load('a');
    void run('a', 1);
    const waiting = run('a', 2);
    await backend().next();
    await scheduler.drain(1);
    await expect(waiting).rejects.toMatchObject({ code: 'MODEL_FAILED' });
  });
});

describe('failures', () => {
  it('retries each request of a crashed batch once, alone; a second crash is its own fault', async () => {
    const { run, backend, backends, load, events } = await setUp({ zerosMs: flat, limits: { backoffMs: 1 } });
    await load('a');
    void run('a', 1);
    (await backend().next()).finish();
    await settle();
    const [first] = backends;
    void run('a', 9);
    await backend().next();
    const poison = run('a', 2);
    const neighbour = run('a', 3);
    backend().runs[0]?.finish();
    await settle();
    expect(backend().runs[0]?.firsts).toEqual([2, 3]);
    backend().kill('SIGSEGV');
    await vi.waitFor(() => expect(backends).toHaveLength(2));
    const alone = await backend().next();
    expect(alone.firsts).toEqual([2]);
    backend().kill('SIGSEGV');
    await expect(poison).rejects.toMatchObject({ code: 'MODEL_FAILED', status: 503 });
    await vi.waitFor(() => expect(backends).toHaveLength(3));
    const last = await backend().next();
    expect(last.firsts).toEqual([3]);
    last.finish();
    expect(firsts(await neighbour)).toEqual([3]);
    expect(events.crash?.map((crash) => crash.model)).toEqual(['a', 'a']);
    expect(first?.loads).toEqual(['a']);
  });

  it('does not count a crash against a batch that had only been handed ahead', async () => {
    const { run, backend, backends, load } = await setUp({ depth: 2, limits: { backoffMs: 1 } });
    await load('a');
    const running = run('a', 1);
    const ahead = run('a', 2);
    await settle();
    expect(backend().runs).toHaveLength(2);
    for (let crash = 1; crash <= 2; crash++) {
      backend().kill('SIGSEGV');
      await vi.waitFor(() => expect(backends).toHaveLength(crash + 1));
      await backend().next();
    }
    await expect(running).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    backend().runs[0]?.finish();
    expect(firsts(await ahead)).toEqual([2]);
  });

  it('runs the requests of a batch that the session refused one by one', async () => {
    const { run, backend, load } = await setUp({ zerosMs: flat });
    await load('a');
    void run('a', 1);
    await backend().next();
    const [poison, neighbour] = [run('a', 2), run('a', 3)];
    backend().runs[0]?.finish();
    await settle();
    backend().runs[0]?.refuse('index out of bounds');
    await settle();
    backend().runs[0]?.refuse('index out of bounds');
    await expect(poison).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringContaining('index out of bounds') as string,
    });
    await settle();
    backend().runs[0]?.finish();
    expect(firsts(await neighbour)).toEqual([3]);
  });

  it('kills a run far past its measured time, fails that request, and goes on', async () => {
    const { run, backend, backends, load, events } = await setUp({ limits: { hangMinMs: 20 } });
    await load('a');
    const hanging = run('a', 1);
    const waiting = run('a', 2);
    await expect(hanging).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringContaining('did not end within 100 ms') as string,
    });
    await vi.waitFor(() => expect(backends).toHaveLength(2));
    (await backend().next()).finish();
    expect(firsts(await waiting)).toEqual([2]);
    expect(events.hang).toMatchObject([{ model: 'a', limitMs: 100 }]);
  });

  it('waits at least the lower limit for a fast model', async () => {
    const { run, load, events, backend } = await setUp({ limits: { hangMinMs: 30_000 } });
    await load('a');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const hanging = run('a', 1);
    expect(backend().runs).toHaveLength(1);
    vi.advanceTimersByTime(29_999);
    expect(events.hang).toBeUndefined();
    vi.advanceTimersByTime(1);
    vi.useRealTimers();
    await expect(hanging).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    expect(events.hang).toMatchObject([{ limitMs: 30_000 }]);
  });

  it('fails the requests of a model that the session cannot load, and says so', async () => {
    const { run, scheduler } = await setUp({
      failLoad: (id) => (id === 'a' ? new RunError('no such operator') : undefined),
    });
    await expect(run('a', 1)).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: expect.stringContaining('no such operator') as string,
    });
    expect(scheduler.info('a')).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('no such operator') as string,
    });
  });

  it('gives up on a model that crashes the host at load twice, and leaves the others alone', async () => {
    const { run, backend, backends } = await setUp({
      failLoad: (id) => (id === 'a' ? 'crash' : undefined),
      limits: { backoffMs: 1 },
    });
    const bad = run('a', 1);
    const good = run('b', 2);
    await expect(bad).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    await vi.waitFor(() => expect(backend().runs).toHaveLength(1));
    backend().runs[0]?.finish();
    expect(firsts(await good)).toEqual([2]);
    expect(backends).toHaveLength(3);
    await expect(run('a', 3)).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    expect(backends).toHaveLength(3);
  });

  it('fails what waits when no host can be started', async () => {
    const { run, scheduler } = await setUp({ failStart: 'the library is missing', limits: { backoffMs: 1 } });
    await expect(scheduler.load('a', false)).rejects.toMatchObject({ code: 'MODEL_FAILED' });
    await expect(run('a', 1)).rejects.toMatchObject({
      code: 'MODEL_FAILED',
      message: 'No session host can be started: the library is missing',
    });
  });

  it('stops joining a model whose outputs turn out not to have the rows on axis 0', async () => {
    const { run, backend, load, scheduler } = await setUp({ zerosMs: flat });
    await load('a');
    void run('a', 1);
    await backend().next();
    const answers = [run('a', 2), run('a', 3)];
    backend().runs[0]?.finish();
    await settle();
    backend().runs[0]?.finishWith({ y: float32([1, 2, 3], [3]) });
    await settle();
    backend().runs[0]?.finish();
    await settle();
    backend().runs[0]?.finish();
    expect((await Promise.all(answers)).map(firsts)).toEqual([[2], [3]]);
    expect(scheduler.info('a').batch).toMatchObject({ max: 1 });
  });
});

describe('memory', () => {
  const model = addModel();
  const models = { a: model, b: model, c: model };

  it('evicts the least recently used model that is not pinned', async () => {
    // A load asks for twice the file's bytes beside what is loaded.
    const { run, backend, scheduler, events } = await setUp({ models, memoryBytes: model.byteLength * 3.5 });
    await scheduler.load('a', true);
    await scheduler.load('b', false);
    const answer = run('c', 1);
    (await backend().next()).finish();
    await answer;
    expect(backend().unloads).toEqual(['b']);
    expect(events.unload).toEqual([{ model: 'b', reason: 'evicted' }]);
    expect(scheduler.stats().hosts[0]?.models).toEqual(['a', 'c']);
  });

  it('counts a run as use', async () => {
    const { run, backend, scheduler } = await setUp({ models, memoryBytes: model.byteLength * 3.5 });
    await scheduler.load('a', false);
    await scheduler.load('b', false);
    const answer = run('a', 1);
    (await backend().next()).finish();
    await answer;
    await scheduler.load('c', false);
    expect(backend().unloads).toEqual(['b']);
  });

  it('never evicts a model in use: the load waits for the run', async () => {
    const { run, backend, scheduler } = await setUp({ models, memoryBytes: model.byteLength });
    const answer = run('a', 1);
    await backend().next();
    const loaded = scheduler.load('b', false);
    await settle();
    expect(backend().unloads).toEqual([]);
    backend().runs[0]?.finish();
    await Promise.all([answer, loaded]);
    expect(backend().unloads).toEqual(['a']);
  });
});
