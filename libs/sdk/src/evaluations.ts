import {
  VisionError,
  type Evaluation,
  type EvaluationPage,
  type EvaluationQuery,
  type EvaluationSummary,
  type Job,
  type NewEvaluation,
} from '@fovea/contracts';
import { pause } from './retry.ts';
import type { Query, Transport } from './transport.ts';

export type EvaluationFilter = Partial<EvaluationQuery>;

export interface EvaluationOptions {
  /** Cancels the job. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** How often a job is asked for. */
const POLL_MS = 500;

/** What models were measured at on labelled data sets. */
export class Evaluations {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Measures a task's model on a data set of the server, which must lie under its FOVEA_IMPORT_ROOTS.
   * @returns the job; its result names the evaluation
   * @throws FORBIDDEN, INVALID_PARAMETER (no such data set, a model with other classes)
   * @example
   * const job = await fovea.evaluations.start({ task: 'detection', dataset: { format: 'coco', folder: '/data/coco' } });
   */
  start(request: NewEvaluation, options: { signal?: AbortSignal } = {}): Promise<Job> {
    return this.#transport.json('POST', '/v1/evaluations', {
      body: JSON.stringify(request),
      headers: { 'content-type': 'application/json' },
      ...(options.signal ? { signal: options.signal } : {}),
    });
  }

  /**
   * Measures, and waits for it.
   * @throws as {@link start}; what the job failed with; CANCELLED where somebody else cancelled it; the signal's reason
   * @example const { figures, report } = await fovea.evaluations.run({ task: 'pose', dataset });
   */
  async run(request: NewEvaluation, { signal, onProgress }: EvaluationOptions = {}): Promise<Evaluation> {
    let job = await this.start(request, signal ? { signal } : {});
    const self = job.links.self;
    try {
      while (job.finishedAt === null) {
        await pause(POLL_MS, signal);
        job = await this.#transport.json<Job>('GET', self, { signal });
        if (job.progress) onProgress?.(job.progress.done, job.progress.total);
      }
    } catch (error) {
      // The one who waited has gone; a server that cannot be reached goes on by itself.
      if (signal?.aborted)
        await this.#transport.send('DELETE', self, () => Promise.resolve()).catch(() => undefined);
      throw error;
    }
    if (job.error) throw VisionError.fromProblem(job.error);
    if (!job.result || !('evaluationId' in job.result))
      throw new VisionError('CANCELLED', `the job of the evaluation was ${job.state}`);
    return this.get(job.result.evaluationId);
  }

  /** One page of evaluations without their reports, newest first; `nextCursor` is null on the last. */
  list(filter: EvaluationFilter = {}): Promise<EvaluationPage> {
    return this.#transport.json('GET', '/v1/evaluations', { query: filter as Query });
  }

  /** Every evaluation that the filter finds, page by page. */
  async *all(filter: EvaluationFilter = {}): AsyncGenerator<EvaluationSummary, void, undefined> {
    let cursor = filter.cursor;
    do {
      const page = await this.list(cursor === undefined ? filter : { ...filter, cursor });
      yield* page.items;
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** The evaluation with its report. @throws NOT_FOUND */
  get(id: string): Promise<Evaluation> {
    return this.#transport.json('GET', path(id));
  }

  /** Deletes it, and the pictures of its report where nothing else needs them. @throws NOT_FOUND */
  delete(id: string): Promise<void> {
    return this.#transport.send('DELETE', path(id), () => Promise.resolve());
  }
}

const path = (id: string): string => `/v1/evaluations/${encodeURIComponent(id)}`;
