import type { JobContext, JobWork } from '@fovea/application';
import { VisionError, type Job } from '@fovea/contracts';
import { describe, expect, it, vi } from 'vitest';
import { Jobs, type JobsOptions } from './jobs.ts';
import type { EntryState, JobQueue } from './queue.ts';
import type { JobStore } from './store.ts';
import type { JobEvent } from './watchers.ts';

/** Rows in memory, with the rules of the real ones. */
class Rows implements JobStore {
  readonly jobs = new Map<string, Job & { owner: string }>();
  readonly kept = new Map<string, Map<string, unknown>>();
  add: JobStore['add'] = ({ id, owner, kind, task, request }) => {
    if (this.jobs.has(id)) return Promise.resolve(null);
    const createdAt = new Date(0).toISOString();
    const none = { progress: null, result: null, error: null, startedAt: null, finishedAt: null };
    const links = { self: '', events: '' };
    const job = { id, owner, kind, task, request, state: 'queued' as const, attempts: 0, createdAt, links };
    this.jobs.set(id, { ...job, ...none });
    return this.get(owner, id);
  };
  get: JobStore['get'] = (owner, id) => {
    const job = this.jobs.get(id);
    return Promise.resolve(job?.owner === owner ? job : null);
  };
  list: JobStore['list'] = () => Promise.resolve({ items: [...this.jobs.values()], nextCursor: null });
  begin: JobStore['begin'] = async (id) => {
    const attempts = (this.jobs.get(id)?.attempts ?? 0) + 1;
    const job = await this.change(id, ['queued', 'active'], { state: 'active', attempts });
    return job && { owner: job.owner, job };
  };
  saveProgress: JobStore['saveProgress'] = async (id, attempt, progress) =>
    (await this.change(id, ['active'], { progress }, attempt)) !== null;
  settle: JobStore['settle'] = (id, attempt, end) => {
    if (end.state === 'completed') this.kept.delete(id);
    const rest = end.state === 'completed' ? { result: end.result as Job['result'] } : { error: end.error };
    return this.change(id, ['queued', 'active'], { state: end.state, finishedAt: 'now', ...rest }, attempt);
  };
  release: JobStore['release'] = async (id, attempt) =>
    (await this.change(id, ['active'], { state: 'queued' }, attempt)) !== null;
  cancel: JobStore['cancel'] = async (owner, id) =>
    (await this.get(owner, id)) &&
    this.change(id, ['queued', 'active'], { state: 'cancelled', finishedAt: 'now' });
  requeue: JobStore['requeue'] = (_owner, id) =>
    this.change(id, ['failed', 'cancelled'], { state: 'queued', finishedAt: null, error: null });
  delete: JobStore['delete'] = (_owner, id) =>
    Promise.resolve(this.jobs.get(id)?.finishedAt != null && this.jobs.delete(id));
  find: JobStore['find'] = (ids) => Promise.resolve(ids.flatMap((id) => this.jobs.get(id) ?? []));
  open: JobStore['open'] = () =>
    Promise.resolve([...this.jobs.values()].filter(({ finishedAt }) => finishedAt === null));
  counts = () => Promise.reject(new Error('not asked for'));
  steps: JobStore['steps'] = (id) => Promise.resolve(new Map(this.kept.get(id)));
  putSteps: JobStore['putSteps'] = (id, steps) => {
    this.kept.set(id, new Map([...(this.kept.get(id) ?? []), ...steps]));
    return Promise.resolve();
  };
  private change(id: string, from: readonly Job['state'][], to: Partial<Job>, attempt?: number) {
    const job = this.jobs.get(id);
    if (!job || !from.includes(job.state) || (attempt !== undefined && job.attempts !== attempt))
      return Promise.resolve(null);
    const changed = { ...job, ...to };
    this.jobs.set(id, changed);
    return Promise.resolve(changed);
  }
}

/** A queue that deals out when the test says so. */
class Dealer implements JobQueue {
  readonly waiting: string[] = [];
  readonly known = new Map<string, EntryState>();
  claims = new Map<string, AbortController>();
  private work: (id: string, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  add = (id: string) => {
    if (!this.known.has(id)) this.waiting.push(id);
    this.known.set(id, 'waiting');
    return Promise.resolve();
  };
  renew = async (id: string) => {
    await this.remove(id);
    await this.add(id);
  };
  remove = (id: string) => Promise.resolve(void this.known.delete(id));
  entries = () => Promise.resolve(new Map(this.known));
  start: JobQueue['start'] = (_options, work) => {
    this.work = work;
    return Promise.resolve();
  };
  pause = () => undefined;
  close = () => Promise.resolve();
  deal(): Promise<void> {
    const id = this.waiting.shift() as string;
    const claim = new AbortController();
    this.claims.set(id, claim);
    return this.work(id, claim.signal);
  }
}

const job = { kind: 'run', task: 'classification', request: { a: 1 } } as const;
const setUp = async (work: JobWork, options: Partial<JobsOptions> = {}) => {
  const store = new Rows();
  const queue = new Dealer();
  const jobs = new Jobs({
    store,
    queue,
    log: { info: () => undefined, warn: () => undefined },
    concurrency: 1,
    exclusive: true,
    problemOf: (error, id) =>
      (error instanceof VisionError ? error : new VisionError('INTERNAL', 'inside')).toProblem(id),
    retryMs: [0, 0],
    ...options,
  });
  jobs.register('run', work);
  await jobs.start();
  const state = async (id: string) => (await jobs.get('me', id)).state;
  return { store, queue, jobs, state };
};
/** Work that waits for its end, and one promise that says that it has begun. */
const untilAborted = () => {
  const begun = Promise.withResolvers<JobContext>();
  const work: JobWork = (context) =>
    new Promise((_resolve, reject) => {
      context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
      begun.resolve(context);
    });
  return { begun: begun.promise, work };
};

describe('Jobs', () => {
  it('goes from queued over active to completed, and tells it', async () => {
    const { jobs, queue } = await setUp(async (context, request) => {
      context.progress(1, 2, 'images');
      await context.steps.put('x', 1);
      context.partial({ half: true });
      return request;
    });
    const { id, state } = await jobs.submit('me', job);
    expect(state).toBe('queued');
    const events: JobEvent[] = [];
    jobs.watch('me', id, (event) => events.push(event));
    await vi.waitFor(() => expect(events).toHaveLength(1));
    await queue.deal();
    expect(events.map(({ type }) => type)).toEqual(['progress', 'progress', 'progress', 'partial', 'done']);
    expect(await jobs.get('me', id)).toMatchObject({
      state: 'completed',
      result: { a: 1 },
      attempts: 1,
      progress: { done: 1, total: 2 },
    });
    expect(jobs.watched).toBe(0);
    await expect(jobs.get('you', id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('fails at once where the request is at fault', async () => {
    const work = vi.fn(() => Promise.reject(new VisionError('IMAGE_CORRUPT', 'cut short')));
    const { jobs, queue } = await setUp(work);
    const { id } = await jobs.submit('me', job);
    await queue.deal();
    expect(work).toHaveBeenCalledTimes(1);
    expect(await jobs.get('me', id)).toMatchObject({ state: 'failed', error: { code: 'IMAGE_CORRUPT' } });
  });

  it.each([
    ['MODEL_FAILED', 3],
    ['MODEL_MISSING', 1],
    ['NOT_IMPLEMENTED', 1],
  ] as const)('tries %s %i times', async (code, times) => {
    const work = vi.fn(() => Promise.reject(new VisionError(code, 'no')));
    const { jobs, queue } = await setUp(work);
    const { id } = await jobs.submit('me', job);
    await queue.deal();
    expect(work).toHaveBeenCalledTimes(times);
    expect(await jobs.get('me', id)).toMatchObject({ state: 'failed', attempts: times, error: { code } });
  });

  it('keeps the steps of what failed for the next try', async () => {
    let tries = 0;
    const { jobs, queue } = await setUp(async ({ steps }) => {
      const before = await steps.all();
      await steps.put(`step ${++tries}`, tries);
      if (tries < 3) throw new Error('not yet');
      return [...before.keys()];
    });
    const { id } = await jobs.submit('me', job);
    await queue.deal();
    expect(await jobs.get('me', id)).toMatchObject({ state: 'completed', result: ['step 1', 'step 2'] });
  });

  it('cancels what waits and what runs, once', async () => {
    const { begun, work } = untilAborted();
    const { jobs, queue, state } = await setUp(work);
    const waiting = await jobs.submit('me', job);
    expect(await jobs.cancel('me', waiting.id)).toMatchObject({ state: 'cancelled', attempts: 0 });
    await queue.deal();
    const running = await jobs.submit('me', job);
    const dealt = queue.deal();
    const { signal } = await begun;
    await jobs.cancel('me', running.id);
    await dealt;
    expect(signal.aborted).toBe(true);
    expect([await state(waiting.id), await state(running.id)]).toEqual(['cancelled', 'cancelled']);
    await expect(jobs.cancel('me', running.id)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(queue.known.size).toBe(0);
  });

  it('retries what failed or was cancelled, and nothing else', async () => {
    const { jobs, queue, state } = await setUp(() => Promise.resolve('done'));
    const { id } = await jobs.submit('me', job);
    await expect(jobs.retry('me', id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await jobs.cancel('me', id);
    expect(await jobs.retry('me', id)).toMatchObject({ state: 'queued', finishedAt: null });
    queue.waiting.shift(); // the entry of the cancelled one
    await queue.deal();
    expect(await state(id)).toBe('completed');
    await expect(jobs.retry('me', id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await jobs.delete('me', id);
    await expect(jobs.get('me', id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('puts what runs back into the queue when it stops, and ends the watches', async () => {
    const { begun, work } = untilAborted();
    const { jobs, queue, state } = await setUp(work);
    const { id } = await jobs.submit('me', job);
    const dealt = queue.deal();
    await begun;
    const events: JobEvent[] = [];
    jobs.watch('me', id, (event) => events.push(event));
    await jobs.stop();
    await dealt;
    expect(await state(id)).toBe('queued');
    expect(queue.known.get(id)).toBe('waiting');
    expect(events.at(-1)).toEqual({ type: 'end' });
  });

  it('leaves a job alone that another worker has now', async () => {
    const { begun, work } = untilAborted();
    const { jobs, queue, store, state } = await setUp(work);
    const { id } = await jobs.submit('me', job);
    const dealt = queue.deal();
    await begun;
    await store.begin(id); // somewhere else
    queue.claims.get(id)?.abort();
    await dealt;
    expect(await state(id)).toBe('active');
  });

  it('finds rows without a place in the queue, and fails what ended its process too often', async () => {
    const { jobs, queue, state } = await setUp(() => Promise.resolve('done'));
    const [missing, lost] = [await jobs.submit('me', job), await jobs.submit('me', job)];
    queue.known.delete(missing.id);
    queue.known.set(lost.id, 'lost');
    queue.waiting.length = 0;
    await jobs.start();
    expect(queue.waiting).toEqual([missing.id]);
    expect(await jobs.get('me', lost.id)).toMatchObject({ state: 'failed', error: { code: 'INTERNAL' } });
    expect(await state(missing.id)).toBe('queued');
    await jobs.stop();
  });

  it('takes the same id as the same job, unless it asks for something else', async () => {
    const { jobs, queue } = await setUp(() => Promise.resolve('done'));
    const id = '0e1c1ab8-7f3a-4c57-9a55-000000000001';
    await jobs.submit('me', { ...job, id });
    expect(await jobs.submit('me', { ...job, id })).toMatchObject({ id });
    expect(queue.waiting).toEqual([id]);
    await expect(jobs.submit('me', { ...job, id, request: { a: 2 } })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });
});
