import type { Job, JobEvents, JobPage, JobQuery, Task } from '@fovea/contracts';
import { readEvents } from './events.ts';
import { runBody, type OneInput, type RunInputs } from './inputs.ts';
import { isTransient, pause, retryDelayMs } from './retry.ts';
import { everyItem } from './pages.ts';
import type { Query, Transport } from './transport.ts';

export type JobFilter = Partial<JobQuery>;

export interface JobOptions {
  /** The primary model; default: the task's. */
  readonly model?: string;
  /** The models of other roles. */
  readonly models?: Readonly<Record<string, string>>;
  /** Default true; false records no runs: the job alone has the result. */
  readonly store?: boolean;
  /** A repeat with the same key answers the same job, so failed tries may be repeated. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface WaitOptions {
  /** Ends the waiting; the job goes on. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: JobEvents['progress']) => void;
  /** Early results, where the task has them. */
  readonly onPartial?: (event: JobEvents['partial']) => void;
}

/** Work that goes on after the request, and after a restart of the server. */
export class Jobs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Runs a task as a job; several inputs in a list make a batch.
   * @example
   * const { id } = await fovea.jobs.submit('detection', files);
   * const { result } = await fovea.jobs.wait(id, { onProgress: ({ progress }) => console.log(progress.done) });
   */
  async submit(
    task: Task,
    input: RunInputs | readonly OneInput[],
    params: Readonly<Record<string, unknown>> = {},
    options: JobOptions = {},
  ): Promise<Job> {
    const { model, models, store, idempotencyKey, signal } = options;
    const { body, headers } = await runBody(task, input, {
      params: models ? { ...params, models } : params,
      model,
    });
    return this.#transport.json('POST', `/v1/tasks/${encodeURIComponent(task)}`, {
      query: { store: store === false ? false : undefined },
      body,
      headers: {
        ...headers,
        prefer: 'respond-async',
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      signal,
      idempotent: idempotencyKey !== undefined,
    });
  }

  /** One page of jobs, newest first; results longer than 64 KiB are left out (null). */
  list(filter: JobFilter = {}): Promise<JobPage> {
    return this.#transport.json('GET', '/v1/jobs', { query: filter as Query });
  }

  /** Every job that the filter finds, page by page. */
  all(filter: JobFilter = {}): AsyncGenerator<Job, void, undefined> {
    return everyItem((page) => this.list(page), filter);
  }

  /** @throws NOT_FOUND */
  get(id: string): Promise<Job> {
    return this.#transport.json('GET', path(id));
  }

  /**
   * Cancels a job that has not ended; removes one that has.
   * @returns the cancelled job, null where it was removed
   * @throws NOT_FOUND
   */
  cancel(id: string): Promise<Job | null> {
    return this.#transport.send('DELETE', path(id), (response) =>
      response.status === 204 ? Promise.resolve(null) : this.#transport.readJson<Job>(response),
    );
  }

  /** Puts a failed or cancelled job back into the queue: it goes on where it was. @throws NOT_FOUND, CONFLICT */
  retry(id: string): Promise<Job> {
    return this.#transport.json('POST', `${path(id)}/retry`);
  }

  /**
   * Waits for the end of a job, whatever it is (see its `state`), also across a restart of the server.
   * @throws NOT_FOUND; ConnectionError where the server stays away; the signal's reason
   */
  async wait(id: string, options: WaitOptions = {}): Promise<Job> {
    for (let failures = 0; ;) {
      try {
        const job = await this.#follow(id, options);
        if (job) return job;
        failures = 0;
        await pause(RECONNECT_MS, options.signal);
      } catch (error) {
        if (!isTransient(error) || ++failures > RECONNECTS) throw error;
        await pause(retryDelayMs(failures, undefined, Math.random()), options.signal);
      }
    }
  }

  /** The finished job, or undefined where the events ended before it did: the server stops. */
  #follow(id: string, { signal, onProgress, onPartial }: WaitOptions): Promise<Job | undefined> {
    return this.#transport.send(
      'GET',
      `${path(id)}/events`,
      async (response) => {
        for await (const { event, data } of readEvents(response.body ?? new ReadableStream())) {
          const body = JSON.parse(data) as unknown;
          if (event === 'progress') onProgress?.(body as JobEvents['progress']);
          if (event === 'partial') onPartial?.(body as JobEvents['partial']);
          if (event === 'done') return body as Job;
        }
        return undefined;
      },
      // However long it takes.
      { signal, timeoutMs: 0, headers: { accept: 'text/event-stream, application/json' } },
    );
  }
}

const RECONNECT_MS = 500;
/** Tries in a row to reach a server that went away: it may be restarting. */
const RECONNECTS = 6;

const path = (id: string): string => `/v1/jobs/${encodeURIComponent(id)}`;
