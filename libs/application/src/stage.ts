import type { Tensors } from '@fovea/tensor';
import type { Feeds, KeptTensor, StageModel } from './ports.ts';

/** What preprocess hands on: the feeds, and the frame: how the pixels were moved, for postprocess to invert. */
export interface Prepared<F> {
  readonly feeds: Tensors;
  readonly frame: F;
}

/** A stage whose results are worth keeping for the next request about the same input. */
export interface StageCaching<I, P, O> {
  /** What the result depends on beside stage, version and model; undefined: not cached. */
  key(input: I, params: P): string | undefined;
  /** Memory that a result takes. */
  bytes(output: O): number;
  /** Another stage of the same model whose cached result contains this one's. */
  readonly within?: {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- only its name, version and key matter
    readonly stage: Stage<I, any, any, any>;
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what that stage gives
    pick(output: any): O;
  };
}

/**
 * The reusable piece below applications: the models it can run, preprocess and postprocess.
 * I input (often an Image), P parameters, F frame, O result in original pixels.
 */
export interface Stage<I, P, F, O> {
  readonly name: string;
  /** Raised whenever pre- or postprocessing changes what comes out (part of cache keys). */
  readonly version: number;
  /** Model ids that fit this stage, the default first. Only a stage names them. */
  readonly models: readonly [string, ...string[]];
  /** Names of the outputs that postprocess reads; no others leave the session. */
  readonly outputs: readonly string[];
  readonly cache?: StageCaching<I, P, O>;
  preprocess(input: I, params: P, model: StageModel): Promise<Prepared<F>>;
  postprocess(outputs: Tensors, context: { frame: F; params: P; model: StageModel }): O | Promise<O>;
}

/**
 * One step of a loop whose state stays in the session host, such as a word of a caption: what is kept of one step is
 * fed to the next, and only `outputs` cross the process border. I input, O result.
 */
export interface Step<I, O> {
  readonly name: string;
  readonly version: number;
  readonly models: readonly [string, ...string[]];
  readonly outputs: readonly string[];
  /** Names of the outputs that stay. */
  readonly keep: readonly string[];
  prepare(input: I, model: StageModel): Feeds;
  read(outputs: Tensors, context: { kept: Readonly<Record<string, KeptTensor>>; model: StageModel }): O;
}

/**
 * Declares a stage; types are inferred from its functions.
 * @throws RangeError when the name is not kebab-case or the version is not a positive integer
 */
export function defineStage<I, P, F, O>(stage: Stage<I, P, F, O>): Stage<I, P, F, O> {
  checkStage(stage);
  return Object.freeze(stage);
}

/** Declares a step of a loop. @throws RangeError as {@link defineStage} */
export function defineStep<I, O>(step: Step<I, O>): Step<I, O> {
  checkStage(step);
  return Object.freeze(step);
}

function checkStage(stage: { readonly name: string; readonly version: number }): void {
  if (!/^[a-z][a-z0-9-]*$/.test(stage.name))
    throw new RangeError(`stage name "${stage.name}" must be kebab-case`);
  if (!Number.isInteger(stage.version) || stage.version < 1)
    throw new RangeError(`stage ${stage.name}: version must be a positive integer, got ${stage.version}`);
}
