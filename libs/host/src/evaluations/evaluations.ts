import type { JobContext, JobWork } from '@fovea/application';
import {
  EvaluationRequest,
  invalidFields,
  VisionError,
  type Evaluation,
  type EvaluationPage,
  type EvaluationQuery,
  type EvaluationReference,
} from '@fovea/contracts';
import { v7 as uuid } from 'uuid';
import type { z } from 'zod';
import type { Engine } from '../engine/engine.ts';
import type { Roots } from '../engine/folders.ts';
import { makePlan } from './plan.ts';
import { makeReport } from './report.ts';
import { runPictures } from './runner.ts';

export interface LocalEvaluation {
  readonly owner: string;
  readonly signal: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/** Measures the tasks of an engine on labelled data sets, and keeps what came out in its catalog. */
export class Evaluations {
  private readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /**
   * Checks a request of a client. What is wrong with it is said before it becomes a job: the data set is read for that.
   * @throws INVALID_PARAMETER, FORBIDDEN (the folder is not below FOVEA_IMPORT_ROOTS), NOT_FOUND, NOT_IMPLEMENTED
   */
  async check(raw: unknown): Promise<EvaluationRequest> {
    const request = parse(raw);
    await makePlan(this.engine, request, this.roots);
    return request;
  }

  /** The work of an evaluation's job: goes on with the pictures that have no step yet. */
  readonly work: JobWork = async (context, request): Promise<z.infer<typeof EvaluationReference>> => {
    const { id, links } = await this.evaluate(context, parse(request), {
      roots: this.roots,
      job: `/v1/jobs/${context.id}`,
    });
    return { evaluationId: id, self: links.self };
  };

  /**
   * Evaluates here and now, on any folder of this machine: for a person's own process.
   * @throws INVALID_PARAMETER, NOT_FOUND, NOT_IMPLEMENTED, MODEL_MISSING; the signal's reason on abort
   */
  async run(raw: unknown, { owner, signal, onProgress }: LocalEvaluation): Promise<Evaluation> {
    const steps = new Map<string, unknown>();
    const context: JobContext = {
      id: uuid(),
      owner,
      signal,
      steps: {
        all: () => Promise.resolve(new Map(steps)),
        put: (key, value) => Promise.resolve(void steps.set(key, value)),
      },
      progress: (done, total) => onProgress?.(done, total),
      partial: () => undefined,
    };
    return this.evaluate(context, parse(raw), { roots: undefined });
  }

  list(owner: string, query: Partial<z.input<typeof EvaluationQuery>>): Promise<EvaluationPage> {
    return this.engine.needCatalog().evaluations.list(owner, query);
  }

  /** @throws NOT_FOUND */
  async get(owner: string, id: string): Promise<Evaluation> {
    const found = await this.engine.needCatalog().evaluations.get(owner, id);
    if (!found) throw notFound(id);
    return found;
  }

  /** @throws NOT_FOUND */
  async delete(owner: string, id: string): Promise<void> {
    if (!(await this.engine.needCatalog().evaluations.delete(owner, id))) throw notFound(id);
  }

  private get roots(): readonly string[] {
    return this.engine.settings.importRoots;
  }

  /** The evaluation has the id of its job: done twice, it is recorded once. */
  private async evaluate(
    context: JobContext,
    request: EvaluationRequest,
    { roots, job }: { roots: Roots; job?: string },
  ): Promise<Evaluation> {
    const { engine } = this;
    const plan = await makePlan(engine, request, roots);
    const ran = await runPictures(engine, plan, context);
    const { evaluation, blobs } = await makeReport(engine, { plan, ran, context, job });
    context.signal.throwIfAborted();
    await engine.catalog?.evaluations.record({ owner: context.owner, evaluation, blobs });
    return evaluation;
  }
}

/** @throws INVALID_PARAMETER naming every field that is wrong */
function parse(raw: unknown): EvaluationRequest {
  const parsed = EvaluationRequest.safeParse(raw);
  if (!parsed.success) throw invalidFields(parsed.error);
  return parsed.data;
}

const notFound = (id: string) =>
  new VisionError('NOT_FOUND', `there is no evaluation ${id}`, {
    hint: 'GET /v1/evaluations lists those there are.',
  });
