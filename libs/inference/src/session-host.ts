import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { viewAs, type Tensor } from '@fovea/tensor';
import {
  BackendGone,
  RunError,
  type Backend,
  type Batch,
  type BatchAnswer,
  type LoadedFacts,
  type ModelFile,
} from './backend.ts';
import { eachLine, startChild } from './child-process.ts';
import {
  encodeHeader,
  FrameReader,
  type Frame,
  type FromHost,
  type TensorHeader,
  type ToHost,
} from './frames.ts';
import type { SessionSettings } from './ort-sessions.ts';
import type { Log } from './types.ts';

type Answer = Extract<FromHost, { op: 'answer' }>;
interface Pending {
  resolve(frame: { header: Answer; payloads: readonly Uint8Array[] }): void;
  reject(error: Error): void;
}
export interface SessionHostOptions extends SessionSettings {
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly spawnMs: number;
}

const KEPT_LINES = 5;
const ABANDON_MS = 5000;

/** A backend in a child process of its own, so that a blocking run or a native crash stays there. */
export class SessionHost implements Backend {
  readonly device: string;
  readonly pid: number | null;
  /** The second run waits in the host's memory, so that the session goes on without waiting for the server. */
  readonly depth = 2;
  readonly gone: Promise<string>;
  readonly #child: ChildProcess;
  readonly #pipe: Duplex;
  /** In the order of sending: the host works in that order, so the first is the one that runs. */
  readonly #pending = new Map<number, Pending>();
  readonly #hello = Promise.withResolvers<void>();
  #lastLines: string[] = [];
  #killedFor: string | undefined;
  #lastId = 0;
  #rssBytes: number | undefined;
  #over = false;
  #idle: () => void = () => undefined;
  #abandon: (reason: string) => void = () => undefined;
  #abandonTimer: NodeJS.Timeout | undefined;

  private constructor({ log, environment, ...settings }: Omit<SessionHostOptions, 'spawnMs'>) {
    this.device = settings.device;
    this.#child = startChild({
      entry: 'session-host-main',
      argument: settings,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      environment,
    });
    this.pid = this.#child.pid ?? null;
    this.#pipe = this.#child.stdio[3] as Duplex;
    for (const stream of [this.#child.stdout, this.#child.stderr])
      eachLine(stream, (line) => {
        this.#lastLines = [...this.#lastLines, line].slice(-KEPT_LINES);
        log.warn({ pid: this.pid, device: this.device }, `session host: ${line}`);
      });
    const reader = new FrameReader<FromHost>((frame) => this.#receive(frame));
    this.#pipe.on('data', (chunk: Uint8Array) => {
      try {
        reader.push(chunk);
      } catch (error) {
        this.kill(`the session host sent what cannot be read: ${String(error)}`);
      }
    });
    // A broken pipe is seen as the end of the process.
    this.#pipe.on('error', () => undefined);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.gone = promise;
    const end = (reason: string): void => {
      if (this.#over) return;
      this.#over = true;
      clearTimeout(this.#abandonTimer);
      this.#hello.reject(new BackendGone(reason, true));
      let started = true;
      for (const pending of this.#pending.values()) {
        pending.reject(new BackendGone(reason, started));
        started = false;
      }
      this.#pending.clear();
      this.#idle();
      resolve(reason);
    };
    this.#abandon = end;
    // 'close' comes after everything the host wrote has been read.
    this.#child.once('close', (code, signal) => end(this.#killedFor ?? this.#exitReason(code, signal)));
    this.#child.once('error', (error) => end(`the session host cannot be started: ${error.message}`));
    this.#hello.promise.catch(() => undefined);
  }

  /** Starts a host and waits for its first message. @throws BackendGone */
  static async start({ spawnMs, ...options }: SessionHostOptions): Promise<SessionHost> {
    const host = new SessionHost(options);
    const timer = setTimeout(
      () => host.kill(`the session host did not answer within ${spawnMs} ms`),
      spawnMs,
    );
    try {
      await host.#hello.promise;
    } finally {
      clearTimeout(timer);
    }
    return host;
  }

  rssBytes(): number | undefined {
    return this.#rssBytes;
  }

  async load(model: ModelFile): Promise<LoadedFacts> {
    const { header } = await this.#send({ op: 'load', id: this.#nextId(), model, tensors: [] });
    if (!header.loaded) throw new RunError(`the session host did not say what ${model.id} is`);
    return header.loaded;
  }

  async run(batch: Batch): Promise<BatchAnswer> {
    const feeds = Object.entries(batch.feeds);
    const tensors = feeds.map(([name, { type, dims }]): TensorHeader => ({ name, type, dims }));
    const { header, payloads } = await this.#send(
      {
        op: 'run',
        id: this.#nextId(),
        model: batch.model,
        outputs: batch.outputs,
        ...(batch.keptFeeds ? { keptFeeds: batch.keptFeeds } : {}),
        ...(batch.keep ? { keep: batch.keep } : {}),
        tensors,
      },
      feeds.flatMap(([, { parts }]) => parts),
    );
    const outputs: Record<string, Tensor> = {};
    header.tensors.forEach(({ name, type, dims }, index) => {
      outputs[name] = { type, dims, data: viewAs(type, payloads[index] as Uint8Array) } as Tensor;
    });
    return { outputs, kept: header.kept ?? [], runMs: header.runMs ?? 0 };
  }

  async unload(model: string): Promise<void> {
    await this.#send({ op: 'unload', id: this.#nextId(), model, tensors: [] });
  }

  release(handles: readonly number[]): void {
    if (this.#over || this.#killedFor !== undefined) return;
    // Has no answer: the host works in the order of sending.
    this.#pipe.write(encodeHeader({ op: 'release', handles, tensors: [] }));
  }

  kill(reason: string): void {
    this.#killedFor ??= reason;
    this.#child.kill('SIGKILL');
    // A process caught in a driver call may not die; work goes on without it.
    this.#abandonTimer ??= setTimeout(() => this.#abandon(reason), ABANDON_MS);
  }

  async dispose(): Promise<void> {
    this.#killedFor ??= 'disposed';
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle = resolve;
    if (this.#pending.size > 0) await promise;
    // The host ends itself when the pipe does.
    this.#pipe.end();
    await this.gone;
  }

  #send(
    header: Exclude<ToHost, { op: 'release' }>,
    parts: readonly Uint8Array[] = [],
  ): Promise<{ header: Answer; payloads: readonly Uint8Array[] }> {
    if (this.#over || this.#killedFor !== undefined)
      return Promise.reject(new BackendGone(this.#killedFor ?? 'the session host is gone', false));
    return new Promise((resolve, reject) => {
      this.#pending.set(header.id, { resolve, reject });
      // Corked: prefix, header and all rows leave in one writev.
      this.#pipe.cork();
      this.#pipe.write(encodeHeader(header));
      for (const part of parts) if (part.byteLength > 0) this.#pipe.write(part);
      this.#pipe.uncork();
    });
  }

  #receive({ header, payloads }: Frame<FromHost>): void {
    if (header.op === 'hello') {
      this.#rssBytes = header.rssBytes;
      this.#hello.resolve();
      return;
    }
    const pending = this.#pending.get(header.id);
    this.#pending.delete(header.id);
    if (header.op === 'failed') pending?.reject(new RunError(header.message));
    else {
      this.#rssBytes = header.rssBytes ?? this.#rssBytes;
      pending?.resolve({ header, payloads });
    }
    if (this.#pending.size === 0) this.#idle();
  }

  #nextId(): number {
    return ++this.#lastId;
  }

  #exitReason(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
    const last = this.#lastLines.length > 0 ? `; its last lines: ${this.#lastLines.join(' | ')}` : '';
    return `the session host ${how}${last}`;
  }
}
