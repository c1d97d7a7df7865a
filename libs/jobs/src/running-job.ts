import type { JobContext } from '@fovea/application';
import { VisionError, type Job } from '@fovea/contracts';
import { Progress } from './progress.ts';
import { Steps } from './steps.ts';
import type { JobStore, OwnedJob } from './store.ts';

/** Why work was told to stop: the job was cancelled, the server ends, or another worker has it. */
export type Interruption = 'cancelled' | 'stopping' | 'lost';

/** One attempt at a job in this process. */
export class RunningJob {
  readonly id: string;
  readonly attempt: number;
  readonly job: Job;
  readonly context: JobContext;
  interruption: Interruption | undefined;
  readonly #controller = new AbortController();
  readonly #progress: Progress;
  #saving: Promise<void> = Promise.resolve();

  constructor(
    { owner, job }: OwnedJob,
    options: {
      store: JobStore;
      onProgress: (job: Job) => void;
      onPartial: (result: Record<string, unknown>) => void;
    },
  ) {
    this.id = job.id;
    this.attempt = job.attempts;
    this.job = job;
    this.#progress = new Progress({
      tell: (progress) => options.onProgress({ ...job, progress }),
      save: (progress) => void (this.#saving = this.#save(options.store, progress)),
    });
    this.context = {
      id: job.id,
      owner,
      signal: this.#controller.signal,
      steps: new Steps(job.id, options.store).port,
      progress: (done, total, unit) => {
        if (!this.interruption) this.#progress.report(done, total, unit);
      },
      partial: (result) => {
        if (!this.interruption) options.onPartial(result);
      },
    };
  }

  interrupt(interruption: Interruption): void {
    if (this.interruption) return;
    this.interruption = interruption;
    this.#progress.drop();
    this.#controller.abort(new VisionError('CANCELLED', REASONS[interruption]));
  }

  /** The last progress is told and kept; nothing follows. */
  async end(): Promise<void> {
    this.#progress.flush();
    this.#progress.drop();
    await this.#saving;
  }

  async #save(store: JobStore, progress: NonNullable<Job['progress']>): Promise<void> {
    try {
      if (!(await store.saveProgress(this.id, this.attempt, progress))) this.interrupt('lost');
    } catch {
      // The catalog is away: progress is told again, and the end of the job finds out what is the matter.
    }
  }
}

const REASONS: Readonly<Record<Interruption, string>> = {
  cancelled: 'the job was cancelled',
  stopping: 'the server is stopping; the job goes on at the next start',
  lost: 'the job was cancelled, or another process goes on with it',
};
