import {
  VisionError,
  type Calibration,
  type ClassLabel,
  type ErrorCode,
  type EvaluatedPicture,
  type EvaluationReport,
  type EvaluationRequest,
  type Figure,
  type Result,
  type RunEnvelope,
} from '@fovea/contracts';
import type {
  Calibration as CalibrationFigures,
  Dataset,
  DatasetImage,
  DatasetTruth,
} from '@fovea/evaluation';

/** What is kept of one picture while an evaluation runs: JSON, as small as its figures allow. */
export type Step = { readonly kept: unknown } | { readonly failure: { code: ErrorCode; detail: string } };

/** Bytes that a result named, as it was run (nothing is stored while an evaluation runs). */
export type RunBlobs = ReadonlyMap<string, { readonly bytes: Uint8Array; readonly mime: string }>;

/** What a measure is made from. */
export interface MeasureOptions {
  readonly request: EvaluationRequest;
  /** Only the pictures and truths that are evaluated. */
  readonly dataset: Dataset;
  /** The truths of each picture; pictures without any have an empty list. */
  readonly truths: ReadonlyMap<number, readonly DatasetTruth[]>;
  /** Of the model that names what is found. */
  readonly classes: readonly ClassLabel[];
  /** For messages. */
  readonly model: string;
  /** The task's parameters where nothing is said. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

/** One of the pictures that went worst, before its bytes are read. */
export type WorstPicture = Pick<EvaluatedPicture, 'score' | 'note' | 'truth'> & {
  readonly imageId: number;
  /** null: it is run once more, for what its step does not hold. */
  readonly prediction: Result | null;
  readonly blobs?: RunBlobs;
};

export interface Measured extends Omit<EvaluationReport, 'worst' | 'failures'> {
  readonly figures: readonly Figure[];
  /** Worst first. */
  readonly worst: readonly WorstPicture[];
}

/** A picture that was run, and further runs of the same task that belong to it. */
export interface PictureRun {
  readonly envelope: RunEnvelope;
  readonly blobs: RunBlobs;
  readonly bytes: Uint8Array;
  readonly also: {
    /** Without a picture, with these parameters besides the evaluation's. */
    (params: Record<string, unknown>): Promise<RunEnvelope>;
    /** The same picture, with these parameters besides the evaluation's. */
    again(params: Record<string, unknown>): Promise<RunEnvelope>;
    /** The picture's crops and its mirror image. */
    variants(bytes: Uint8Array): Promise<RunEnvelope[]>;
  };
}

/** How a task is measured: made for one evaluation. */
export interface Measure {
  /** For the summary: `COCO bbox`. */
  readonly metric: string;
  /** What the picture's run is given besides the parameters of the evaluation; null: nothing to be run here. */
  paramsOf?(image: DatasetImage): Record<string, unknown> | null;
  /** What is kept of a run; it may be a promise. */
  keep(image: DatasetImage, run: PictureRun): unknown;
  /** The figures of all pictures; those that failed have undefined. */
  measure(kept: ReadonlyMap<number, unknown>): Promise<Measured>;
}

/** How many pictures a report shows. */
export const WORST = 24;
/** Predictions below this score are not drawn, and do not count in a picture's own figure. */
export const DRAWN_SCORE = 0.3;

/** To four digits: figures of diagrams, where more would only make the report larger. */
export const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
/**
 * Masks of another size than their picture cannot be compared with anything.
 * @throws IMAGE_CORRUPT
 */
export function checkSize(
  { name, width, height }: Pick<DatasetImage, 'name' | 'width' | 'height'>,
  picture: { readonly width?: number | undefined; readonly height?: number | undefined },
): void {
  if (width === undefined || height === undefined) return;
  if (width === picture.width && height === picture.height) return;
  throw new VisionError(
    'IMAGE_CORRUPT',
    `${name} is ${picture.width} x ${picture.height}, but annotated at ${width} x ${height}`,
  );
}

/** The metrics say NaN where there was nothing to measure, a report null. */
export const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
export const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : sum(values) / values.length;

/** Calibration as a report has it. */
export const calibrationReport = ({ ece, bins }: CalibrationFigures): Calibration => ({
  ece: orNull(ece),
  bins: bins.map((bin) => ({
    ...bin,
    confidence: orNull(bin.confidence),
    accuracy: orNull(bin.accuracy),
  })),
});
