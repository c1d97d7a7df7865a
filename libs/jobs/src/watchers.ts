import type { Job, JobEvents } from '@fovea/contracts';

/** `end`: nothing more comes from here (the job was removed, or the server stops); ask again later. */
export type JobEvent =
  | { readonly type: 'progress'; readonly data: JobEvents['progress'] }
  | { readonly type: 'partial'; readonly data: JobEvents['partial'] }
  | { readonly type: 'done'; readonly data: Job }
  | { readonly type: 'end' };
export type JobListener = (event: JobEvent) => void;

const POLL_MS = 1000;

interface Watch {
  readonly owner: string;
  readonly listener: JobListener;
  /** The last progress told, to tell nothing twice. */
  told: string;
}

export interface WatchersOptions {
  /** The rows of these jobs. */
  readonly find: (ids: readonly string[]) => Promise<readonly Job[]>;
  /** True for a job whose events are told in this process as they happen. */
  readonly isHere: (id: string) => boolean;
}

/**
 * Who wants to know of which job. Events of jobs that run in this process come at once; rows of all others that are
 * watched are looked at every second, while there are any.
 */
export class Watchers {
  readonly #options: WatchersOptions;
  readonly #watches = new Map<string, Set<Watch>>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WatchersOptions) {
    this.#options = options;
  }

  /** @returns what ends the watch */
  add(id: string, owner: string, listener: JobListener): () => void {
    const watch: Watch = { owner, listener, told: '' };
    const watches = this.#watches.get(id) ?? new Set();
    this.#watches.set(id, watches.add(watch));
    if (this.#closed) queueMicrotask(() => this.gone(id));
    else this.#schedule();
    return () => this.#remove(id, watch);
  }

  get size(): number {
    return this.#watches.size;
  }

  partial(id: string, result: Record<string, unknown>): void {
    for (const { listener } of this.#watches.get(id) ?? [])
      listener({ type: 'partial', data: { id, result } });
  }

  /** Tells what changed since the last time; a finished job is told once and watched no more. */
  tell(job: Job): void {
    if (job.finishedAt !== null) return this.#end(job.id, { type: 'done', data: job });
    const { id, state } = job;
    const progress = job.progress ?? { done: 0, total: 0, unit: '', etaMs: null };
    const text = JSON.stringify([state, progress]);
    for (const watch of this.#watches.get(id) ?? []) {
      if (watch.told === text) continue;
      watch.told = text;
      watch.listener({ type: 'progress', data: { id, state, progress } });
    }
  }

  /** The job was removed. */
  gone(id: string): void {
    this.#end(id, { type: 'end' });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const id of [...this.#watches.keys()]) this.#end(id, { type: 'end' });
  }

  /** Looks at the rows now. */
  async look(ids: readonly string[]): Promise<void> {
    const found = new Map((await this.#options.find(ids)).map((job) => [job.id, job]));
    for (const id of ids) {
      const job = found.get(id);
      if (!job) this.gone(id);
      else this.tell(job);
    }
  }

  #end(id: string, event: JobEvent): void {
    const watches = this.#watches.get(id);
    this.#watches.delete(id);
    for (const { listener } of watches ?? []) listener(event);
  }

  #remove(id: string, watch: Watch): void {
    const watches = this.#watches.get(id);
    watches?.delete(watch);
    if (watches?.size === 0) this.#watches.delete(id);
  }

  #schedule(): void {
    if (this.#timer || this.#closed || this.#watches.size === 0) return;
    this.#timer = setTimeout(() => {
      const ids = [...this.#watches.keys()].filter((id) => !this.#options.isHere(id));
      const looking = ids.length > 0 ? this.look(ids) : Promise.resolve();
      void looking
        .catch(() => {}) // the catalog is away for a moment: asked again
        .finally(() => {
          this.#timer = undefined;
          this.#schedule();
        });
    }, POLL_MS);
    this.#timer.unref();
  }
}
