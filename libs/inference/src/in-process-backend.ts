import {
  BackendGone,
  byteLength,
  type Backend,
  type Batch,
  type BatchAnswer,
  type LoadedFacts,
  type ModelFile,
} from './backend.ts';
import { OrtSessions, type ContiguousTensor, type SessionSettings } from './ort-sessions.ts';

/** Sessions in this very process: for tests, since a run blocks the thread and a native crash takes everything down. */
export class InProcessBackend implements Backend {
  readonly device: string;
  readonly pid = null;
  readonly depth = 1;
  readonly gone: Promise<string>;
  readonly #sessions: OrtSessions;
  readonly #leave: (reason: string) => void;
  #reason: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(settings: SessionSettings) {
    this.device = settings.device;
    this.#sessions = new OrtSessions(settings);
    const { promise, resolve } = Promise.withResolvers<string>();
    this.gone = promise;
    this.#leave = (reason) => {
      this.#reason ??= reason;
      resolve(reason);
    };
  }

  rssBytes(): undefined {
    return undefined;
  }

  load(model: ModelFile): Promise<LoadedFacts> {
    return this.#inTurn(() => this.#sessions.load(model));
  }

  run(batch: Batch): Promise<BatchAnswer> {
    return this.#inTurn(() => {
      const feeds = new Map<string, ContiguousTensor>();
      for (const [name, { type, dims, parts }] of Object.entries(batch.feeds))
        feeds.set(name, { type, dims, bytes: joined(parts, byteLength(type, dims)) });
      return this.#sessions.run({ ...batch, feeds });
    });
  }

  unload(model: string): Promise<void> {
    return this.#inTurn(() => this.#sessions.unload(model));
  }

  release(handles: readonly number[]): void {
    void this.#inTurn(() => Promise.resolve(this.#sessions.release(handles))).catch(() => undefined);
  }

  kill(reason: string): void {
    this.#leave(reason);
  }

  async dispose(): Promise<void> {
    this.#leave('disposed');
    await this.#last;
    await this.#sessions.dispose();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      if (this.#reason !== undefined) throw new BackendGone(this.#reason, false);
      const result = await work();
      if (this.#reason !== undefined) throw new BackendGone(this.#reason, true);
      return result;
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
