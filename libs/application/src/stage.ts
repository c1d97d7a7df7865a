import type { Tensors } from '@fovea/tensor';
import type { StageModel } from './ports.ts';

/** What preprocess hands on: the feeds, and the frame: how the pixels were moved, for postprocess to invert. */
export interface Prepared<F> {
  readonly feeds: Tensors;
  readonly frame: F;
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
  preprocess(input: I, params: P, model: StageModel): Promise<Prepared<F>>;
  postprocess(outputs: Tensors, context: { frame: F; params: P; model: StageModel }): O | Promise<O>;
}

/**
 * Declares a stage; types are inferred from its functions.
 * @throws RangeError when the name is not kebab-case or the version is not a positive integer
 */
export function defineStage<I, P, F, O>(stage: Stage<I, P, F, O>): Stage<I, P, F, O> {
  if (!/^[a-z][a-z0-9-]*$/.test(stage.name))
    throw new RangeError(`stage name "${stage.name}" must be kebab-case`);
  if (!Number.isInteger(stage.version) || stage.version < 1)
    throw new RangeError(`stage ${stage.name}: version must be a positive integer, got ${stage.version}`);
  return Object.freeze(stage);
}
