import type { InferenceResponse, Runtime, Stage, StageModel } from '@fovea/application';

export interface StageRun<I, P> {
  readonly input: I;
  readonly params: P;
  readonly model: StageModel;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

/** preprocess → runtime → postprocess, timed. */
export async function runStage<I, P, F, O>(
  stage: Stage<I, P, F, O>,
  { input, params, model, runtime, signal }: StageRun<I, P>,
): Promise<{ output: O; response: InferenceResponse; preprocessMs: number; postprocessMs: number }> {
  signal.throwIfAborted();
  const start = performance.now();
  const { feeds, frame } = await stage.preprocess(input, params, model);
  const prepared = performance.now();
  const response = await runtime.run({ model: model.id, feeds, outputs: stage.outputs });
  const ran = performance.now();
  const output = await stage.postprocess(response.outputs, { frame, params, model });
  return { output, response, preprocessMs: prepared - start, postprocessMs: performance.now() - ran };
}
