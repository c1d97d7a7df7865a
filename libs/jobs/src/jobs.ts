import type { JobWork } from '@fovea/application';
import {
  VisionError,
  type Job,
  type JobKind,
  type JobPage,
  type JobQuery,
  type JobState,
  type Problem,
} from '@fovea/contracts';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { mayPass } from './failures.ts';
import type { JobsLog } from './log.ts';
import { MAX_CRASHES, type JobQueue } from './queue.ts';
import { RunningJob } from './running-job.ts';
import type { JobEnd, JobStore, NewJob } from './store.ts';
import { Watchers, type JobListener } from './watchers.ts';

export interface JobsOptions {
  readonly store: JobStore;
  readonly queue: JobQueue;
  readonly log: JobsLog;
  /** Jobs worked on at the same time in this process; 0: none, they wait for another process. */
  readonly concurrency: number;
  /** True where no other process uses the database: what was interrupted goes on at once. */
  readonly exclusive: boolean;
  /** What users see of an error. */
  readonly problemOf: (error: unknown, jobId: string) => Problem;
  /** True where the job's inputs are not kept when it ends. */
  readonly dropBlobs?: (job: Pick<Job, 'request'>) => boolean;
  /** Pauses before a failed job is tried again, in ms; their number bounds the tries. Default 2 s, then 10 s. */
  readonly retryMs?: readonly number[];
}

export type Submission = Omit<NewJob, 'id' | 'owner' | 'blobs'> & {
  /** Hashes of blobs that the job needs: its owner put them a moment ago, or may read them. */
  readonly blobs?: readonly string[];
  /** The same id again is the same job. Default: a new one. */
  readonly id?: string;
};

const RETRY_MS = [2_000, 10_000];
/** How often rows and queue are compared. */
const RECONCILE_MS = 60_000;

/** Long work: kept, dealt out, watched, cancelled, retried, and gone on with after a restart. */
export class Jobs {
  readonly #options: JobsOptions;
  readonly #works = new Map<JobKind, JobWork>();
  readonly #running = new Map<string, RunningJob>();
  readonly #taken = new Set<Promise<void>>();
  readonly #watchers: Watchers;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#watchers = new Watchers({
      find: (ids) => options.store.find(ids),
      isHere: (id) => this.#running.has(id),
    });
  }

  /** Says what a kind of job does; before {@link start}. */
  register(kind: JobKind, work: JobWork): void {
    if (this.#works.has(kind)) throw new RangeError(`kind: jobs of kind "${kind}" are registered already`);
    this.#works.set(kind, work);
  }

  /** Begins to work. @throws CATALOG_UNAVAILABLE */
  async start(): Promise<void> {
    const { queue, concurrency, exclusive } = this.#options;
    await queue.start({ concurrency, exclusive }, (id, signal) => this.#take(id, signal));
    await this.#reconcile();
    this.#timer = setInterval(
      () =>
        void this.#reconcile().catch((error: unknown) =>
          this.#options.log.warn(`jobs: not compared with the queue: ${(error as Error).message}`),
        ),
      RECONCILE_MS,
    );
    this.#timer.unref();
  }

  /** Interrupts what runs and puts it back into the queue; watchers are told that nothing more comes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    this.#options.queue.pause();
    for (const running of this.#running.values()) running.interrupt('stopping');
    await Promise.allSettled(this.#taken);
    this.#watchers.close();
  }

  async close(): Promise<void> {
    if (!this.#stopping) await this.stop();
    await this.#options.queue.close();
  }

  /**
   * Keeps a job and puts it into the queue.
   * @throws CONFLICT where the id belongs to another request; CATALOG_UNAVAILABLE
   * @example await jobs.submit('local', { kind: 'run', task: 'classification', request: { … }, blobs: [sha256] });
   */
  async submit(owner: string, { id = randomUUID(), blobs = [], ...job }: Submission): Promise<Job> {
    const { store, queue, log } = this.#options;
    const added = await store.add({ id, owner, blobs, ...job });
    if (!added) return await this.#same(owner, id, job);
    try {
      await queue.add(id);
    } catch (error) {
      // The row stands: whoever compares it with the queue finds it.
      log.warn(`jobs: ${id} waits to be put into the queue: ${(error as Error).message}`);
    }
    return added;
  }

  /** @throws NOT_FOUND */
  async get(owner: string, id: string): Promise<Job> {
    const job = await this.#options.store.get(owner, id);
    if (!job) throw new VisionError('NOT_FOUND', `there is no job ${id}`);
    return job;
  }

  /** One page, newest first. @throws INVALID_PARAMETER */
  list(owner: string, query: Partial<JobQuery> = {}): Promise<JobPage> {
    return this.#options.store.list(owner, query);
  }

  /** @throws NOT_FOUND, CONFLICT where it has ended */
  async cancel(owner: string, id: string): Promise<Job> {
    const { store, queue, dropBlobs } = this.#options;
    const before = await this.get(owner, id);
    const job = await store.cancel(owner, id, { dropBlobs: dropBlobs?.(before) ?? false });
    if (!job)
      throw new VisionError('CONFLICT', `job ${id} is ${(await this.get(owner, id)).state} already`, {
        hint: 'Only a job that is queued or active can be cancelled.',
      });
    this.#running.get(id)?.interrupt('cancelled');
    this.#watchers.tell(job);
    await queue.remove(id).catch(() => {}); // whoever takes it finds that it was cancelled
    return job;
  }

  /** Puts a failed or cancelled job back into the queue; it goes on where it was. @throws NOT_FOUND, CONFLICT */
  async retry(owner: string, id: string): Promise<Job> {
    const { store, queue, log } = this.#options;
    const job = await store.requeue(owner, id);
    if (!job) {
      const { state } = await this.get(owner, id);
      throw new VisionError('CONFLICT', `job ${id} is ${state}`, {
        hint: 'Only a job that failed or was cancelled can be retried.',
      });
    }
    await queue
      .renew(id)
      .catch((error: unknown) =>
        log.warn(`jobs: ${id} waits to be put into the queue: ${(error as Error).message}`),
      );
    return job;
  }

  /** Removes a job that has ended. @throws NOT_FOUND, CONFLICT where it has not */
  async delete(owner: string, id: string): Promise<void> {
    if (await this.#options.store.delete(owner, id)) return this.#watchers.gone(id);
    const { state } = await this.get(owner, id);
    throw new VisionError('CONFLICT', `job ${id} is ${state}`, { hint: 'Cancel it first.' });
  }

  /**
   * Tells how the job stands, then what happens; `done` or `end` is the last. An id that is not the owner's ends at once.
   * @returns what ends the watch
   */
  watch(owner: string, id: string, listener: JobListener): () => void {
    const end = this.#watchers.add(id, owner, listener);
    const { store } = this.#options;
    void store
      .get(owner, id)
      .then((job) => {
        if (job) return this.#watchers.tell(job);
        end();
        listener({ type: 'end' });
      })
      .catch(() => {}); // the rows are looked at again in a second
    return end;
  }

  /** How many jobs are watched in this process. */
  get watched(): number {
    return this.#watchers.size;
  }

  counts(): Promise<Record<JobState, number>> {
    return this.#options.store.counts();
  }

  /** The job that has this id already, if it is this one. */
  async #same(owner: string, id: string, { kind, task, request }: Omit<Submission, 'id'>): Promise<Job> {
    const there = await this.#options.store.get(owner, id);
    const same =
      there?.kind === kind &&
      there.task === task &&
      JSON.stringify(there.request) === JSON.stringify(request);
    if (!same) throw new VisionError('CONFLICT', 'the Idempotency-Key belongs to the job of another request');
    return there;
  }

  /** Rows without a place in the queue get one; what ended its process too often fails. */
  async #reconcile(): Promise<void> {
    const { store, queue, log, problemOf } = this.#options;
    const entries = await queue.entries(); // first: what is settled in between is not open any more
    for (const { id, attempts } of await store.open()) {
      const entry = entries.get(id);
      if (entry === 'waiting' || entry === 'active') continue;
      if (entry === 'lost') {
        const error = new VisionError(
          'INTERNAL',
          `the server ended ${MAX_CRASHES} times while it worked on this job`,
          {
            hint: 'Something in its inputs may be too large for the memory of the server: see its log. POST …/retry tries once more.',
          },
        );
        const job = await store.settle(id, attempts, { state: 'failed', error: problemOf(error, id) });
        if (job) this.#watchers.tell(job);
        await queue.remove(id);
        log.warn(`jobs: ${id} failed: ${error.message}`);
      } else if (entry === 'done') await queue.renew(id);
      else await queue.add(id);
    }
  }

  async #take(id: string, claim: AbortSignal): Promise<void> {
    if (this.#stopping) return await this.#options.queue.renew(id);
    const taken = this.#attempts(id, claim);
    this.#taken.add(taken);
    await taken.finally(() => this.#taken.delete(taken));
  }

  /** Tries, and tries again after failures that may pass. */
  async #attempts(id: string, claim: AbortSignal): Promise<void> {
    const { store, queue, retryMs = RETRY_MS } = this.#options;
    for (const waitMs of [...retryMs, undefined]) {
      const begun = await store.begin(id);
      if (!begun) return; // cancelled, removed or ended meanwhile
      this.#running.get(id)?.interrupt('lost');
      const running = new RunningJob(begun, {
        store,
        onProgress: (job) => this.#watchers.tell(job),
        onPartial: (result) => this.#watchers.partial(id, result),
      });
      const lose = () => running.interrupt('lost');
      if (claim.aborted) lose();
      claim.addEventListener('abort', lose, { once: true });
      this.#running.set(id, running);
      let end: JobEnd | 'again' | undefined;
      try {
        if (this.#stopping) running.interrupt('stopping');
        this.#watchers.tell(begun.job);
        end = await this.#work(running, waitMs !== undefined);
        if (end === 'again')
          await delay(waitMs, undefined, { signal: running.context.signal }).catch(() => {});
        else if (end) {
          const job = await store.settle(id, running.attempt, end);
          if (job) this.#watchers.tell(job);
          return;
        }
        if (running.interruption === 'stopping' && (await store.release(id, running.attempt)))
          await queue.renew(id);
        if (running.interruption) return;
      } finally {
        claim.removeEventListener('abort', lose);
        if (this.#running.get(id) === running) this.#running.delete(id);
      }
    }
  }

  /** One attempt; undefined where it was interrupted. */
  async #work(running: RunningJob, mayTryAgain: boolean): Promise<JobEnd | 'again' | undefined> {
    const { problemOf, dropBlobs, log } = this.#options;
    const { job } = running;
    const drop = dropBlobs?.(job) ?? false;
    try {
      const work = this.#works.get(job.kind);
      if (!work) throw new VisionError('NOT_IMPLEMENTED', `this server does no jobs of kind "${job.kind}"`);
      running.context.signal.throwIfAborted();
      const result = await work(running.context, job.request);
      await running.end();
      return { state: 'completed', result, dropBlobs: drop };
    } catch (error) {
      await running.end();
      if (running.interruption) return undefined;
      if (mayTryAgain && mayPass(error)) {
        log.warn(`jobs: ${job.id} is tried again: ${(error as Error).message}`);
        return 'again';
      }
      return { state: 'failed', error: problemOf(error, job.id), dropBlobs: drop };
    }
  }
}
