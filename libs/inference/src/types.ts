import type { BoundRuntime, Priority, StageModel } from '@fovea/application';
import type { DeviceInfo, ModelInfo } from '@fovea/contracts';

/** Where messages go; pino's loggers fit. */
export type Log = Record<'debug' | 'info' | 'warn' | 'error', (fields: object, message: string) => void>;

export interface InferenceOptions {
  /** The repository's `models/`: manifest.json and weights/. */
  readonly modelsDir: string;
  /** Pulled models and the user's own live in `<dataDir>/models`. */
  readonly dataDir: string;
  /** `auto` (default: the best that works) or `cpu`, `webgpu`, `cuda`, `tensorrt`, `coreml`, `dml`. */
  readonly device?: string;
  /** Threads of one run; default: the processors this process may use. */
  readonly threads?: number;
  /** Requests that may wait for one model; default 64. */
  readonly queueLimit?: number;
  /** Loaded models are evicted to stay under this; default half of the memory this process may use. */
  readonly memoryBytes?: number;
  /** `permissive` disables models whose licence forbids commercial use or is not permissive; default `all`. */
  readonly licences?: 'all' | 'permissive';
  /** A folder or URL that `pull` asks instead of the models' own sources. */
  readonly mirror?: string;
  /** Session host processes; default 1. */
  readonly hosts?: number;
  readonly log?: Log;
  /**
   * Variables that session hosts may be given; only those that native libraries read are passed on
   * (LD_LIBRARY_PATH, CUDA_*, VK_*, …). Default: none.
   */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Times that tests shorten. */
  readonly limits?: Partial<Limits>;
}

/** When a run or a load counts as hanging, and how long a crashing host waits before it is started again. */
export interface Limits {
  /** A run may take this many times its measured time … */
  readonly hangFactor: number;
  /** … but at least this long. */
  readonly hangMinMs: number;
  /** Limit of a run whose time was never measured. */
  readonly firstRunMs: number;
  readonly loadMs: number;
  /** From process start to its first message. */
  readonly spawnMs: number;
  readonly backoffMs: number;
  readonly backoffMaxMs: number;
}
export const DEFAULT_LIMITS: Limits = {
  hangFactor: 10,
  hangMinMs: 30_000,
  firstRunMs: 300_000,
  loadMs: 300_000,
  spawnMs: 30_000,
  backoffMs: 100,
  backoffMaxMs: 5_000,
};

/** To whom a run belongs, and when it is no longer wanted. */
export interface Binding {
  readonly owner: string;
  readonly priority: Priority;
  /** Milliseconds since the epoch. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface HostStats {
  readonly pid: number | null;
  readonly device: string;
  readonly state: 'starting' | 'ready' | 'waiting' | 'closed';
  readonly busy: boolean;
  readonly rssBytes?: number;
  /** Tensors that requests under way keep there between their runs. */
  readonly keptBytes: number;
  readonly models: readonly string[];
}
export interface InferenceStats {
  /** Requests waiting, by model. */
  readonly queueDepth: Readonly<Record<string, number>>;
  readonly hosts: readonly HostStats[];
}

export interface InferenceEvents {
  /** A batch that ran. */
  batch: [
    {
      model: string;
      device: string;
      requests: number;
      rows: number;
      runMs: number;
      queueMs: readonly number[];
    },
  ];
  load: [{ model: string; device: string; loadMs: number; memoryBytes: number }];
  unload: [{ model: string; reason: 'evicted' | 'asked' | 'replaced' }];
  crash: [{ pid: number | null; reason: string; model?: string }];
  hang: [{ pid: number | null; model: string; limitMs: number }];
  /** A session host answers (again); `ms` since it was asked for. */
  spawn: [{ pid: number | null; device: string; ms: number }];
  /** A request that got no answer: the queue was full, it was too late or cancelled, or the model failed. */
  refused: [{ model: string; code: string }];
}

export interface PullProgress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}
export interface PullOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PullProgress) => void;
}
export interface Verification {
  readonly id: string;
  readonly ok: boolean;
  readonly reason?: string;
}
export interface AddModel {
  /** Default: the file's name in kebab-case. */
  readonly id?: string;
  readonly task: string;
  readonly licenceId?: string;
  readonly commercialUse?: boolean;
  readonly provenance?: string;
  /** A label file: JSON, or one name per line. */
  readonly labels?: string;
}

/** The shared inference library: one per process. */
export interface Inference {
  /** Probes devices and starts the session hosts. @throws MODEL_FAILED when the named device cannot be used */
  start(): Promise<void>;
  /** A runtime that belongs to one request. */
  bind(binding: Binding): BoundRuntime;
  /** @throws NOT_FOUND, MODEL_MISSING (with the command that fixes it) */
  model(id: string): StageModel;
  models(): ModelInfo[];
  /** @throws NOT_FOUND */
  modelInfo(id: string): ModelInfo;
  device(): DeviceInfo;
  /** Loads a model before its first request; `pin` keeps it from eviction. */
  load(id: string, options?: { pin?: boolean }): Promise<void>;
  unload(id: string): Promise<void>;
  /** @throws NOT_FOUND, MODEL_FAILED, STORAGE_FULL, CANCELLED */
  pull(id: string, options?: PullOptions): Promise<void>;
  verify(ids?: readonly string[]): Promise<Verification[]>;
  /** Copies an ONNX file of the user's into the data folder and its manifest. @throws INVALID_REQUEST, CONFLICT */
  add(file: string, model: AddModel): Promise<ModelInfo>;
  ready(): Promise<{ ok: boolean; detail: string }>;
  stats(): InferenceStats;
  on<E extends keyof InferenceEvents>(event: E, listener: (...data: InferenceEvents[E]) => void): void;
  off<E extends keyof InferenceEvents>(event: E, listener: (...data: InferenceEvents[E]) => void): void;
  /** Refuses new work and waits for what is queued and running, at most this long. */
  drain(timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}
