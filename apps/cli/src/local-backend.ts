import {
  VisionError,
  type ExportFormat,
  type Job,
  type JobQuery,
  type NewEvaluation,
  type RunEnvelope,
  type TaskInfo,
} from '@fovea/contracts';
import { Engine, Evaluations, exportRuns, type Application, type Log, type Settings } from '@fovea/host';
import { hash } from 'node:crypto';
import type { NewModel } from './cli.ts';
import type { Backend, BackendRun, PullProgress, RunFilter } from './backend.ts';

const OWNER = 'local';

/** Everything in this process: the engine of a server without its interfaces. */
export class LocalBackend implements Backend {
  readonly where = 'this process';
  private readonly engine: Engine;
  /** What runs made that were not recorded; it goes with their envelopes. */
  private readonly made = new WeakMap<RunEnvelope, ReadonlyMap<string, Uint8Array>>();

  private constructor(engine: Engine) {
    this.engine = engine;
  }

  /** @param options.record opens the catalog too @throws CONFLICT when another process owns the data folder */
  static async open(options: {
    settings: Settings;
    applications: readonly Application[];
    record: boolean;
    log: Log;
  }): Promise<LocalBackend> {
    return new LocalBackend(await Engine.create(options));
  }

  tasks(): Promise<readonly TaskInfo[]> {
    return Promise.resolve(this.engine.tasks());
  }

  async run({ task, inputs, params, model, models, signal }: BackendRun): Promise<RunEnvelope> {
    const made = new Map<string, Uint8Array>();
    const envelope = await this.engine.execute({
      task: task.task,
      inputs,
      params: models ? { ...params, models } : params,
      model,
      owner: OWNER,
      store: this.engine.catalog !== undefined,
      blobs: {
        put: (bytes) => {
          const sha256 = hash('sha256', bytes, 'hex');
          made.set(sha256, bytes);
          return Promise.resolve({ sha256 });
        },
      },
      signal,
    });
    this.made.set(envelope, made);
    return envelope;
  }

  async blob(envelope: RunEnvelope, sha256: string): Promise<Uint8Array | undefined> {
    if (envelope.links.self !== undefined) return this.engine.readBlob(OWNER, sha256);
    return this.made.get(envelope)?.get(sha256);
  }

  readonly models = {
    list: () => Promise.resolve(this.engine.models()),
    pull: (id: string, options: { signal: AbortSignal; onProgress: (progress: PullProgress) => void }) =>
      this.engine.inference.pull(id, options),
    load: () => Promise.reject(noServer()),
    unload: () => Promise.reject(noServer()),
  };

  /** Weights on this machine against the manifest; no ids = all. @throws NOT_FOUND */
  verify(ids: readonly string[]) {
    return this.engine.inference.verify(ids.length > 0 ? ids : undefined);
  }

  /** Copies the user's ONNX file into the data folder. @throws INVALID_REQUEST, CONFLICT */
  addModel(file: string, model: NewModel) {
    return this.engine.inference.add(file, model);
  }

  readonly runs = {
    list: (filter: RunFilter) => this.engine.needCatalog().runs.list(OWNER, filter),
    get: (id: string) => this.engine.findRun(OWNER, id),
    delete: async (id: string): Promise<void> => {
      const { run } = await this.engine.findRun(OWNER, id);
      await this.engine.needCatalog().runs.delete(OWNER, run.id);
    },
    replay: (id: string, { model }: { model?: 'current' }) =>
      this.engine.replay(OWNER, id, { current: model === 'current' }),
    overlay: async (id: string, format: 'png' | 'svg') =>
      this.engine.overlay(await this.engine.findRun(OWNER, id), format, { owner: OWNER }),
    export: (format: ExportFormat, filter: RunFilter) =>
      Promise.resolve(exportRuns(this.engine.needCatalog(), OWNER, { ...filter, format }).bytes),
  };

  readonly evaluations = {
    run: (
      request: NewEvaluation,
      options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
    ) => new Evaluations(this.engine).run(request, { owner: OWNER, ...options }),
  };

  readonly jobs = {
    list: (filter: Partial<JobQuery>) => this.engine.needJobs().list(OWNER, filter),
    wait: async (id: string): Promise<Job> => {
      const job = await this.engine.needJobs().get(OWNER, id);
      if (job.finishedAt !== null) return job;
      throw new VisionError('CONFLICT', `job ${id} is ${job.state}, and no server runs that works on it`, {
        hint: 'Start one with `npm start`, or name it with --server.',
      });
    },
    cancel: async (id: string): Promise<Job | null> => {
      const jobs = this.engine.needJobs();
      if ((await jobs.get(OWNER, id)).finishedAt === null) return jobs.cancel(OWNER, id);
      await jobs.delete(OWNER, id);
      return null;
    },
    retry: (id: string) => this.engine.needJobs().retry(OWNER, id),
  };

  close(): Promise<void> {
    return this.engine.close();
  }
}

const noServer = () =>
  new VisionError('NOT_FOUND', 'no server runs that could load or unload a model', {
    hint: 'Start one with `npm start`, or name it with --server.',
  });
