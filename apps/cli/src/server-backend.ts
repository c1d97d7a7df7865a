import type { ExportFormat, JobProgress, JobQuery, NewEvaluation, RunEnvelope } from '@fovea/contracts';
import { Fovea, type NamedInputs } from '@fovea/sdk';
import { randomUUID } from 'node:crypto';
import type { Backend, BackendInput, BackendRun, RunFilter } from './backend.ts';

/** Everything through a Fovea server. */
export class ServerBackend implements Backend {
  private readonly fovea: Fovea;
  private readonly record: boolean;

  constructor(options: { baseUrl: string; apiKey?: string | undefined; record: boolean }) {
    this.fovea = new Fovea({
      baseUrl: options.baseUrl,
      // A busy server says when to come again; a folder of pictures has the patience.
      retries: 5,
      ...(options.apiKey ? { apiKey: options.apiKey } : {}),
    });
    this.record = options.record;
  }

  get where(): string {
    return this.fovea.baseUrl;
  }

  tasks() {
    return this.fovea.tasks();
  }

  run({ task, inputs, params, model, models, signal }: BackendRun): Promise<RunEnvelope> {
    const named: NamedInputs = Object.fromEntries(
      Object.entries(inputs).map(([name, list]) => [name, list.map(toSdk)]),
    );
    return this.fovea.run(task.task, Object.keys(named).length > 0 ? named : undefined, params, {
      ...(model === undefined ? {} : { model }),
      ...(models === undefined ? {} : { models }),
      ...(this.record ? {} : { store: false }),
      // Makes a repeat after 429, 503 or a broken connection harmless.
      idempotencyKey: randomUUID(),
      signal,
    });
  }

  async blob({ links }: RunEnvelope, sha256: string): Promise<Uint8Array | undefined> {
    return links.self === undefined ? undefined : bytesOf(await this.fovea.blobs.get(sha256));
  }

  readonly models = {
    list: () => this.fovea.models.list(),
    pull: async (id: string): Promise<void> => void (await this.fovea.models.pull(id)),
    load: (id: string) => this.fovea.models.load(id),
    unload: (id: string) => this.fovea.models.unload(id),
  };

  readonly runs = {
    list: (filter: RunFilter) => this.fovea.runs.list(filter),
    get: (id: string) => this.fovea.runs.get(id),
    delete: (id: string) => this.fovea.runs.delete(id),
    replay: (id: string, options: { model?: 'current' }) => this.fovea.runs.replay(id, options),
    overlay: async (id: string, format: 'png' | 'svg') => bytesOf(await this.fovea.runs.overlay(id, format)),
    export: (format: ExportFormat, filter: RunFilter): Promise<AsyncIterable<Uint8Array>> =>
      this.fovea.runs.export(format, filter),
  };

  readonly evaluations = {
    run: (
      request: NewEvaluation,
      options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
    ) => this.fovea.evaluations.run(request, options),
  };

  readonly jobs = {
    list: (filter: Partial<JobQuery>) => this.fovea.jobs.list(filter),
    wait: (
      id: string,
      { signal, onProgress }: { signal: AbortSignal; onProgress: (progress: JobProgress) => void },
    ) => this.fovea.jobs.wait(id, { signal, onProgress: ({ progress }) => onProgress(progress) }),
    cancel: (id: string) => this.fovea.jobs.cancel(id),
    retry: (id: string) => this.fovea.jobs.retry(id),
  };

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const toSdk = ({ bytes, name }: BackendInput) => new File([bytes as Uint8Array<ArrayBuffer>], name);
const bytesOf = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());
