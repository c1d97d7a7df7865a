import {
  VisionError,
  type Evaluation,
  type EvaluationPage,
  type EvaluationQuery,
  type EvaluationSummary,
  type Job,
  type NewEvaluation,
} from '@fovea/contracts';
import { Jobs } from './jobs.ts';
import { everyItem } from './pages.ts';
import type { Query, Transport } from './transport.ts';

export type EvaluationFilter = Partial<EvaluationQuery>;

export interface EvaluationOptions {
  /** Cancels the job. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

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
    const { id } = await this.start(request, signal ? { signal } : {});
    const jobs = new Jobs(this.#transport);
    let job: Job;
    try {
      job = await jobs.wait(id, {
        ...(signal ? { signal } : {}),
        onProgress: ({ progress }) => onProgress?.(progress.done, progress.total),
      });
    } catch (error) {
      // The one who waited has gone; a server that cannot be reached goes on by itself.
      if (signal?.aborted) await jobs.cancel(id).catch(() => undefined);
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
  all(filter: EvaluationFilter = {}): AsyncGenerator<EvaluationSummary, void, undefined> {
    return everyItem((page) => this.list(page), filter);
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
