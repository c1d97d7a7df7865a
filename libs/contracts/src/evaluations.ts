import { z } from 'zod';
import { ScoreCalibration } from './models.ts';
import { ModelUse } from './runs.ts';
import { Result, Sha256 } from './results.ts';
import { TASKS } from './tasks.ts';

/**
 * The layouts of data sets that are read, each as its makers publish it; captions: pictures and what is said of them;
 * daquar: pictures, questions and answers.
 */
export const DATASET_FORMATS = [
  'coco',
  'voc',
  'yolo',
  'imagenet',
  'mnist',
  'cifar10',
  'captions',
  'daquar',
] as const;
export type DatasetFormat = (typeof DATASET_FORMATS)[number];

/** Body of `POST /v1/evaluations`: measures a task's model on a labelled data set; answers the job. */
export const EvaluationRequest = z
  .strictObject({
    task: z.enum(TASKS),
    dataset: z.strictObject({
      format: z.enum(DATASET_FORMATS),
      folder: z.string().min(1).max(4096).describe('on the server, under FOVEA_IMPORT_ROOTS'),
      split: z.string().min(1).max(200).optional(),
    }),
    model: z.string().optional(),
    params: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('of the task; default: what the metric asks for, such as minScore 0 for detection'),
    limit: z.int().min(1).optional().describe('only the first so many pictures, by id'),
    subset: z
      .enum(['all', 'even', 'odd'])
      .default('all')
      .describe('only pictures whose id in the data set is even or odd'),
    boxes: z
      .enum(['predicted', 'truth'])
      .default('predicted')
      .describe('segmentation: masks of the data set’s own boxes instead of the detector’s'),
    calibrate: z
      .boolean()
      .default(false)
      .describe(
        'embedding: what cut-offs keep of each picture’s own crops and mirror images, and of other pictures',
      ),
  })
  .meta({ id: 'EvaluationRequest' });
export type EvaluationRequest = z.infer<typeof EvaluationRequest>;
/** The same as a client may send it: what has a default may be left out. */
export type NewEvaluation = z.input<typeof EvaluationRequest>;

/** null: there was nothing to measure (no small object in the data set, say). */
export const Figure = z.object({
  name: z.string().describe('AP, AP50, top-1, mIoU'),
  value: z.number().nullable(),
  description: z.string().optional(),
});
export type Figure = z.infer<typeof Figure>;

export const ClassFigures = z.object({
  classId: z.int(),
  label: z.string(),
  truths: z.int().min(0),
  predictions: z.int().min(0),
  figures: z.array(z.object({ name: z.string(), value: z.number().nullable() })),
});
export type ClassFigures = z.infer<typeof ClassFigures>;

/** A line of a diagram; `label` null = averaged over the classes. */
export const Curve = z.object({
  name: z.string().describe('precision at IoU 0.5'),
  label: z.string().nullable(),
  x: z.string().describe('what the first number of a point is: recall'),
  y: z.string(),
  points: z.array(z.tuple([z.number(), z.number()])),
});
export type Curve = z.infer<typeof Curve>;

/** Row = truth, column = prediction; detection adds a last row and column `background`. */
export const Confusion = z.object({
  labels: z.array(z.string()),
  matrix: z.array(z.array(z.number())),
  note: z.string().optional(),
});
export type Confusion = z.infer<typeof Confusion>;

export const Calibration = z.object({
  ece: z.number().nullable().describe('expected calibration error, 0..1'),
  bins: z.array(
    z.object({
      from: z.number(),
      to: z.number(),
      confidence: z.number().nullable(),
      accuracy: z.number().nullable(),
      count: z.int(),
    }),
  ),
});
export type Calibration = z.infer<typeof Calibration>;

/** One of the pictures that went worst, with what was there and what was found, to be drawn over it. */
export const EvaluatedPicture = z.object({
  imageId: z.int(),
  name: z.string(),
  width: z.int().min(1),
  height: z.int().min(1),
  blob: Sha256.nullable().describe('its bytes; null where FOVEA_KEEP_INPUTS=false'),
  score: z.number().nullable().describe('the picture’s own figure, such as F1 at IoU 0.5; worst first'),
  note: z.string().describe('what went wrong, in a sentence'),
  truth: Result.nullable(),
  prediction: Result,
});
export type EvaluatedPicture = z.infer<typeof EvaluatedPicture>;

export const EvaluationReport = z
  .object({
    perClass: z.array(ClassFigures),
    curves: z.array(Curve),
    confusion: Confusion.nullable(),
    calibration: Calibration.nullable(),
    cutoffs: ScoreCalibration.optional().describe('of an evaluation with calibrate'),
    worst: z.array(EvaluatedPicture),
    failures: z
      .array(z.object({ name: z.string(), code: z.string(), detail: z.string() }))
      .describe('pictures that could not be run; they count as nothing found'),
  })
  .meta({ id: 'EvaluationReport' });
export type EvaluationReport = z.infer<typeof EvaluationReport>;

export const EvaluationSummary = z
  .object({
    id: z.uuid(),
    task: z.enum(TASKS),
    createdAt: z.iso.datetime(),
    codeVersion: z.string(),
    device: z.string(),
    models: z.array(ModelUse),
    params: z.record(z.string(), z.unknown()),
    dataset: z.object({
      format: z.enum(DATASET_FORMATS),
      name: z.string(),
      folder: z.string(),
      sha256: Sha256,
      split: z.string().nullable(),
      subset: z.string().describe('all, even, odd; `first 100`'),
      images: z.int().min(0),
      truths: z.int().min(0),
    }),
    metric: z.string().describe('COCO bbox, COCO keypoints, top-k, mIoU'),
    figures: z.array(Figure).describe('the first is the headline'),
    durationMs: z.number().min(0),
    imagesPerSecond: z.number().min(0).nullable(),
    links: z.object({ self: z.string(), job: z.string().optional() }),
  })
  .meta({ id: 'EvaluationSummary' });
export type EvaluationSummary = z.infer<typeof EvaluationSummary>;

export const Evaluation = EvaluationSummary.extend({ report: EvaluationReport }).meta({ id: 'Evaluation' });
export type Evaluation = z.infer<typeof Evaluation>;

export const EvaluationQuery = z.object({
  task: z.enum(TASKS).optional(),
  model: z.string().optional(),
  dataset: z.string().max(200).optional().describe('its name or SHA-256'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(200).optional(),
});
export type EvaluationQuery = z.infer<typeof EvaluationQuery>;

export const EvaluationPage = z
  .object({ items: z.array(EvaluationSummary), nextCursor: z.string().nullable() })
  .meta({ id: 'EvaluationPage' });
export type EvaluationPage = z.infer<typeof EvaluationPage>;
