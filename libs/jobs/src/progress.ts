import type { JobProgress } from '@fovea/contracts';

/** How often watchers are told, and how often the row is written. */
const TELL_MS = 100;
const SAVE_MS = 1000;

/**
 * The progress of one attempt: tells watchers often and the database seldom, the newest always in the end.
 * The time left comes from the pace since the first report: what an earlier attempt did tells nothing of it.
 */
export class Progress {
  readonly #tell: Throttle<JobProgress>;
  readonly #save: Throttle<JobProgress>;
  #first: { readonly done: number; readonly at: number } | undefined;

  constructor(options: { tell: (progress: JobProgress) => void; save: (progress: JobProgress) => void }) {
    this.#tell = new Throttle(TELL_MS, options.tell);
    this.#save = new Throttle(SAVE_MS, options.save);
  }

  report(done: number, total: number, unit: string): void {
    const now = Date.now();
    // The unit changes with the phase of the work, and the pace with it.
    if (this.#first === undefined || done < this.#first.done) this.#first = { done, at: now };
    const gained = done - this.#first.done;
    const etaMs =
      done >= total ? 0 : gained > 0 ? Math.round(((now - this.#first.at) / gained) * (total - done)) : null;
    const progress = { done, total: Math.max(done, total), unit, etaMs };
    this.#tell.next(progress);
    this.#save.next(progress);
  }

  /** Tells and saves what waits. */
  flush(): void {
    this.#tell.flush();
    this.#save.flush();
  }

  /** Drops what waits: somebody else has the job now. */
  drop(): void {
    this.#tell.drop();
    this.#save.drop();
  }
}

/** Hands on the first value at once, then the newest of each interval. */
class Throttle<T> {
  readonly #ms: number;
  readonly #hand: (value: T) => void;
  #timer: NodeJS.Timeout | undefined;
  #waiting: { readonly value: T } | undefined;

  constructor(ms: number, hand: (value: T) => void) {
    this.#ms = ms;
    this.#hand = hand;
  }

  next(value: T): void {
    if (this.#timer) {
      this.#waiting = { value };
      return;
    }
    this.#timer = setTimeout(() => this.flush(), this.#ms);
    this.#timer.unref();
    this.#hand(value);
  }

  flush(): void {
    const waiting = this.#waiting;
    this.drop();
    if (waiting) this.next(waiting.value);
  }

  drop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = undefined;
  }
}
