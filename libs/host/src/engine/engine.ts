import { primaryInput } from '@fovea/application';
import type { Catalog } from '@fovea/catalog';
import {
  VisionError,
  type ModelList,
  type ReplayEnvelope,
  type RunEnvelope,
  type TaskInfo,
} from '@fovea/contracts';
import type { Settings } from '@fovea/config';
import type { OpenedPicture } from '@fovea/imaging';
import type { Inference } from '@fovea/inference';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { codeVersion, repositoryRoot } from '../version.ts';
import { difference } from './difference.ts';
import { Executor, type ExecuteRequest } from './executor.ts';
import type { InputsByName } from './inputs.ts';
import { createJobs, type Jobs } from './jobs.ts';
import type { Log } from './log.ts';
import { drawOverlay, type OverlayFormat } from './overlay.ts';
import { parseParams } from './params.ts';
import { Registry, type Application } from './registry.ts';
import { forward } from './remote.ts';
import { runWork } from './run-jobs.ts';
import { StageCache } from './stage-cache.ts';
import { checkVectors, startCatalog, startInference, startVectors } from './start.ts';
import type { Vectors } from './vectors.ts';

export interface EngineOptions {
  readonly settings: Settings;
  readonly applications: readonly Application[];
  /** false: no catalog, nothing is kept (the CLI in its own process). */
  readonly record: boolean;
  readonly log: Log;
  readonly onRun?: (envelope: RunEnvelope) => void;
  readonly onSearch?: (search: { backend: string; ms: number }) => void;
}

/** Everything below the interfaces: tasks, inference and catalog, wired. HTTP, socket and CLI all call this. */
export class Engine {
  readonly registry: Registry;
  readonly inference: Inference;
  readonly catalog: Catalog | undefined;
  /** Undefined without a catalog; a server starts them when it is ready. */
  readonly jobs: Jobs | undefined;
  /** Undefined without a catalog. */
  readonly vectors: Vectors | undefined;
  readonly settings: Settings;
  readonly version: string;
  readonly stageCache: StageCache;
  /** Set while shutting down: readiness says so. */
  closing = false;
  private readonly executor: Executor;

  private constructor(
    options: EngineOptions,
    parts: { inference: Inference; catalog: Catalog | undefined; version: string },
  ) {
    this.settings = options.settings;
    this.registry = registryOf(options);
    this.inference = parts.inference;
    this.catalog = parts.catalog;
    this.version = parts.version;
    this.jobs = parts.catalog && createJobs(parts.catalog, options.settings, options.log);
    this.jobs?.register('run', runWork(this));
    this.vectors = parts.catalog && startVectors(options.settings, parts.catalog, options);
    const { maxPixels, deadlineMs, keepInputs, stageCacheBytes } = options.settings;
    this.stageCache = new StageCache(stageCacheBytes);
    this.executor = new Executor({
      ...parts,
      stageCache: this.stageCache,
      codeVersion: parts.version,
      maxPixels,
      deadlineMs,
      keepInputs,
      decodeLimit: Math.max(2, availableParallelism() * 2),
      ...(options.onRun ? { onRun: options.onRun } : {}),
    });
  }

  /** Opens the catalog and starts inference side by side; neither is left running where the other fails. */
  static async create(options: EngineOptions): Promise<Engine> {
    const { settings, log } = options;
    registryOf(options); // a wrong FOVEA_APPS is said before anything is started
    if (options.record) checkVectors(settings);
    const root = repositoryRoot();
    const starting = [
      startInference(settings, root, log),
      options.record ? startCatalog(settings, log) : Promise.resolve(undefined),
    ] as const;
    const [inference, catalog] = await Promise.allSettled(starting);
    if (inference.status === 'rejected' || catalog.status === 'rejected') {
      if (inference.status === 'fulfilled') await inference.value.close();
      if (catalog.status === 'fulfilled') await catalog.value?.close();
      throw (inference.status === 'rejected' ? inference : (catalog as PromiseRejectedResult)).reason;
    }
    return new Engine(options, {
      inference: inference.value,
      catalog: catalog.value,
      version: codeVersion(root),
    });
  }

  /** What this server does; a user's own models of a task (`fovea models add --task …`) are among its choices. */
  tasks(): TaskInfo[] {
    return this.registry.list().map((info) => {
      const [primary, ...others] = info.models;
      const own = this.ownModels(info.task);
      if (!primary || own.length === 0) return info;
      return { ...info, models: [{ ...primary, choices: [...primary.choices, ...own] }, ...others] };
    });
  }

  models(): ModelList {
    return { items: this.inference.models(), nextCursor: null, device: this.inference.device() };
  }

  /** One run of a task, here or forwarded to the service that has it. */
  async execute(request: ExecuteRequest): Promise<RunEnvelope> {
    const task = this.registry.get(request.task);
    if (task.remote !== undefined) return forward(task.remote, request, this.settings.apiKey);
    const run = () =>
      this.executor.execute(task.definition, request, () => this.ownModels(task.definition.task));
    return request.idempotency && request.store !== false && this.catalog
      ? this.once(this.catalog, { ...request, idempotency: request.idempotency }, run)
      : run();
  }

  /** What can be wrong with a request before it is run. @throws NOT_FOUND, INVALID_PARAMETER */
  check(request: ExecuteRequest): void {
    const { definition, remote } = this.registry.get(request.task);
    if (remote !== undefined) return; // that service knows its models
    parseParams(definition, request.params, {
      model: request.model,
      ownModels: () => this.ownModels(definition.task),
    });
  }

  /** One run per picture of the primary input, side by side; each fails alone. */
  async executeEach(request: ExecuteRequest): Promise<PromiseSettledResult<RunEnvelope>[]> {
    const { definition } = this.registry.get(request.task);
    const primary = primaryInput(definition);
    const pictures = (primary === undefined ? undefined : request.inputs[primary]) ?? [];
    return Promise.allSettled(
      pictures.map((picture, index) => {
        const inputs: InputsByName = { ...request.inputs, [primary as string]: [picture] };
        const { idempotency, ...rest } = request;
        const own = idempotency && { ...idempotency, key: `${idempotency.key}#${index}` };
        return this.execute({ ...rest, inputs, ...(own ? { idempotency: own } : {}) });
      }),
    );
  }

  /** @throws NOT_FOUND */
  async findRun(owner: string, id: string): Promise<RunEnvelope> {
    const run = /^[0-9a-f-]{36}$/.test(id) ? await this.needCatalog().runs.get(owner, id) : null;
    if (!run) throw new VisionError('NOT_FOUND', `there is no run ${id}`);
    return run;
  }

  /** Runs again with what was recorded, and compares. @throws NOT_FOUND, MODEL_CHANGED */
  async replay(
    owner: string,
    id: string,
    options: { current?: boolean; signal?: AbortSignal } = {},
  ): Promise<ReplayEnvelope> {
    const original = await this.findRun(owner, id);
    const { task, models, params } = original.run;
    if (!options.current)
      for (const model of models) {
        const now = this.inference.models().find((other) => other.id === model.id);
        if (now?.sha256 !== model.sha256)
          throw new VisionError(
            'MODEL_CHANGED',
            `${model.id} was ${model.sha256.slice(0, 12)}, now ${now?.sha256.slice(0, 12) ?? 'gone'}`,
          );
      }
    const others = Object.fromEntries(models.slice(1).map((model) => [model.role, model.id]));
    const replay = await this.execute({
      task,
      owner,
      inputs: await this.recordedInputs(owner, original),
      params: models.length > 1 ? { ...params, models: others } : params,
      model: models[0]?.id,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    return { original, replay, difference: difference(original.result, replay.result) };
  }

  /** The result drawn on the recorded input, a class map included. */
  async overlay(
    envelope: RunEnvelope,
    format: OverlayFormat,
    { owner }: { owner: string },
  ): Promise<Uint8Array> {
    const [picture, map] = await Promise.all([
      format === 'png' ? this.recordedPicture(owner, envelope) : undefined,
      this.recordedMap(owner, envelope),
    ]);
    return drawOverlay(envelope, format, { ...(picture ? { picture } : {}), ...(map ? { map } : {}) });
  }

  async close(): Promise<void> {
    await this.jobs?.close();
    await this.inference.drain(10_000);
    await this.vectors?.close();
    await Promise.allSettled([this.inference.close(), this.catalog?.close()]);
  }

  /** A picture that belongs to no run. @throws IMAGE_CORRUPT, IMAGE_TOO_LARGE, UNSUPPORTED_MEDIA */
  openPicture(bytes: Uint8Array, signal: AbortSignal): Promise<OpenedPicture> {
    return this.executor.open(bytes, signal);
  }

  /** @throws CATALOG_UNAVAILABLE in a process that keeps nothing */
  needVectors(): Vectors {
    if (!this.vectors) throw new VisionError('CATALOG_UNAVAILABLE', 'this process keeps no collections');
    return this.vectors;
  }

  /** @throws CATALOG_UNAVAILABLE in a process that keeps nothing */
  needJobs(): Jobs {
    if (!this.jobs) throw new VisionError('CATALOG_UNAVAILABLE', 'this process keeps no jobs');
    return this.jobs;
  }

  /** @throws CATALOG_UNAVAILABLE in a process that keeps nothing */
  needCatalog(): Catalog {
    if (!this.catalog) throw new VisionError('CATALOG_UNAVAILABLE', 'this process keeps no catalog');
    return this.catalog;
  }

  /** Runs a request with an Idempotency-Key once; a repeat waits for the first and gets its run. */
  private async once(
    catalog: Catalog,
    { owner = 'local', idempotency }: ExecuteRequest & Required<Pick<ExecuteRequest, 'idempotency'>>,
    run: () => Promise<RunEnvelope>,
  ): Promise<RunEnvelope> {
    const { key, requestSha256 } = idempotency;
    const state = await catalog.idempotency.begin(owner, key, requestSha256, {
      waitMs: this.settings.deadlineMs,
    });
    if (state.state === 'done') return this.findRun(owner, state.runIds[0] as string);
    if (state.state === 'busy')
      throw new VisionError('CONFLICT', `a request with Idempotency-Key "${key}" is still running`, {
        hint: 'Wait for its answer, then ask again: the same key answers the same run.',
      });
    try {
      return await run();
    } catch (error) {
      await catalog.idempotency.release(owner, key);
      throw error;
    }
  }

  private async recordedInputs(owner: string, envelope: RunEnvelope): Promise<InputsByName> {
    const inputs: Record<string, { bytes: Uint8Array; sha256: string }[]> = {};
    for (const [key, { sha256 }] of Object.entries(envelope.inputs)) {
      const name = key.replace(/\.\d+$/, '');
      (inputs[name] ??= []).push({ bytes: await this.readBlob(owner, sha256), sha256 });
    }
    return inputs;
  }

  private recordedPicture(owner: string, envelope: RunEnvelope): Promise<Uint8Array> {
    const picture = Object.values(envelope.inputs)[0];
    if (!picture) throw new VisionError('NOT_FOUND', `run ${envelope.run.id} has no picture to draw on`);
    return this.readBlob(owner, picture.sha256);
  }

  /** The class map of a `masks` run; undefined where it was not kept: its legend is still worth drawing. */
  private async recordedMap(owner: string, { result }: RunEnvelope): Promise<Uint8Array | undefined> {
    if (result.kind !== 'masks') return undefined;
    const blob = await this.needCatalog().blobs.get(owner, result.map.blob);
    return blob ? readFile(blob.path) : undefined;
  }

  /** Ids of the models that the user added for a task. */
  ownModels(task: string): string[] {
    return this.inference
      .models()
      .filter((model) => model.source.type === 'user' && model.task === task)
      .map(({ id }) => id);
  }

  /** @throws NOT_FOUND when the owner has no reference, or only the hash was kept */
  async readBlob(owner: string, sha256: string): Promise<Uint8Array> {
    const blob = await this.needCatalog().blobs.get(owner, sha256);
    if (!blob)
      throw new VisionError('NOT_FOUND', `there are no bytes for ${sha256}`, {
        hint: 'Inputs are not kept with FOVEA_KEEP_INPUTS=false or past FOVEA_KEEP_DAYS / FOVEA_KEEP_BYTES.',
      });
    return readFile(blob.path);
  }
}

function registryOf({ applications, settings }: EngineOptions): Registry {
  return new Registry({ applications, apps: settings.apps, remoteApps: settings.remoteApps });
}
