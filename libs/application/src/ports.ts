import type { ClassLabel, ManifestModel } from '@fovea/contracts';
import type { Tensors } from '@fovea/tensor';
import type { Stage } from './stage.ts';

// What applications and stages may ask of the house; infra implements it, host wires it.

export type Priority = 'interactive' | 'job';

/** A model as a stage sees it: the manifest's row and its label file. */
export interface StageModel extends ManifestModel {
  /** In the order of the model's output; empty where the model has no label file. */
  readonly classes: readonly ClassLabel[];
  /** Tokens of a text model by id; empty where the model reads no text. */
  readonly tokens: readonly string[];
}

/** One run of one model. */
export interface InferenceRequest {
  readonly model: string;
  /** Axis 0 of every feed is the batch (`rows` of them), unless the manifest says otherwise. */
  readonly feeds: Tensors;
  /** Only these leave the session; default: all. */
  readonly outputs?: readonly string[];
}
export interface InferenceResponse {
  readonly outputs: Tensors;
  readonly queueMs: number;
  /** The batch's run time in the session. */
  readonly inferenceMs: number;
  /** Rows of the batch that this request ran in. */
  readonly batchSize: number;
  readonly device: string;
}

/** Inference, already bound to one request's owner, priority, deadline and abort signal. */
export interface Runtime {
  /** @throws MODEL_MISSING, MODEL_FAILED, QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED */
  run(request: InferenceRequest): Promise<InferenceResponse>;
}

/** Keeps bytes that belong to a result (`store=false` returns the hash and keeps nothing). */
export interface BlobPort {
  put(bytes: Uint8Array, mime: string): Promise<{ sha256: string }>;
}

/** What a definition's `run` is given. */
export interface RunContext {
  /** The model of every role, after the request's choice: `models.primary.id`. */
  readonly models: Readonly<Record<string, StageModel>>;
  readonly runtime: Runtime;
  readonly blobs: BlobPort;
  readonly signal: AbortSignal;
  /** preprocess → runtime → postprocess with the model of a role (default `primary`), timed and named in `run.stages`. */
  stage<I, P, F, O>(stage: Stage<I, P, F, O>, input: I, params: P, options?: { role?: string }): Promise<O>;
  /** A picture, map or file beside the result. */
  attach(attachment: {
    role: string;
    bytes: Uint8Array;
    mime: string;
    caption?: string;
    index?: number;
  }): Promise<void>;
  progress(done: number, total: number, unit: string): void;
  partial(result: Record<string, unknown>): void;
}

/** What the work of a job is given, bound to one job. */
export interface JobContext {
  readonly id: string;
  readonly owner: string;
  /** Aborted when the job is cancelled or the server ends; work that ends with the server is resumed. */
  readonly signal: AbortSignal;
  /** What was done already, also before a restart, by key: JSON values. */
  readonly steps: {
    all(): Promise<ReadonlyMap<string, unknown>>;
    /** Kept when it resolves; the same key again replaces. Steps may be gathered for some milliseconds and written together. */
    put(key: string, value: unknown): Promise<void>;
  };
  /** Told to who watches, and kept at most about once a second. */
  progress(done: number, total: number, unit: string): void;
  partial(result: Record<string, unknown>): void;
}

/** The work of one kind of job: begun anew after a restart, with the same request and the steps kept. */
export type JobWork = (context: JobContext, request: Readonly<Record<string, unknown>>) => Promise<unknown>;
