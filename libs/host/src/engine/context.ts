import type { BlobPort, RunContext, Runtime, Stage, StageModel, Step } from '@fovea/application';
import { VisionError, type Attachment, type StageTiming } from '@fovea/contracts';
import { runStage } from './run-stage.ts';
import type { OwnedStageCache } from './stage-cache.ts';

export interface ContextOptions {
  readonly models: Readonly<Record<string, StageModel>>;
  readonly runtime: Runtime;
  readonly blobs: BlobPort;
  readonly signal: AbortSignal;
  readonly cache?: OwnedStageCache;
  readonly onProgress?: (progress: { done: number; total: number; unit: string }) => void;
  readonly onPartial?: (result: Record<string, unknown>) => void;
}

/** The context of one run, and what it saw: stage timings, the device, attachments. */
export class Context implements RunContext {
  readonly models: Readonly<Record<string, StageModel>>;
  readonly runtime: Runtime;
  readonly blobs: BlobPort;
  readonly signal: AbortSignal;
  readonly stages: StageTiming[] = [];
  readonly attachments: Attachment[] = [];
  readonly devices = new Set<string>();
  preprocessMs = 0;
  postprocessMs = 0;
  private readonly options: ContextOptions;

  constructor(options: ContextOptions) {
    this.options = options;
    this.models = options.models;
    this.runtime = options.runtime;
    this.blobs = options.blobs;
    this.signal = options.signal;
  }

  async stage<I, P, F, O>(
    stage: Stage<I, P, F, O>,
    input: I,
    params: P,
    { role = 'primary' }: { role?: string } = {},
  ): Promise<O> {
    const model = this.modelOf(role, stage.name);
    const { signal, runtime } = this;
    const { cache } = this.options;
    const ran = await runStage(stage, { input, params, model, runtime, signal, cache });
    this.preprocessMs += ran.preprocessMs;
    this.postprocessMs += ran.postprocessMs;
    if (ran.response) this.devices.add(ran.response.device);
    const { queueMs = 0, inferenceMs = 0, batchSize = 1 } = ran.response ?? {};
    const named = role === 'primary' ? stage.name : role;
    this.stages.push({ role: named, queueMs, inferenceMs, batchSize, cached: !ran.response });
    return ran.output;
  }

  async step<I, O>(step: Step<I, O>, input: I, { role }: { role: string }): Promise<O> {
    const model = this.modelOf(role, step.name);
    this.signal.throwIfAborted();
    const { outputs, keep } = step;
    const response = await this.runtime.run({
      model: model.id,
      feeds: step.prepare(input, model),
      outputs,
      keep,
    });
    const { queueMs, inferenceMs, batchSize, kept } = response;
    this.devices.add(response.device);
    this.addStep({
      role: role === 'primary' ? step.name : role,
      queueMs,
      inferenceMs,
      batchSize,
      cached: false,
    });
    return step.read(response.outputs, { kept, model });
  }

  private modelOf(role: string, stage: string): StageModel {
    const model = this.models[role];
    if (!model) throw new TypeError(`the definition declares no role "${role}" for stage ${stage}`);
    return model;
  }

  /** A caption takes twenty runs of one model: a row for each would tell nobody anything. */
  private addStep(timing: StageTiming): void {
    const at = this.stages.findIndex(({ role, steps }) => role === timing.role && steps !== undefined);
    const before = this.stages[at];
    if (!before) this.stages.push({ ...timing, steps: 1 });
    else
      this.stages[at] = {
        ...before,
        queueMs: before.queueMs + timing.queueMs,
        inferenceMs: before.inferenceMs + timing.inferenceMs,
        batchSize: Math.max(before.batchSize, timing.batchSize),
        steps: (before.steps ?? 0) + 1,
      };
  }

  async attach(attachment: Parameters<RunContext['attach']>[0]): Promise<void> {
    const { sha256 } = await this.blobs.put(attachment.bytes, attachment.mime);
    const { role, caption, index } = attachment;
    this.attachments.push({
      role,
      blob: sha256,
      ...(caption === undefined ? {} : { caption }),
      ...(index === undefined ? {} : { index }),
    });
  }

  progress(done: number, total: number, unit: string): void {
    this.options.onProgress?.({ done, total, unit });
  }

  partial(result: Record<string, unknown>): void {
    this.options.onPartial?.(result);
  }
}

/** What an aborted signal means, whoever noticed it first: the reason where it says, otherwise CANCELLED. */
export function cancelled(signal: AbortSignal): VisionError {
  const reason: unknown = signal.reason;
  return reason instanceof VisionError
    ? reason
    : new VisionError('CANCELLED', 'the request was cancelled', { cause: reason });
}
