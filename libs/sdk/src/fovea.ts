import {
  INPUT_FAULTS,
  VisionError,
  type BatchEnvelope,
  type Health,
  type Problem,
  type RunEnvelope,
  type RunEnvelopeOf,
  type Task,
  type TaskInfo,
  type TaskList,
  type TaskResult,
} from '@fovea/contracts';
import { Blobs } from './blobs.ts';
import { Collections } from './collections.ts';
import { ConnectionError, readProblem, ServerError } from './errors.ts';
import { Evaluations } from './evaluations.ts';
import { readEvents } from './events.ts';
import { runBody, type OneInput, type RunInputs } from './inputs.ts';
import { Jobs } from './jobs.ts';
import { Models } from './models.ts';
import { Runs } from './runs.ts';
import { openSocket, type FoveaSocket } from './socket.ts';
import { Transport } from './transport.ts';

export interface FoveaOptions {
  /** Default: the page's origin in a browser, http://localhost:3000 elsewhere. A path is kept (`https://host/fovea`). */
  readonly baseUrl?: string;
  /** FOVEA_API_KEY of the server, where it has one. */
  readonly apiKey?: string;
  /** Default: the global fetch. */
  readonly fetch?: typeof fetch;
  /** Longest wait for a whole answer; default 300,000, 0 = no limit. */
  readonly timeoutMs?: number;
  /** How often a harmless request is sent again after 429, 503 or a broken connection; default 2. */
  readonly retries?: number;
}

export type Params = Readonly<Record<string, unknown>>;

export interface BatchOptions {
  /** The primary model; default: the task's. */
  readonly model?: string;
  /** The models of other roles. */
  readonly models?: Readonly<Record<string, string>>;
  /** Default true; false keeps nothing: no run, no picture. */
  readonly store?: boolean;
  /** Closes the connection, which cancels the run. */
  readonly signal?: AbortSignal;
}

export interface RunOptions<T extends Task = Task> extends BatchOptions {
  /** A repeat with the same key answers the first run, so failed tries may be repeated. */
  readonly idempotencyKey?: string;
  /** Early results, where the task has them. */
  readonly onPartial?: (result: Partial<TaskResult<T>>) => void;
}

interface PostOptions<T> extends BatchOptions {
  readonly idempotencyKey?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly read: (response: Response) => Promise<T>;
}

/** The most pictures that travel in one request of a batch. */
const BATCH_SIZE = 16;
/**
 * A client of one Fovea server, for browsers and Node 22 or newer.
 * Every method rejects with a {@link VisionError} for a problem that the server names (see its `code` and `hint`),
 * with a {@link ConnectionError} where no Fovea server answers, with the signal's reason on abort.
 * @example
 * const fovea = new Fovea({ baseUrl: 'http://localhost:3000' });
 * const { result } = await fovea.run('classification', file, { topK: 3 });
 * console.log(result.labels[0]); // { label: 'Egyptian cat', classId: 285, score: 0.62, … }
 */
export class Fovea {
  readonly models: Models;
  readonly runs: Runs;
  readonly blobs: Blobs;
  readonly jobs: Jobs;
  readonly evaluations: Evaluations;
  readonly collections: Collections;
  readonly #transport: Transport;

  /** @throws TypeError when baseUrl is not an http or https address */
  constructor(options: FoveaOptions = {}) {
    this.#transport = new Transport({
      baseUrl: options.baseUrl ?? pageOrigin() ?? 'http://localhost:3000',
      apiKey: options.apiKey,
      fetch: options.fetch ?? fetch,
      timeoutMs: options.timeoutMs ?? 300_000,
      retries: options.retries ?? 2,
    });
    this.models = new Models(this.#transport);
    this.runs = new Runs(this.#transport);
    this.blobs = new Blobs(this.#transport);
    this.jobs = new Jobs(this.#transport);
    this.evaluations = new Evaluations(this.#transport);
    this.collections = new Collections(this.#transport);
  }

  /** The address of the server, without a slash at its end. */
  get baseUrl(): string {
    return this.#transport.baseUrl;
  }

  /**
   * Runs a task.
   * @param input bytes (Blob, File, Uint8Array, ArrayBuffer, stream), `{ url }`, `{ blob }`, `{ base64 }`, or several by name
   * @param params the task's parameters; what is left out has its default
   * @example await fovea.run('classification', { url: 'https://example.org/cat.jpg' }, { topK: 3 }, { store: false });
   */
  async run<T extends Task>(
    task: T,
    input: RunInputs,
    params: Params = {},
    options: RunOptions<T> = {},
  ): Promise<RunEnvelopeOf<T>> {
    const { onPartial, ...others } = options;
    const envelope = await this.#post(task, input, params, {
      ...others,
      headers: {
        accept: onPartial ? 'text/event-stream, application/json' : 'application/json',
      },
      read: async (response): Promise<RunEnvelope> =>
        isEventStream(response)
          ? this.#readRunEvents(response, onPartial)
          : this.#transport.readJson<RunEnvelope>(response),
    });
    if (!('result' in envelope))
      throw new TypeError(`${task} answered a batch: give one primary input to run(), or use runBatch()`);
    return envelope as RunEnvelopeOf<T>;
  }

  /**
   * Runs a task on many pictures, several to a request; the answers stand in the order of the inputs.
   * A bad picture is a Problem in its place; a fault of the whole request (an unknown model, say) rejects.
   */
  async runBatch<T extends Task>(
    task: T,
    inputs: readonly OneInput[],
    params: Params = {},
    options: BatchOptions = {},
  ): Promise<(RunEnvelopeOf<T> | Problem)[]> {
    const answers: (RunEnvelope | Problem)[] = [];
    for (let at = 0; at < inputs.length; at += BATCH_SIZE)
      answers.push(...(await this.#runGroup(task, inputs.slice(at, at + BATCH_SIZE), params, options)));
    return answers as (RunEnvelopeOf<T> | Problem)[];
  }

  async #runGroup(
    task: Task,
    group: readonly OneInput[],
    params: Params,
    options: BatchOptions,
  ): Promise<(RunEnvelope | Problem)[]> {
    try {
      const answer = await this.#post<BatchEnvelope | RunEnvelope>(task, group, params, {
        ...options,
        headers: { accept: 'application/json' },
        read: (response) => this.#transport.readJson(response),
      });
      return 'runs' in answer ? answer.runs : [answer];
    } catch (error) {
      if (!(error instanceof ServerError) || !INPUT_FAULTS.includes(error.code)) throw error;
      if (group.length === 1) return [error.problem];
      // The request failed as a whole (too many bytes together, say): each half for itself.
      const middle = Math.ceil(group.length / 2);
      return [
        ...(await this.#runGroup(task, group.slice(0, middle), params, options)),
        ...(await this.#runGroup(task, group.slice(middle), params, options)),
      ];
    }
  }

  async #post<T>(
    task: Task,
    input: RunInputs | readonly OneInput[],
    params: Params,
    options: PostOptions<T>,
  ): Promise<T> {
    const { model, models, store, signal, idempotencyKey } = options;
    signal?.throwIfAborted();
    const { body, headers } = await runBody(task, input, {
      params: models ? { ...params, models } : params,
      model,
    });
    return this.#transport.send('POST', `/v1/tasks/${encodeURIComponent(task)}`, options.read, {
      query: { store: store === false ? false : undefined },
      body,
      headers: {
        ...headers,
        ...options.headers,
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      signal,
      idempotent: idempotencyKey !== undefined,
    });
  }

  async #readRunEvents<T extends Task>(
    response: Response,
    onPartial: RunOptions<T>['onPartial'],
  ): Promise<RunEnvelope> {
    for await (const { event, data } of readEvents(response.body ?? new ReadableStream())) {
      const body = JSON.parse(data) as unknown;
      if (event === 'partial') onPartial?.(body as Partial<TaskResult<T>>);
      if (event === 'result') return body as RunEnvelope;
      const problem = event === 'problem' ? readProblem(body) : undefined;
      if (problem) throw new ServerError(problem);
    }
    throw new ConnectionError('UNREACHABLE', `${response.url} ended its events without a result`, {
      url: response.url,
      hint: 'The connection broke or the server stopped: run it again.',
    });
  }

  /** The tasks that this server serves, with the JSON Schemas of their parameters and results. */
  async tasks(): Promise<TaskInfo[]> {
    return (await this.#transport.json<TaskList>('GET', '/v1/tasks')).items;
  }

  /** One task. @throws NOT_FOUND with the names of those there are */
  async task(name: string): Promise<TaskInfo> {
    const tasks = await this.tasks();
    const found = tasks.find((info) => info.task === name);
    if (found) return found;
    const names = tasks.map((info) => info.task).join(', ');
    throw new VisionError('NOT_FOUND', `${this.baseUrl} has no task "${name}"`, {
      hint: `Its tasks are: ${names || 'none'}.`,
    });
  }

  /** Opens a socket for many small runs. @throws ConnectionError */
  connect(): Promise<FoveaSocket> {
    return openSocket(this.#transport);
  }

  /** Whether the server can work now: its database and its session hosts. Not ready is an answer, not an error. */
  health(): Promise<Health> {
    return this.#transport.json('GET', '/v1/health/ready', { okStatuses: [503] });
  }

  /** The OpenAPI 3.1 document of this server. */
  openapi(): Promise<Record<string, unknown>> {
    return this.#transport.json('GET', '/openapi.json');
  }
}

const isEventStream = (response: Response): boolean =>
  response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;

/** The origin of the page this runs in; undefined in Node, in a worker of a file or in an opaque frame. */
function pageOrigin(): string | undefined {
  const origin = (globalThis as { location?: { origin?: string } }).location?.origin;
  return origin?.startsWith('http') ? origin : undefined;
}
