import {
  KeptLost,
  primaryInput,
  type AnyDefinition,
  type BlobPort,
  type Priority,
  type StageModel,
} from '@fovea/application';
import type { Catalog } from '@fovea/catalog';
import { TASK_KINDS, VisionError, type ModelUse, type Result, type RunEnvelope } from '@fovea/contracts';
import { openPicture, type OpenedPicture } from '@fovea/imaging';
import type { Inference } from '@fovea/inference';
import { v7 as uuid } from 'uuid';
import { cancelled, Context } from './context.ts';
import { checkInputs, decodeInputs, sha256Of, type DecodedInputs, type InputsByName } from './inputs.ts';
import { parseParams, type ParsedParams } from './params.ts';
import { Semaphore } from './semaphore.ts';
import type { StageCache } from './stage-cache.ts';
import { timeLimit } from './time-limit.ts';

export interface ExecuteRequest {
  readonly task: string;
  readonly inputs: InputsByName;
  readonly params?: unknown;
  readonly model?: string | undefined;
  /** Default `local`. */
  readonly owner?: string;
  /** Default true: recorded in the catalog, where there is one. */
  readonly store?: boolean;
  /** Where the bytes of a result go with `store: false`; default: nowhere, they are only hashed. */
  readonly blobs?: BlobPort;
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
  readonly idempotency?: { readonly key: string; readonly requestSha256: string };
  readonly onPartial?: (result: Record<string, unknown>) => void;
  readonly onProgress?: (progress: { done: number; total: number; unit: string }) => void;
}

export interface ExecutorOptions {
  readonly inference: Inference;
  readonly catalog: Catalog | undefined;
  readonly stageCache: StageCache;
  readonly maxPixels: number;
  readonly deadlineMs: number;
  readonly keepInputs: boolean;
  readonly codeVersion: string;
  /** Pictures decoded at the same time: decoding holds width x height x 3 bytes each. */
  readonly decodeLimit: number;
  readonly onRun?: (envelope: RunEnvelope) => void;
}

/** One run of a job may take a day. */
const JOB_RUN_MS = 24 * 60 * 60 * 1000;

/** Runs definitions: parameters, decoding, the application, the record. */
export class Executor {
  private readonly options: ExecutorOptions;
  private readonly decoding: Semaphore;

  constructor(options: ExecutorOptions) {
    this.options = options;
    this.decoding = new Semaphore(options.decodeLimit);
  }

  /** One run. @throws VisionError of every kind that a run can end with */
  async execute(
    definition: AnyDefinition,
    request: ExecuteRequest,
    ownModels?: () => readonly string[],
  ): Promise<RunEnvelope> {
    // FOVEA_DEADLINE_MS is for those who wait for the answer.
    const deadlineMs = request.priority === 'job' ? JOB_RUN_MS : this.options.deadlineMs;
    const { signal, end } = timeLimit(deadlineMs, request.signal);
    try {
      return await this.run(definition, request, { signal, deadlineAt: Date.now() + deadlineMs, ownModels });
    } catch (error) {
      if (signal.aborted && !(error instanceof VisionError)) throw cancelled(signal);
      throw error;
    } finally {
      end();
    }
  }

  /** A picture by itself, for whoever is no run. @throws IMAGE_CORRUPT, IMAGE_TOO_LARGE, UNSUPPORTED_MEDIA */
  open(bytes: Uint8Array, signal: AbortSignal): Promise<OpenedPicture> {
    const { maxPixels } = this.options;
    return this.decoding.use(
      () => openPicture(bytes, { maxPixels, signal, sha256: sha256Of(bytes) }),
      signal,
    );
  }

  private async run(
    definition: AnyDefinition,
    request: ExecuteRequest,
    limits: { signal: AbortSignal; deadlineAt: number; ownModels: (() => readonly string[]) | undefined },
  ): Promise<RunEnvelope> {
    const start = performance.now();
    const { inference, catalog, maxPixels } = this.options;
    const owner = request.owner ?? 'local';
    const store = request.store !== false && catalog !== undefined;
    const { signal } = limits;
    const parsed = parseParams(definition, request.params, {
      model: request.model,
      ...(limits.ownModels ? { ownModels: limits.ownModels } : {}),
    });
    checkInputs(definition, request.inputs);
    const models = Object.fromEntries(
      Object.entries(parsed.models).map(([role, id]) => [role, inference.model(id)]),
    );
    const decoded = await this.decoding.use(
      () => decodeInputs(definition, request.inputs, { maxPixels, signal }),
      signal,
    );
    const decodeMs = performance.now() - start;
    const blobs = store ? storing(catalog, owner) : (request.blobs ?? hashing);
    const { deadlineAt } = limits;
    const attempt = () =>
      this.attempt(definition, request, { models, decoded, parsed, blobs, owner, signal, deadlineAt });
    const { context, result } = await twice(attempt);
    if (result.kind !== TASK_KINDS[definition.task])
      throw new TypeError(
        `${definition.task} returned kind ${result.kind}, not ${TASK_KINDS[definition.task]}`,
      );
    const envelope = this.envelope(definition, { parsed, decoded, context, result, store, decodeMs, start });
    if (store)
      await catalog.runs.record({
        owner,
        envelope,
        inputs: decoded.stored,
        ...(request.idempotency ? { idempotencyKey: request.idempotency } : {}),
      });
    this.options.onRun?.(envelope);
    return envelope;
  }

  private async attempt(
    definition: AnyDefinition,
    request: ExecuteRequest,
    run: {
      models: Readonly<Record<string, StageModel>>;
      decoded: DecodedInputs;
      parsed: ParsedParams;
      blobs: BlobPort;
      owner: string;
      signal: AbortSignal;
      deadlineAt: number;
    },
  ): Promise<{ context: Context; result: Result }> {
    const { signal, owner, blobs, models } = run;
    const runtime = this.options.inference.bind({
      owner,
      priority: request.priority ?? 'interactive',
      deadlineMs: run.deadlineAt,
      signal,
    });
    try {
      const context = new Context({
        models,
        runtime,
        blobs,
        signal,
        cache: this.options.stageCache.of(owner),
        ...(request.onProgress ? { onProgress: request.onProgress } : {}),
        ...(request.onPartial ? { onPartial: request.onPartial } : {}),
      });
      return { context, result: await definition.run(context, run.decoded.values, run.parsed.params) };
    } finally {
      runtime.end();
    }
  }

  private envelope(
    definition: AnyDefinition,
    run: {
      parsed: ParsedParams;
      decoded: DecodedInputs;
      context: Context;
      result: RunEnvelope['result'];
      store: boolean;
      decodeMs: number;
      start: number;
    },
  ): RunEnvelope {
    const { context, decoded } = run;
    const id = uuid();
    const primary = primaryInput(definition);
    const picture = primary === undefined ? undefined : decoded.facts[primary];
    const self = `/v1/runs/${id}`;
    return {
      run: {
        id,
        task: definition.task,
        models: modelUses(context),
        params: run.parsed.params,
        device: [...context.devices].join('+') || 'none',
        batchSize: Math.max(1, ...context.stages.map((stage) => stage.batchSize)),
        createdAt: new Date().toISOString(),
        codeVersion: this.options.codeVersion,
        timings: {
          decodeMs: round(run.decodeMs + context.preprocessMs),
          queueMs: round(sum(context.stages.map((stage) => stage.queueMs))),
          inferenceMs: round(sum(context.stages.map((stage) => stage.inferenceMs))),
          postprocessMs: round(context.postprocessMs),
          totalMs: round(performance.now() - run.start),
        },
        stages: context.stages.map((stage) => ({
          ...stage,
          queueMs: round(stage.queueMs),
          inferenceMs: round(stage.inferenceMs),
        })),
      },
      inputs: decoded.facts,
      result: run.result,
      ...(context.attachments.length > 0 ? { attachments: context.attachments } : {}),
      links: run.store
        ? {
            self,
            // Without a picture there is nothing to draw on.
            ...(Object.keys(decoded.facts).length > 0 ? { overlay: `${self}/overlay.png` } : {}),
            ...(picture && this.options.keepInputs ? { input: `/v1/blobs/${picture.sha256}` } : {}),
          }
        : {},
    };
  }
}

/** What was kept in a session host goes with it: the run begins anew, once. */
async function twice<T>(attempt: () => Promise<T>): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof KeptLost)) throw error;
  }
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof KeptLost)) throw error;
    throw new VisionError('MODEL_FAILED', `The run was lost twice: ${error.message}`, { cause: error });
  }
}

function modelUses(context: Context): ModelUse[] {
  return Object.entries(context.models)
    .sort(([a], [b]) => Number(b === 'primary') - Number(a === 'primary'))
    .map(([role, { id, revision, sha256 }]) => ({ role, id, revision, sha256 }));
}

const storing = (catalog: Catalog, owner: string): BlobPort => ({
  put: (bytes, mime) => catalog.blobs.put(owner, bytes, mime),
});
const hashing: BlobPort = { put: (bytes) => Promise.resolve({ sha256: sha256Of(bytes) }) };

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
/** Milliseconds to the microsecond. */
const round = (ms: number) => Math.round(ms * 1000) / 1000;
