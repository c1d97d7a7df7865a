import { KeptLost, type InferenceResponse, type KeptTensor } from '@fovea/application';
import { float32, identityModel, tinyStore, twoOutputsModel } from '@fovea/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { settle, setUp } from '../test/scheduler-setup.ts';
import { createInference } from './inference.ts';
import { KeptScope } from './kept.ts';

const local = { owner: 'local', priority: 'interactive' } as const;
const keptOf = ({ kept }: InferenceResponse): KeptTensor => kept['y'] as KeptTensor;

describe('scheduling of kept tensors', () => {
  async function keeping(setup: Parameters<typeof setUp>[0] = {}) {
    const made = await setUp(setup);
    const { scheduler, run, backend } = made;
    await made.load('a');
    const scope = new KeptScope();
    const keep = async (value: number, own = scope): Promise<KeptTensor> => {
      const answer = run('a', value, { keep: ['y'], scope: own });
      (await backend().next()).finish();
      return keptOf(await answer);
    };
    const feed = (
      kept: KeptTensor,
      options: { own?: KeptScope; rows?: number[]; signal?: AbortSignal } = {},
    ) => {
      const { own = scope, rows, signal } = options;
      const answer = scheduler.submit(
        { model: 'a', feeds: { x: { kept, ...(rows ? { rows } : {}) } }, keep: ['y'] },
        { ...local, ...(signal ? { signal } : {}) },
        own,
      );
      answer.catch(() => undefined);
      return answer;
    };
    return { ...made, scope, keep, feed };
  }

  it('hands over handles, and gives back what is released and what is left at the end', async () => {
    const { keep, feed, scope, backend, scheduler } = await keeping();
    const first = await keep(5);
    expect(first).toMatchObject({ type: 'float32', dims: [1, 4] });
    expect(scheduler.stats().hosts[0]?.keptBytes).toBe(16);
    const next = feed(first, { rows: [0, 0] });
    const flying = await backend().next();
    expect(flying.batch).toMatchObject({
      feeds: {},
      keptFeeds: { x: { handle: first.id, rows: [0, 0] } },
      outputs: [],
    });
    flying.finish();
    const second = keptOf(await next);
    scope.release([first, first]);
    expect(backend().released).toEqual([first.id]);
    await expect(feed(first)).rejects.toThrow(/not one of this request's/);
    scope.end();
    expect(backend().released).toEqual([first.id, second.id]);
    expect(scheduler.stats().hosts[0]?.keptBytes).toBe(0);
  });

  it('gives back what comes for a request that is over', async () => {
    const { feed, keep, scope, backend } = await keeping();
    const first = await keep(5);
    const abort = new AbortController();
    const cancelled = feed(first, { signal: abort.signal });
    const flying = await backend().next();
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
    flying.finish();
    await settle();
    expect(backend().released).toHaveLength(1);
    const late = feed(first);
    const other = await backend().next();
    scope.end();
    other.finish();
    await late;
    expect(backend().released).toHaveLength(3);
  });

  it('is nobody else’s', async () => {
    const { keep, feed } = await keeping();
    const first = await keep(5);
    await expect(feed(first, { own: new KeptScope() })).rejects.toThrow(RangeError);
    await expect(feed(first, { rows: [1] })).rejects.toThrow(/has no row 1/);
  });

  it('stays alone and in its host', async () => {
    const { feed, run, backends, scheduler, load } = await keeping({
      hosts: 2,
      zerosMs: (rows) => (rows <= 4 ? 10 : 10 * rows),
    });
    await load('a');
    const answer = run('a', 5, { keep: ['y'], scope: new KeptScope() });
    await settle();
    const at = backends.findIndex(({ runs }) => runs.length === 1);
    backends[at]?.runs[0]?.finish();
    await answer;
    expect(
      scheduler
        .stats()
        .hosts.map(({ keptBytes }) => keptBytes)
        .sort(),
    ).toEqual([0, 16]);
    const scope = new KeptScope();
    const mine = run('a', 6, { keep: ['y'], scope });
    await settle();
    const home = backends.find(({ runs }) => runs.length === 1);
    home?.runs[0]?.finish();
    const kept = keptOf(await mine);
    for (let value = 1; value <= 6; value++) void run('a', value);
    const fed = feed(kept, { own: scope });
    await settle();
    const others = backends.find((backend) => backend !== home);
    for (let turn = 0; turn < 4; turn++) {
      for (const flying of others?.runs ?? []) flying.finish();
      await settle();
    }
    expect(others?.runs).toEqual([]);
    home?.runs[0]?.finish();
    await settle();
    expect(home?.runs.map(({ batch }) => batch.keptFeeds)).toEqual([{ x: { handle: kept.id } }]);
    home?.runs[0]?.finish();
    await fed;
  });

  it('is lost with its host: what runs, what waits, and what comes after', async () => {
    const { keep, feed, run, backend, backends, load } = await keeping();
    const first = await keep(5);
    const running = feed(first);
    const waiting = feed(first);
    const other = run('a', 7);
    await backend().next();
    backend().kill('crashed');
    for (const answer of [running, waiting]) await expect(answer).rejects.toThrow(KeptLost);
    await expect(feed(first)).rejects.toThrow(KeptLost);
    await load();
    expect(backends).toHaveLength(2);
    (await backend().next()).finish();
    await other;
  });

  it('tries again what only keeps', async () => {
    const { run, backend } = await keeping();
    const answer = run('a', 5, { keep: ['y'], scope: new KeptScope() });
    await backend().next();
    backend().kill('crashed');
    await settle();
    (await backend().next()).finish();
    expect(keptOf(await answer)).toMatchObject({ dims: [1, 4] });
  });

  it('refuses to keep more than a quarter of the memory', async () => {
    const { keep, run } = await keeping({ memoryBytes: 128 });
    await keep(1);
    await keep(2);
    await expect(run('a', 3, { keep: ['y'], scope: new KeptScope() })).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      retryAfterS: 1,
    });
  });

  it('refuses to keep what the model does not have', async () => {
    const { run } = await keeping();
    await expect(run('a', 3, { keep: ['z'], scope: new KeptScope() })).rejects.toThrow(/no output "z"/);
  });
});

describe('kept tensors in a session host', () => {
  async function started() {
    const { remove, ...folders } = await tinyStore({
      a: identityModel(),
      two: twoOutputsModel({ columns: 3 }),
    });
    const inference = await createInference({ ...folders, device: 'cpu', threads: 1 });
    await inference.start();
    onTestFinished(async () => {
      await inference.close();
      await remove();
    });
    return inference;
  }
  const x = float32([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]);

  it('are fed to any model, by rows', async () => {
    const inference = await started();
    const runtime = inference.bind(local);
    const { kept, outputs } = await runtime.run({ model: 'a', feeds: { x }, keep: ['y'] });
    expect(outputs).toEqual({});
    const fed = { kept: kept['y'] as KeptTensor, rows: [1] };
    const answer = await runtime.run({ model: 'two', feeds: { x: fed }, outputs: ['small'] });
    expect(answer.outputs).toEqual({ small: float32([26], [1, 1]) });
    const rest = await runtime.run({ model: 'two', feeds: { x: fed }, keep: ['large'] });
    expect([Object.keys(rest.outputs), Object.keys(rest.kept)]).toEqual([['small'], ['large']]);
    runtime.end();
    expect(inference.stats().hosts[0]?.keptBytes).toBe(0);
  });

  it('are lost by kill -9, and the next request begins in a new host', async () => {
    const inference = await started();
    const runtime = inference.bind(local);
    const { kept } = await runtime.run({ model: 'a', feeds: { x }, keep: ['y'] });
    process.kill(inference.stats().hosts[0]?.pid as number, 'SIGKILL');
    const fed = () => runtime.run({ model: 'a', feeds: { x: { kept: kept['y'] as KeptTensor } } });
    await expect(fed()).rejects.toThrow(KeptLost);
    await expect(fed()).rejects.toThrow(KeptLost);
    runtime.end();
    const again = inference.bind(local);
    const { kept: anew } = await again.run({ model: 'a', feeds: { x }, keep: ['y'] });
    const { outputs } = await again.run({ model: 'a', feeds: { x: { kept: anew['y'] as KeptTensor } } });
    expect(outputs['y']).toEqual(x);
    again.end();
  });
});
