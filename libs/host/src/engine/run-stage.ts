import type { InferenceResponse, Runtime, Stage, StageModel } from '@fovea/application';
import type { OwnedStageCache } from './stage-cache.ts';

export interface StageRun<I, P> {
  readonly input: I;
  readonly params: P;
  readonly model: StageModel;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly cache?: OwnedStageCache | undefined;
}
export interface StageOutcome<O> {
  readonly output: O;
  /** Undefined where the output was kept from an earlier run. */
  readonly response?: InferenceResponse;
  readonly preprocessMs: number;
  readonly postprocessMs: number;
}

/** preprocess → runtime → postprocess, timed; or what was kept of an earlier run with the same input. */
export async function runStage<I, P, F, O>(
  stage: Stage<I, P, F, O>,
  run: StageRun<I, P>,
): Promise<StageOutcome<O>> {
  run.signal.throwIfAborted();
  let fresh: StageOutcome<O> | undefined;
  const make = async (): Promise<O> => {
    fresh = await runNow(stage, run);
    return fresh.output;
  };
  const output = run.cache ? await run.cache.through(stage, run, make) : await make();
  return fresh ?? { output, preprocessMs: 0, postprocessMs: 0 };
}

async function runNow<I, P, F, O>(
  stage: Stage<I, P, F, O>,
  { input, params, model, runtime }: StageRun<I, P>,
): Promise<StageOutcome<O>> {
  const start = performance.now();
  const { feeds, frame } = await stage.preprocess(input, params, model);
  const prepared = performance.now();
  const response = await runtime.run({ model: model.id, feeds, outputs: stage.outputs });
  const ran = performance.now();
  const output = await stage.postprocess(response.outputs, { frame, params, model });
  return { output, response, preprocessMs: prepared - start, postprocessMs: performance.now() - ran };
}
