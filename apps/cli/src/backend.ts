import type {
  Evaluation,
  ExportFormat,
  Job,
  JobPage,
  JobProgress,
  JobQuery,
  ModelInfo,
  ModelList,
  NewEvaluation,
  ReplayEnvelope,
  RunEnvelope,
  RunPage,
  RunQuery,
  TaskInfo,
} from '@fovea/contracts';

/** One input: its bytes, and the name it is called by in messages. */
export interface BackendInput {
  readonly bytes: Uint8Array;
  readonly name: string;
}

export interface BackendRun {
  readonly task: TaskInfo;
  readonly inputs: Readonly<Record<string, readonly BackendInput[]>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly model?: string | undefined;
  readonly models?: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal;
}

export interface PullProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}
export type RunFilter = Partial<RunQuery>;

/** What runs the commands: a server, or this process itself. */
export interface Backend {
  /** For messages: an address, or `this process`. */
  readonly where: string;
  tasks(): Promise<readonly TaskInfo[]>;
  run(request: BackendRun): Promise<RunEnvelope>;
  /** The bytes of a blob that a run of this backend named; undefined where they were not kept. */
  blob(envelope: RunEnvelope, sha256: string): Promise<Uint8Array | undefined>;
  readonly models: {
    list(): Promise<ModelList>;
    pull(
      id: string,
      options: { signal: AbortSignal; onProgress: (progress: PullProgress) => void },
    ): Promise<void>;
    load(id: string): Promise<ModelInfo>;
    unload(id: string): Promise<ModelInfo>;
  };
  readonly runs: {
    list(filter: RunFilter): Promise<RunPage>;
    get(id: string): Promise<RunEnvelope>;
    delete(id: string): Promise<void>;
    replay(id: string, options: { model?: 'current' }): Promise<ReplayEnvelope>;
    overlay(id: string, format: 'png' | 'svg'): Promise<Uint8Array>;
    /** All runs that the filter finds, as one file that is made while it is read. */
    export(format: ExportFormat, filter: RunFilter): Promise<AsyncIterable<Uint8Array>>;
  };
  readonly evaluations: {
    /** Begins an evaluation and waits for it; the signal cancels it. */
    run(
      request: NewEvaluation,
      options: { signal: AbortSignal; onProgress: (done: number, total: number) => void },
    ): Promise<Evaluation>;
  };
  readonly jobs: {
    list(filter: Partial<JobQuery>): Promise<JobPage>;
    /** The job when it has ended; the signal ends the waiting alone. */
    wait(
      id: string,
      options: { signal: AbortSignal; onProgress: (progress: JobProgress) => void },
    ): Promise<Job>;
    /** Null where it had ended, and was removed. */
    cancel(id: string): Promise<Job | null>;
    retry(id: string): Promise<Job>;
  };
  close(): Promise<void>;
}

export interface BackendOptions {
  readonly server?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Whether runs are kept; undefined = as usual: yes by a server, no in this process. */
  readonly record?: boolean | undefined;
  /** The command reads or changes the catalog, so this process needs it too. */
  readonly catalog?: boolean;
}
