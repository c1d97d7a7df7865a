import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { VisionError } from '@fovea/contracts';
import { eachLine, startChild } from './child-process.ts';
import type { FromHost, HostCalls, HostOp, HostSettings, ToHost } from './host/protocol.ts';
import type { Log, VectorLimits } from './types.ts';

/** The host ended: its indexes are gone, and whether the call was carried out is unknown. */
export class HostGone extends Error {}

interface Call {
  resolve(answer: HostCalls[HostOp]['answer']): void;
  reject(error: Error): void;
}
interface Running {
  readonly child: ChildProcess;
  readonly hello: Extract<FromHost, { hello: unknown }>['hello'];
  readonly calls: Map<number, Call>;
}

export interface HostOptions extends HostSettings {
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly limits: VectorLimits;
}

const cancelledError = (): VisionError => new VisionError('CANCELLED', 'The search was cancelled.');

/** The vector host as the server sees it: started when it is needed, again after it ended, with growing pauses. */
export class HostProcess {
  /** Raised by every end: handles of an earlier one mean nothing. */
  generation = 0;
  readonly #options: HostOptions;
  #running: Promise<Running> | null = null;
  #child: ChildProcess | null = null;
  #lastId = 0;
  #crashes = 0;
  #closed = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Starts the host where it is not running, and says what it found. @throws HostGone */
  async start(): Promise<Running['hello']> {
    return (await this.#host()).hello;
  }

  /** @throws HostGone; VisionError CANCELLED; Error with what the host says */
  async call<Op extends HostOp>(
    op: Op,
    ask: HostCalls[Op]['ask'],
    options: { signal?: AbortSignal | undefined; generation?: number } = {},
  ): Promise<HostCalls[Op]['answer']> {
    const { signal, generation } = options;
    const { child, calls } = await this.#host();
    if (signal?.aborted) throw cancelledError();
    if (generation !== undefined && generation !== this.generation)
      throw new HostGone('the vector host was started again');
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<HostCalls[HostOp]['answer']>();
    calls.set(id, { resolve, reject });
    const cancel = (): void => void post(child, { op: 'cancel', id });
    signal?.addEventListener('abort', cancel, { once: true });
    post(child, { id, op, ask } as ToHost);
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    const child = this.#child;
    if (!child) return;
    const gone = new Promise((resolve) => child.once('close', resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await gone;
    }
  }

  #host(): Promise<Running> {
    if (this.#closed) return Promise.reject(new HostGone('the vectors are closed'));
    return (this.#running ??= this.#start());
  }

  async #start(): Promise<Running> {
    const { limits, log, environment, backend } = this.#options;
    if (this.#crashes > 0)
      await delay(Math.min(limits.backoffMaxMs, limits.backoffMs * 2 ** (this.#crashes - 1)), undefined, {
        ref: false,
      });
    if (this.#closed) throw new HostGone('the vectors are closed');
    const child = startChild({ entry: 'host/host-main', argument: { backend }, environment });
    this.#child = child;
    const calls = new Map<number, Call>();
    const hello = Promise.withResolvers<Running['hello']>();
    for (const stream of [child.stdout, child.stderr])
      eachLine(stream, (line) => log.warn({ pid: child.pid }, `vector host: ${line}`));
    const timer = setTimeout(() => child.kill('SIGKILL'), limits.spawnMs);
    const end = (reason: string): void => {
      clearTimeout(timer);
      if (this.#child !== child) return;
      this.generation += 1;
      this.#child = null;
      this.#running = null;
      this.#crashes += 1;
      if (!this.#closed) log.warn({ pid: child.pid, calls: calls.size }, reason);
      hello.reject(new HostGone(reason));
      for (const call of calls.values()) call.reject(new HostGone(reason));
      calls.clear();
    };
    child.once('error', (error) => end(`the vector host cannot be started: ${error.message}`));
    child.once('close', (code, signal) =>
      end(`the vector host ${signal ? `was killed by ${signal}` : `exited with code ${code}`}`),
    );
    child.on('message', (message: FromHost) => {
      if ('hello' in message) {
        clearTimeout(timer);
        hello.resolve(message.hello);
        return;
      }
      const call = calls.get(message.id);
      calls.delete(message.id);
      if ('answer' in message) {
        this.#crashes = 0;
        call?.resolve(message.answer);
      } else call?.reject(message.cancelled ? cancelledError() : new Error(message.failed));
    });
    return { child, hello: await hello.promise, calls };
  }
}

/** A message to a child that ended is lost; its end rejects the call. */
function post(child: ChildProcess, message: ToHost): void {
  if (child.connected) child.send(message, () => undefined);
}
