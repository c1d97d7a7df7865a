import { VisionError } from '@fovea/contracts';
import { ConnectionError, readProblem, ServerError } from './errors.ts';
import { isTransient, pause, retryAfterSeconds, retryDelayMs } from './retry.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface TransportOptions {
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  readonly retries: number;
}

export interface RequestOptions {
  readonly query?: Query;
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** May be sent again without harm. Default: true for GET, false otherwise. */
  readonly idempotent?: boolean;
  /** Default: the client's; 0 = none (a pull of large weights). */
  readonly timeoutMs?: number;
  /** Statuses beside 2xx whose body is an answer all the same (health: 503). */
  readonly okStatuses?: readonly number[];
}

/** Requests to one server: addresses, the API key, time limit, retries, and errors that say what to do. */
export class Transport {
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  readonly timeoutMs: number;
  readonly #fetch: typeof fetch;
  readonly #retries: number;

  constructor(options: TransportOptions) {
    this.baseUrl = checkBaseUrl(options.baseUrl);
    this.apiKey = options.apiKey;
    this.timeoutMs = options.timeoutMs;
    // A browser's fetch must be called as a plain function, not as a method.
    this.#fetch = (...parameters) => options.fetch.call(undefined, ...parameters);
    this.#retries = options.retries;
  }

  url(path: string, query: Query = {}): string {
    const url = new URL(this.baseUrl + path);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url.href;
  }

  /**
   * Sends one request (again after a 429 or 503 that may pass, where that is harmless) and answers its `T`, read by `read`.
   * The time limit covers the body too.
   * @throws ServerError for a problem, ConnectionError where there is no answer of Fovea, the signal's reason on abort
   */
  async send<T>(
    method: string,
    path: string,
    read: (response: Response) => Promise<T>,
    options: RequestOptions = {},
  ): Promise<T> {
    const idempotent = options.idempotent ?? method === 'GET';
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#once(method, path, read, options);
      } catch (error) {
        if (!idempotent || attempt >= this.#retries || !isTransient(error)) throw error;
        const retryAfterS = error instanceof VisionError ? error.retryAfterS : undefined;
        await pause(retryDelayMs(attempt, retryAfterS, Math.random()), options.signal);
      }
    }
  }

  /** As {@link send}, for an answer that is one JSON object. */
  json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    return this.send(method, path, (response) => this.readJson<T>(response), {
      ...options,
      headers: { accept: 'application/json', ...options.headers },
    });
  }

  /** The JSON object of an answer; no schema is checked here (speed), only that it is JSON at all. */
  async readJson<T>(response: Response): Promise<T> {
    const text = await response.text();
    try {
      const body: unknown = JSON.parse(text);
      if (typeof body === 'object' && body !== null) return body as T;
    } catch {
      // not JSON: below
    }
    throw notFovea(response, text);
  }

  async #once<T>(
    method: string,
    path: string,
    read: (response: Response) => Promise<T>,
    options: RequestOptions,
  ): Promise<T> {
    options.signal?.throwIfAborted();
    const url = this.url(path, options.query);
    const limit = timeLimit(options.timeoutMs ?? this.timeoutMs, options.signal);
    try {
      const response = await this.#fetch(url, {
        method,
        headers: { ...(this.apiKey ? { authorization: `Bearer ${this.apiKey}` } : {}), ...options.headers },
        ...(options.body === undefined ? {} : { body: options.body }),
        signal: limit.signal,
      });
      if (!response.ok && !options.okStatuses?.includes(response.status)) throw await this.#failure(response);
      return await read(response);
    } catch (error) {
      if (error instanceof VisionError || error instanceof ConnectionError) throw error;
      options.signal?.throwIfAborted();
      throw connectionError(
        error,
        this.baseUrl,
        url,
        limit.timedOut() ? (options.timeoutMs ?? this.timeoutMs) : undefined,
      );
    } finally {
      limit.clear();
    }
  }

  async #failure(response: Response): Promise<Error> {
    const text = await response.text();
    try {
      const problem = readProblem(JSON.parse(text));
      if (problem)
        return new ServerError(problem, retryAfterSeconds(response.headers.get('retry-after'), Date.now()));
    } catch {
      // not JSON: below
    }
    return notFovea(response, text);
  }
}

/** @throws TypeError when it is not an http or https address */
function checkBaseUrl(baseUrl: string): string {
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch (cause) {
    throw new TypeError(`baseUrl must be an address like http://localhost:3000, got "${baseUrl}"`, { cause });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new TypeError(`baseUrl must begin with http:// or https://, got "${baseUrl}"`);
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

/** One signal of the caller's and a timer; not AbortSignal.timeout, whose timer cannot be stopped once the answer is here. */
function timeLimit(timeoutMs: number, outer: AbortSignal | undefined) {
  const inner = new AbortController();
  let expired = false;
  const timer =
    timeoutMs > 0
      ? setTimeout(() => {
          expired = true;
          inner.abort();
        }, timeoutMs)
      : undefined;
  return {
    signal: outer ? AbortSignal.any([outer, inner.signal]) : inner.signal,
    timedOut: () => expired,
    clear: () => clearTimeout(timer),
  };
}

function notFovea(response: Response, text: string): ConnectionError {
  const mime = response.headers.get('content-type')?.split(';')[0] ?? 'no content type';
  const start = text.replaceAll(/\s+/g, ' ').trim().slice(0, 80);
  return new ConnectionError(
    'NOT_FOVEA',
    `${response.url} answered ${response.status} (${mime}), which is not Fovea's API${start ? `: ${start}` : ''}`,
    {
      url: response.url,
      hint: 'Check baseUrl: is it the address that Fovea prints at start, without /v1? Is a proxy in between?',
    },
  );
}

function connectionError(
  error: unknown,
  baseUrl: string,
  url: string,
  timeoutMs: number | undefined,
): ConnectionError {
  if (timeoutMs !== undefined)
    return new ConnectionError('TIMEOUT', `${url} did not answer within ${timeoutMs / 1000} s`, {
      url,
      hint: 'Raise timeoutMs, or look at the queue of the server (GET /metrics).',
      cause: error,
    });
  const reason = rootCause(error);
  return new ConnectionError('UNREACHABLE', `No Fovea server answers at ${baseUrl} (${reason})`, {
    url,
    hint: 'Start one with `npm start`, or check the address and that nothing closes the connection (a firewall, a proxy, an upload limit).',
    cause: error,
  });
}

/** Node's fetch says only "fetch failed"; what happened stands in the causes below it. */
function rootCause(error: unknown): string {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return String(cause);
  const code = (cause as Error & { code?: unknown }).code;
  return typeof code === 'string' ? code : cause.message;
}
