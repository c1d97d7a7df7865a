import type { BlobPort, RunContext, Runtime, Stage, StageModel } from '@fovea/application';
import { VisionError, type Attachment, type StageTiming } from '@fovea/contracts';
import { runStage } from './run-stage.ts';

export interface ContextOptions {
  readonly models: Readonly<Record<string, StageModel>>;
  readonly runtime: Runtime;
  readonly blobs: BlobPort;
  readonly signal: AbortSignal;
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
    const model = this.models[role];
    if (!model) throw new TypeError(`the definition declares no role "${role}" for stage ${stage.name}`);
    const { signal, runtime } = this;
    const ran = await runStage(stage, { input, params, model, runtime, signal });
    const { output, response } = ran;
    this.preprocessMs += ran.preprocessMs;
    this.postprocessMs += ran.postprocessMs;
    this.devices.add(response.device);
    this.stages.push({
      role: role === 'primary' ? stage.name : role,
      queueMs: response.queueMs,
      inferenceMs: response.inferenceMs,
      batchSize: response.batchSize,
      cached: false,
    });
    return output;
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
