import { z } from 'zod';
import { SPACE_NAMES } from './collections.ts';
import { Sha256 } from './results.ts';

const TensorSpec = z.object({
  name: z.string(),
  dtype: z.string().describe('uint8, float32, int64, …'),
  shape: z.array(z.union([z.int(), z.string()])).describe('a name is a dynamic dimension; n = the batch'),
});

export const ModelMetric = z.object({
  name: z.string(),
  value: z.number(),
  dataset: z.string(),
  split: z.string().optional(),
  n: z.int().optional(),
  how: z.string().optional(),
});

/**
 * How scores of a space part what belongs together from what does not, for one kind of query: the share of matching and
 * of other pairs at or above each score.
 */
export const ScoreCalibration = z.object({
  space: z.enum(SPACE_NAMES),
  query: z.enum(['text', 'picture']),
  dataset: z.string(),
  how: z.string().optional(),
  cutoffs: z.array(z.object({ score: z.number(), matchingKept: z.number(), othersKept: z.number() })).min(1),
});
export type ScoreCalibration = z.infer<typeof ScoreCalibration>;

/** How often answers of a model are right that it is at least so sure of, and how many those are. */
export const ConfidenceCalibration = z.object({
  confidence: z.number().min(0).max(1),
  answered: z.number().min(0).max(1).describe('share of all questions'),
  accuracy: z.number().min(0).max(1).describe('share of those that is right'),
});
export type ConfidenceCalibration = z.infer<typeof ConfidenceCalibration>;

/** One row of models/manifest.json: the only place, beside its stage, that knows a model's file. */
export const ManifestModel = z
  .object({
    id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
    revision: z.int().min(1),
    task: z.string(),
    file: z.string().describe('path under models/weights, or the name it is stored under after a pull'),
    source: z.discriminatedUnion('type', [
      z.object({ type: z.literal('embedded') }),
      z.object({ type: z.literal('url'), url: z.url() }),
      z.object({ type: z.literal('user') }),
    ]),
    sha256: Sha256,
    bytes: z.int().min(1),
    parameters: z.int().optional(),
    licenceId: z.string(),
    commercialUse: z.boolean(),
    provenance: z.string(),
    limits: z.string().optional(),
    inputs: z.array(TensorSpec.extend({ resize: z.string().optional() })),
    outputs: z.array(TensorSpec.extend({ meaning: z.string().optional(), units: z.string().optional() })),
    labels: z.string().optional().describe('path of the label file under models/weights'),
    vocabulary: z.string().optional().describe('path of the tokenizer’s vocabulary under models/weights'),
    metrics: z.array(ModelMetric),
    calibrations: z.array(ScoreCalibration).optional().describe('cut-offs of search scores'),
    confidence: z.array(ConfidenceCalibration).optional().describe('accuracy of answers by confidence'),
    derivedOutputs: z
      .array(
        TensorSpec.extend({
          tensor: z.string().describe('a tensor inside the graph'),
          meaning: z.string().optional(),
        }),
      )
      .optional()
      .describe('made outputs of the graph when it is loaded'),
    /** false where rows are not axis 0 of every input and output. */
    batchable: z.boolean().default(true),
  })
  .meta({ id: 'ManifestModel' });
export type ManifestModel = z.infer<typeof ManifestModel>;

export const Manifest = z.object({ version: z.literal(1), models: z.array(ManifestModel) });
export type Manifest = z.infer<typeof Manifest>;

/** One class of a label file. */
export const ClassLabel = z.object({ index: z.int().min(0), name: z.string(), wnid: z.string().optional() });
export type ClassLabel = z.infer<typeof ClassLabel>;

export const MODEL_STATES = ['available', 'missing', 'disabled', 'loading', 'loaded', 'failed'] as const;

/** A model as `/v1/models` shows it: the manifest's row and how it stands on this server. */
export const ModelInfo = ManifestModel.extend({
  state: z.enum(MODEL_STATES),
  reason: z.string().optional().describe('why it is missing, disabled or failed, with what fixes it'),
  device: z.string().optional(),
  loadMs: z.number().optional(),
  memoryBytes: z.int().optional(),
  batch: z
    .object({ max: z.int().min(1), buckets: z.array(z.int()), measuredMs: z.record(z.string(), z.number()) })
    .optional()
    .describe('batch limits as measured at load; measuredMs: batch size → median ms'),
}).meta({ id: 'ModelInfo' });
export type ModelInfo = z.infer<typeof ModelInfo>;

/** The device that runs the models, and why it was chosen. */
export const DeviceInfo = z
  .object({
    id: z.string().describe('cpu, webgpu, cuda, coreml, dml'),
    name: z.string().describe('adapter or processor name'),
    threads: z.int().optional(),
    reason: z.string(),
    probes: z.array(
      z.object({
        device: z.string(),
        ok: z.boolean(),
        ms: z.number().optional(),
        adapter: z.string().optional(),
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'DeviceInfo' });
export type DeviceInfo = z.infer<typeof DeviceInfo>;

export const ModelList = z
  .object({ items: z.array(ModelInfo), nextCursor: z.string().nullable(), device: DeviceInfo })
  .meta({ id: 'ModelList' });
export type ModelList = z.infer<typeof ModelList>;
