import { z } from 'zod';
import { Problem } from './errors.ts';
import { Result, Sha256 } from './results.ts';
import { TASKS, type Task, type TaskResult } from './tasks.ts';

export const ModelUse = z
  .object({ role: z.string(), id: z.string(), revision: z.int(), sha256: Sha256 })
  .meta({ id: 'ModelUse' });
export type ModelUse = z.infer<typeof ModelUse>;

const Ms = z.number().min(0);
export const Timings = z
  .object({ decodeMs: Ms, queueMs: Ms, inferenceMs: Ms, postprocessMs: Ms, totalMs: Ms })
  .meta({ id: 'Timings' });
export type Timings = z.infer<typeof Timings>;

export const StageTiming = z.object({
  role: z.string(),
  queueMs: Ms,
  inferenceMs: Ms,
  batchSize: z.int().min(1),
  cached: z.boolean().describe('the result was kept from an earlier run of the same input'),
  steps: z.int().min(1).optional().describe('runs of a loop, timed together'),
});
export type StageTiming = z.infer<typeof StageTiming>;

export const Run = z
  .object({
    id: z.uuid(),
    task: z.enum(TASKS),
    models: z.array(ModelUse).describe('the first is the primary'),
    params: z.record(z.string(), z.unknown()),
    device: z.string(),
    batchSize: z.int().min(1),
    createdAt: z.iso.datetime(),
    codeVersion: z.string(),
    timings: Timings,
    stages: z.array(StageTiming),
  })
  .meta({ id: 'Run' });
export type Run = z.infer<typeof Run>;

export const RunInput = z
  .object({
    sha256: Sha256,
    mime: z.string(),
    bytes: z.int().min(0),
    width: z.int().min(1).optional().describe('after EXIF orientation'),
    height: z.int().min(1).optional().describe('after EXIF orientation'),
    durationMs: z.number().min(0).optional(),
  })
  .meta({ id: 'RunInput' });
export type RunInput = z.infer<typeof RunInput>;

export const Attachment = z
  .object({
    role: z.string(),
    blob: Sha256,
    caption: z.string().optional(),
    index: z.int().min(0).optional(),
  })
  .meta({ id: 'Attachment' });
export type Attachment = z.infer<typeof Attachment>;

export const Links = z.object({ self: z.string(), input: z.string(), overlay: z.string() }).partial();

/**
 * The answer to a run, in every interface. `links` is empty with `store=false` (nothing is kept).
 * An input sent as a blob of the catalog or kept by it is at `links.input`.
 */
export const RunEnvelope = z
  .object({
    run: Run,
    inputs: z.record(z.string(), RunInput),
    result: Result,
    attachments: z.array(Attachment).optional(),
    links: Links,
  })
  .meta({ id: 'RunEnvelope' });
export type RunEnvelope = z.infer<typeof RunEnvelope>;
/** An envelope whose result is typed by its task. */
export type RunEnvelopeOf<T extends Task> = Omit<RunEnvelope, 'result'> & { result: TaskResult<T> };

/** The answer to several primary inputs, in the order sent; one bad picture fails alone. */
export const BatchEnvelope = z
  .object({ runs: z.array(z.union([RunEnvelope, Problem])) })
  .meta({ id: 'BatchEnvelope' });
export type BatchEnvelope = z.infer<typeof BatchEnvelope>;

/** Where the bytes of one input come from, in a JSON body. */
export const InputSource = z
  .union([
    z.strictObject({ url: z.url({ protocol: /^https?$/ }) }),
    z.strictObject({ base64: z.string().min(1) }),
    z.strictObject({ blob: Sha256 }),
  ])
  .meta({ id: 'InputSource' });
export type InputSource = z.infer<typeof InputSource>;

export const RunRequest = z
  .strictObject({
    inputs: z.record(z.string(), z.union([InputSource, z.array(InputSource)])).optional(),
    input: z
      .union([InputSource, z.array(InputSource)])
      .optional()
      .describe('the primary input'),
    params: z.record(z.string(), z.unknown()).optional(),
    model: z.string().optional(),
  })
  .meta({ id: 'RunRequest' });
export type RunRequest = z.infer<typeof RunRequest>;

/** Query of `GET /v1/runs`; `label` compares case-insensitively with each searchable row. */
export const RunQuery = z.object({
  task: z.enum(TASKS).optional(),
  label: z.string().min(1).max(200).optional(),
  minScore: z.coerce.number().min(0).max(1).optional(),
  minArea: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('share of the picture that the thing found covers at least, 0..1'),
  model: z.string().optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  q: z
    .string()
    .max(500)
    .optional()
    .describe(
      'words that a label, caption, answer or question must contain: stems or beginnings; "a phrase", or, -without',
    ),
  input: Sha256.optional().describe('runs that this picture (or other input) went into'),
  about: z
    .string()
    .trim()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'what the picture shows, in words: by meaning and by captions and answers, one page, the most relevant first',
    ),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
export type RunQuery = z.infer<typeof RunQuery>;

export const RunPage = z
  .object({
    items: z.array(RunEnvelope),
    nextCursor: z.string().nullable(),
    scores: z
      .array(z.number().nullable())
      .optional()
      .describe('with `about`: how well picture and text agree, a cosine; null for what words alone found'),
    altTexts: z
      .record(Sha256, z.string())
      .optional()
      .describe('the newest caption of each input picture that has one'),
  })
  .meta({ id: 'RunPage' });
export type RunPage = z.infer<typeof RunPage>;

export const ReplayRequest = z
  .object({ model: z.literal('current').optional() })
  .meta({ id: 'ReplayRequest' });
/** What a replay found: `maxScoreDelta` over items of both results, `same` = same labels in the same order. */
export const ReplayDifference = z.object({
  same: z.boolean(),
  maxScoreDelta: z.number().min(0).nullable(),
  changes: z.array(z.string()).describe('one sentence each'),
});
export const ReplayEnvelope = z
  .object({ original: RunEnvelope, replay: RunEnvelope, difference: ReplayDifference })
  .meta({ id: 'ReplayEnvelope' });
export type ReplayEnvelope = z.infer<typeof ReplayEnvelope>;

export const BlobInfo = z
  .object({ sha256: Sha256, mime: z.string(), bytes: z.int().min(0) })
  .meta({ id: 'BlobInfo' });
export type BlobInfo = z.infer<typeof BlobInfo>;
