import { elementBytes, type Tensor, type TensorType, type Tensors } from '@fovea/tensor';

/** A tensor whose bytes lie in several pieces (the rows of several requests), so that joining copies nothing. */
export interface PartedTensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly parts: readonly Uint8Array[];
}
/** A tensor that stayed in the backend, as a feed: whole, or these rows of it (axis 0) in this order. */
export interface HandleFeed {
  readonly handle: number;
  readonly rows?: readonly number[];
}
/** One run of a session. */
export interface Batch {
  readonly model: string;
  readonly feeds: Readonly<Record<string, PartedTensor>>;
  /** Inputs that are fed with what an earlier run kept. */
  readonly keptFeeds?: Readonly<Record<string, HandleFeed>>;
  /** Names of the outputs that leave the session; empty = all, or none where some are kept. */
  readonly outputs: readonly string[];
  /** Outputs that stay in the backend, and the handles they can be fed by from then on. */
  readonly keep?: Readonly<Record<string, number>>;
}
export interface KeptFacts {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly number[];
}
export interface BatchAnswer {
  readonly outputs: Tensors;
  /** What `keep` named. */
  readonly kept: readonly KeptFacts[];
  /** Time in the session, transfers excluded. */
  readonly runMs: number;
}

export interface ModelFile {
  readonly id: string;
  readonly path: string;
}
/** An input or output as the session itself declares it; -1 or a name is a dynamic dimension. */
export interface TensorFacts {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}
export interface LoadedFacts {
  readonly inputs: readonly TensorFacts[];
  readonly outputs: readonly TensorFacts[];
  readonly loadMs: number;
}

/**
 * What runs models: a session host process, this process (tests), later a server that speaks the Open Inference
 * Protocol. A backend is used until it is gone; whoever owns it makes a new one then.
 */
export interface Backend {
  readonly device: string;
  readonly pid: number | null;
  /** Runs that may be handed over at a time: 2 where the second waits outside the session, otherwise 1. */
  readonly depth: number;
  /** Resolves with the reason when the backend can no longer be used; never rejects. */
  readonly gone: Promise<string>;
  /** Resident memory of its process as last heard; undefined where it is not its own. */
  rssBytes(): number | undefined;
  /** @throws RunError when the file is no usable model, BackendGone */
  load(model: ModelFile): Promise<LoadedFacts>;
  /** Runs in the order of the calls. @throws RunError, BackendGone */
  run(batch: Batch): Promise<BatchAnswer>;
  /** Unknown models are ignored. */
  unload(model: string): Promise<void>;
  /** Gives kept tensors up after the runs handed over before; unknown handles are ignored. */
  release(handles: readonly number[]): void;
  /** Ends it at once, with whatever runs. */
  kill(reason: string): void;
  /** Ends it after what runs. */
  dispose(): Promise<void>;
}

/** The session refused a load or a run; the backend lives. */
export class RunError extends Error {
  override readonly name = 'RunError';
}

/** The backend went away; `started` tells whether this work was in the session when it did. */
export class BackendGone extends Error {
  override readonly name = 'BackendGone';
  readonly started: boolean;
  constructor(reason: string, started: boolean) {
    super(reason);
    this.started = started;
  }
}

/** The bytes of a tensor, not copied. */
export const bytesOf = (tensor: Tensor): Uint8Array =>
  new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength);

export const byteLength = (type: TensorType, dims: readonly number[]): number =>
  dims.reduce((product, dim) => product * dim, elementBytes(type));
