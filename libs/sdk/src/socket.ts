import {
  isProblem,
  type ClientToServer,
  type RunEnvelopeOf,
  type ServerToClient,
  type SocketInputs,
  type SocketRun,
  type Task,
  type TaskResult,
} from '@fovea/contracts';
import type { Socket } from 'socket.io-client';
import { ConnectionError, readProblem, ServerError } from './errors.ts';
import type { Transport } from './transport.ts';

export interface SocketRunOptions<T extends Task = Task> {
  readonly model?: string;
  /** Default true: recorded in the catalog. */
  readonly store?: boolean;
  /** Stops waiting. The server finishes the run; `close()` cancels it. */
  readonly signal?: AbortSignal;
  /** Early results, where the task has them. */
  readonly onPartial?: (result: Partial<TaskResult<T>>) => void;
}

interface Waiting {
  readonly onPartial: ((result: never) => void) | undefined;
  fail(error: Error): void;
}

/** One open connection for many small runs (a camera, say): no HTTP headers, no new connection for each. */
export class FoveaSocket {
  readonly #socket: Socket<ServerToClient, ClientToServer>;
  readonly #transport: Transport;
  /** By the id that a run was sent with. */
  readonly #waiting = new Map<string, Waiting>();
  #lastId = 0;

  /** Made by `fovea.connect()`. */
  constructor(socket: Socket<ServerToClient, ClientToServer>, transport: Transport) {
    this.#socket = socket;
    this.#transport = transport;
    socket.on('disconnect', (reason) => this.#failAll(reason));
    socket.on('run:partial', ({ id, result }) => {
      if (id !== undefined) this.#waiting.get(id)?.onPartial?.(result as never);
    });
  }

  get connected(): boolean {
    return this.#socket.connected;
  }

  /**
   * Runs a task over the socket.
   * @throws ServerError for a problem, ConnectionError when the connection is down, breaks or is too slow, the signal's reason on abort
   */
  run<T extends Task>(
    task: T,
    inputs: SocketInputs,
    params: Readonly<Record<string, unknown>> = {},
    options: SocketRunOptions<T> = {},
  ): Promise<RunEnvelopeOf<T>> {
    const { model, store, signal, onPartial } = options;
    const id = String(++this.#lastId);
    const request: SocketRun = {
      task,
      params: { ...params },
      ...(model === undefined ? {} : { model }),
      ...(store === undefined ? {} : { store }),
      ...(onPartial ? { id } : {}),
    };
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (!this.#socket.connected) throw this.#broken('it is closed or connecting again');
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        signal?.removeEventListener('abort', abort);
      };
      const fail = (error: Error) => {
        done();
        reject(error);
      };
      const abort = () => fail(signal?.reason as Error);
      const { timeoutMs } = this.#transport;
      const timer = timeoutMs > 0 ? setTimeout(() => fail(this.#tooSlow()), timeoutMs) : undefined;
      this.#waiting.set(id, { onPartial, fail });
      signal?.addEventListener('abort', abort, { once: true });
      this.#socket.emit('run', request, inputs, (answer) => {
        done();
        if (isProblem(answer)) reject(new ServerError(answer));
        else resolve(answer as RunEnvelopeOf<T>);
      });
    });
  }

  /** Closes the connection; the server cancels what it still runs for it. */
  close(): void {
    this.#socket.close();
  }

  #failAll(reason: string): void {
    const error = this.#broken(reason);
    for (const waiting of [...this.#waiting.values()]) waiting.fail(error);
  }

  #broken(reason: string): ConnectionError {
    return new ConnectionError(
      'UNREACHABLE',
      `The connection to ${this.#transport.baseUrl} is not open (${reason})`,
      {
        url: this.#transport.baseUrl,
        hint: 'It is opened again by itself while the server lives: send the picture again. A picture over FOVEA_MAX_BYTES also closes it.',
      },
    );
  }

  #tooSlow(): ConnectionError {
    return new ConnectionError(
      'TIMEOUT',
      `${this.#transport.baseUrl} did not answer within ${this.#transport.timeoutMs / 1000} s`,
      {
        url: this.#transport.baseUrl,
        hint: 'Raise timeoutMs, or look at the queue of the server (GET /metrics).',
      },
    );
  }
}

/** Opens a socket (websocket transport only: several replicas need no sticky sessions). */
export async function openSocket(transport: Transport): Promise<FoveaSocket> {
  // Loaded here: pages that never open a socket do not carry it.
  const { io } = await import('socket.io-client');
  const base = new URL(transport.baseUrl);
  const { apiKey, timeoutMs } = transport;
  const socket: Socket<ServerToClient, ClientToServer> = io(base.origin, {
    path: `${base.pathname.replace(/\/$/, '')}/socket.io`,
    transports: ['websocket'],
    forceNew: true,
    ...(timeoutMs > 0 ? { timeout: timeoutMs } : {}),
    // A browser's websocket cannot carry an Authorization header, so the key travels in the handshake too.
    ...(apiKey ? { auth: { token: apiKey }, extraHeaders: { authorization: `Bearer ${apiKey}` } } : {}),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error) => {
      socket.close();
      const problem = readProblem((error as Error & { data?: unknown }).data);
      if (problem) return reject(new ServerError(problem));
      reject(
        new ConnectionError('UNREACHABLE', `No socket opens at ${transport.baseUrl} (${error.message})`, {
          url: transport.baseUrl,
          hint: 'Is Fovea running there (`npm start`), is the API key right, and does every proxy let websockets through?',
          cause: error,
        }),
      );
    });
  });
  socket.off('connect_error');
  return new FoveaSocket(socket, transport);
}
