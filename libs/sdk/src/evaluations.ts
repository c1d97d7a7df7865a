import type {
  Evaluation,
  EvaluationPage,
  EvaluationQuery,
  EvaluationSummary,
  Job,
  NewEvaluation,
} from '@fovea/contracts';
import type { Query, Transport } from './transport.ts';

export type EvaluationFilter = Partial<EvaluationQuery>;

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
