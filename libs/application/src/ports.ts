import type { ClassLabel, ManifestModel } from '@fovea/contracts';
import type { Tensor, Tensors, TensorType } from '@fovea/tensor';
import type { Stage, Step } from './stage.ts';

// What applications and stages may ask of the house; infra implements it, host wires it.

export type Priority = 'interactive' | 'job';

/** A model as a stage sees it: the manifest's row and its label file. */
export interface StageModel extends ManifestModel {
  /** In the order of the model's output; empty where the model has no label file. */
  readonly classes: readonly ClassLabel[];
  /** Tokens of a text model by id; empty where the model reads no text. */
  readonly tokens: readonly string[];
}

/**
 * An output that stayed where it was computed, for later runs of the same request: it can be fed to any model, is
 * gone when the request ends, and may be given up before.
 */
export interface KeptTensor {
  readonly id: number;
  readonly type: TensorType;
  readonly dims: readonly number[];
}
/** A kept tensor as a feed: whole, or these of its rows (axis 0) in this order, each as often as it is named. */
export interface KeptFeed {
  readonly kept: KeptTensor;
  readonly rows?: readonly number[];
}
export type Feeds = Readonly<Record<string, Tensor | KeptFeed>>;

/** One run of one model. */
export interface InferenceRequest {
  readonly model: string;
  /** Axis 0 of every feed is the batch (`rows` of them), unless the manifest says otherwise. */
  readonly feeds: Feeds;
  /** Only these leave the session; default: all that are not kept. */
  readonly outputs?: readonly string[];
  /** These stay in the session host. */
  readonly keep?: readonly string[];
}
export interface InferenceResponse {
  readonly outputs: Tensors;
  /** By the names of `keep`; empty without. */
  readonly kept: Readonly<Record<string, KeptTensor>>;
  readonly queueMs: number;
  /** The batch's run time in the session. */
  readonly inferenceMs: number;
  /** Rows of the batch that this request ran in. */
  readonly batchSize: number;
  readonly device: string;
}

/** Inference, already bound to one request's owner, priority, deadline and abort signal. */
export interface Runtime {
  /** @throws MODEL_MISSING, MODEL_FAILED, QUEUE_FULL (also: too much is kept), DEADLINE_EXCEEDED, CANCELLED, {@link KeptLost} */
  run(request: InferenceRequest): Promise<InferenceResponse>;
  /** Gives kept tensors up before the request ends; those that are gone already are ignored. */
  release(kept: readonly KeptTensor[]): void;
}

/** A runtime that its owner ends with the request: everything it kept is gone then. */
export interface BoundRuntime extends Runtime {
  end(): void;
}

/** A kept tensor is gone, because its session host is: the whole request begins anew, once. */
export class KeptLost extends Error {
  override readonly name = 'KeptLost';
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
  /** A step of a loop with the model of a role; all steps of a role are one row of `run.stages`. */
  step<I, O>(step: Step<I, O>, input: I, options: { role: string }): Promise<O>;
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
