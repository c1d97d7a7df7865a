import { z } from 'zod';
import { RebuildReport } from './collection-views.ts';
import { ImportReport, ReembedReport } from './collections.ts';
import { Problem } from './errors.ts';
import { BatchEnvelope, RunEnvelope, RunRequest } from './runs.ts';
import { TASKS } from './tasks.ts';

export const JOB_STATES = ['queued', 'active', 'completed', 'failed', 'cancelled'] as const;
export type JobState = (typeof JOB_STATES)[number];
/** What a job does: one run (or a batch) of a task, an evaluation of it, or work on a collection. */
export const JOB_KINDS = ['run', 'evaluation', 'import', 're-embed', 'rebuild'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export const JobProgress = z
  .object({
    done: z.number().min(0),
    total: z.number().min(0),
    unit: z.string().describe('of done and total: images, tiles'),
    etaMs: z.number().min(0).nullable().describe('time left at the pace so far; null where it is not known'),
  })
  .meta({ id: 'JobProgress' });
export type JobProgress = z.infer<typeof JobProgress>;

/** What an evaluation job answers: where its report is. */
export const EvaluationReference = z.object({ evaluationId: z.uuid(), self: z.string() });

export const Job = z
  .object({
    id: z.uuid(),
    kind: z.enum(JOB_KINDS),
    task: z.enum(TASKS),
    state: z.enum(JOB_STATES),
    progress: JobProgress.nullable(),
    result: z
      .union([RunEnvelope, BatchEnvelope, EvaluationReference, ImportReport, ReembedReport, RebuildReport])
      .nullable()
      .describe('of a completed job: what the request would have answered'),
    error: Problem.nullable().describe('why it failed'),
    attempts: z.int().min(0).describe('how often it was begun, resumptions included'),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    request: z.record(z.string(), z.unknown()).describe('params, model and, for an evaluation, the data set'),
    links: z.object({ self: z.string(), events: z.string() }),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof Job>;

/** Body of `POST /v1/jobs`: a run of a task; several sources of the primary input make a batch. */
export const JobRequest = z
  .strictObject({ task: z.enum(TASKS), ...RunRequest.shape })
  .meta({ id: 'JobRequest' });
export type JobRequest = z.infer<typeof JobRequest>;

export const JobQuery = z.object({
  state: z.enum(JOB_STATES).optional(),
  task: z.enum(TASKS).optional(),
  kind: z.enum(JOB_KINDS).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
export type JobQuery = z.infer<typeof JobQuery>;

export const JobPage = z
  .object({ items: z.array(Job), nextCursor: z.string().nullable() })
  .meta({ id: 'JobPage' });
export type JobPage = z.infer<typeof JobPage>;

/** What `GET /v1/jobs/{id}/events` and the socket send of a job; `done` is the last one, whatever the state. */
export interface JobEvents {
  readonly progress: { readonly id: string; readonly state: JobState; readonly progress: JobProgress };
  readonly partial: { readonly id: string; readonly result: Record<string, unknown> };
  readonly done: Job;
}
