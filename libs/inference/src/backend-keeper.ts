import { BackendGone, type Backend } from './backend.ts';
import type { HostStats, Limits, Log } from './types.ts';

export interface KeeperOptions {
  readonly createBackend: () => Promise<Backend>;
  readonly limits: Limits;
  readonly log: Log;
  /** A backend is ready; `ms` since it was asked for. */
  readonly onUp: (backend: Backend, ms: number) => void;
  readonly onLost: (backend: Backend, reason: string) => void;
  /** No backend could be started, so many times in a row. */
  readonly onStartFailed: (reason: string, failures: number) => void;
}

/** A run that goes on this long after the server wants to end is cut off. */
const CLOSE_MS = 2000;

/** Keeps one backend alive: a lost one is replaced at once, one lost again and again after growing pauses. */
export class BackendKeeper {
  readonly #options: KeeperOptions;
  readonly #life: Promise<void>;
  #backend: Backend | undefined;
  #state: HostStats['state'] = 'starting';
  /** Backends lost in a row without one good run between. */
  #losses = 0;
  #closing = false;
  #endPause: () => void = () => undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#life = this.#live();
  }

  get state(): HostStats['state'] {
    return this.#state;
  }

  /** The backend as long as it is not gone, even when it is going. */
  get present(): Backend | undefined {
    return this.#backend;
  }

  /** The backend that work may be handed to. */
  get usable(): Backend | undefined {
    return this.#state === 'ready' ? this.#backend : undefined;
  }

  /** A run went well: what is lost next is replaced at once. */
  progressed(): void {
    this.#losses = 0;
  }

  /** Work failed because its backend is going: nothing may be handed to it until the next one is up. */
  fence(backend: Backend | undefined, error: unknown): void {
    if (backend === this.#backend && error instanceof BackendGone && this.#state === 'ready')
      this.#state = 'starting';
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#state = 'closed';
    this.#endPause();
    const timer = setTimeout(() => this.#backend?.kill('it did not end in time'), CLOSE_MS);
    await this.#backend?.dispose();
    await this.#life;
    clearTimeout(timer);
  }

  async #live(): Promise<void> {
    const { limits, log } = this.#options;
    while (!this.#closing) {
      const lost = await this.#liveOnce();
      if (this.#closing) return;
      this.#losses += 1;
      log.error(
        { reason: lost.reason, losses: this.#losses },
        `session host ${lost.started ? 'lost' : 'not started'}`,
      );
      if (!lost.started) this.#options.onStartFailed(lost.reason, this.#losses);
      const pauseMs = Math.min(limits.backoffMs * 2 ** (this.#losses - 2), limits.backoffMaxMs);
      if (this.#losses > 1) await this.#pause(pauseMs);
    }
  }

  async #liveOnce(): Promise<{ started: boolean; reason: string }> {
    const begin = performance.now();
    let backend: Backend;
    try {
      backend = await this.#options.createBackend();
    } catch (error) {
      return { started: false, reason: error instanceof Error ? error.message : String(error) };
    }
    if (this.#closing) {
      await backend.dispose();
      return { started: true, reason: 'closed' };
    }
    this.#backend = backend;
    this.#state = 'ready';
    this.#options.onUp(backend, performance.now() - begin);
    const reason = await backend.gone;
    this.#backend = undefined;
    if (!this.#closing) {
      this.#state = 'starting';
      this.#options.onLost(backend, reason);
    }
    return { started: true, reason };
  }

  async #pause(ms: number): Promise<void> {
    this.#state = 'waiting';
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    if (!this.#closing) this.#state = 'starting';
  }
}
