import type { InferenceRequest, InferenceResponse } from '@fovea/application';
import { VisionError, type ModelInfo } from '@fovea/contracts';
import { BackendGone, RunError, type Backend } from './backend.ts';
import { HostSlot } from './host-slot.ts';
import type { KeptScope } from './kept.ts';
import type { ModelStore } from './model-store.ts';
import { BatchProfile } from './profile.ts';
import { Queues } from './queues.ts';
import { PendingRequest } from './request.ts';
import type { Binding, InferenceEvents, InferenceStats, Limits, Log } from './types.ts';

export interface SchedulerOptions {
  readonly store: ModelStore;
  readonly device: string;
  readonly createBackend: () => Promise<Backend>;
  readonly hosts: number;
  readonly queueLimit: number;
  readonly memoryBytes: number;
  readonly limits: Limits;
  readonly log: Log;
  readonly emit: <E extends keyof InferenceEvents>(event: E, ...data: InferenceEvents[E]) => void;
}

/** Why a model could not be loaded, and until when it is not tried again. */
interface LoadFailure {
  readonly error: VisionError;
  readonly crashes: number;
  readonly retryAt: number;
}

/** A load that kills the host twice is not tried again for this long, doubled with each further crash. */
const COOL_DOWN_MS = 1000;
const COOL_DOWN_MAX_MS = 60_000;
/** Requests are refused when a host could not be started so many times in a row. */
const START_FAILURES = 3;
/** Time of a run of a model that was never measured, for Retry-After. */
const GUESS_MS = 100;

/** Takes requests, keeps them in queues, and has the hosts run them. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #queues: Queues;
  readonly #slots: readonly HostSlot[];
  readonly #profiles = new Map<string, BatchProfile>();
  readonly #loading = new Set<string>();
  readonly #failures = new Map<string, LoadFailure>();
  readonly #pinned = new Set<string>();
  #refusing: VisionError | undefined;
  #onIdle: () => void = () => undefined;

  constructor(options: SchedulerOptions) {
    const { store, emit, limits, log, queueLimit, hosts } = options;
    this.#options = options;
    this.#queues = new Queues(queueLimit);
    const slot = (): HostSlot =>
      new HostSlot({
        device: options.device,
        createBackend: options.createBackend,
        queues: this.#queues,
        cache: {
          store,
          budgetBytes: options.memoryBytes / hosts,
          pinned: this.#pinned,
          onUnload: (model, reason) => emit('unload', { model, reason }),
        },
        limits,
        log,
        profile: (model) => this.#profile(model),
        emit,
        onLoading: (model) => this.#loading.add(model),
        onLoaded: (model) => {
          this.#loading.delete(model);
          this.#failures.delete(model);
        },
        onLoadFailed: (model, error) => this.#loadFailed(model, error),
        onStartFailed: (reason, failures) => this.#startFailed(reason, failures),
        onIdle: () => this.#onIdle(),
      });
    this.#slots = Array.from({ length: hosts }, slot);
  }

  /** @throws QUEUE_FULL, MODEL_MISSING, MODEL_FAILED, DEADLINE_EXCEEDED, CANCELLED */
  async submit(request: InferenceRequest, binding: Binding, scope?: KeptScope): Promise<InferenceResponse> {
    if (this.#refusing) throw this.#refusing;
    const model = this.#options.store.usable(request.model);
    try {
      const failed = this.#failures.get(model.id);
      if (failed && failed.retryAt > Date.now()) throw failed.error;
      this.#queues.checkRoom(model.id, () => this.#retryAfterS());
      if (request.keep && request.keep.length > 0) this.#checkKept(scope);
      const pending = new PendingRequest(request, {
        model,
        binding,
        scope,
        onSettled: (done) => this.#queues.settled(done),
      });
      this.#queues.add(pending);
      this.#wake();
      return await pending.answer;
    } catch (error) {
      if (error instanceof VisionError) this.#options.emit('refused', { model: model.id, code: error.code });
      throw error;
    }
  }

  info(id: string): Pick<ModelInfo, 'device' | 'loadMs' | 'memoryBytes' | 'batch'> & {
    state?: ModelInfo['state'];
    reason?: string;
  } {
    const loaded = this.#slots.map((slot) => slot.cache?.get(id)).find((found) => found !== undefined);
    if (loaded)
      return {
        state: 'loaded',
        device: this.#options.device,
        loadMs: Math.round(loaded.loadMs),
        memoryBytes: loaded.memoryBytes,
        batch: this.#profile(id).limits(),
      };
    if (this.#loading.has(id)) return { state: 'loading' };
    const failed = this.#failures.get(id);
    return failed ? { state: 'failed', reason: failed.error.message } : {};
  }

  async load(id: string, pin: boolean): Promise<void> {
    this.#options.store.usable(id);
    if (pin) this.#pinned.add(id);
    try {
      await Promise.all(this.#slots.map((slot) => slot.load(id)));
    } catch (error) {
      throw asVisionError(id, error as Error);
    }
  }

  async unload(id: string): Promise<void> {
    this.#options.store.get(id);
    this.#pinned.delete(id);
    try {
      await Promise.all(this.#slots.map((slot) => slot.exclusively((cache) => cache.unload(id, 'asked'))));
    } catch (error) {
      // With the host its models are gone, too.
      if (!(error instanceof BackendGone)) throw error;
    }
  }

  stats(): InferenceStats {
    const ids = this.#options.store.list().map((model) => model.id);
    return {
      queueDepth: Object.fromEntries(ids.map((id) => [id, this.#queues.depth(id)])),
      hosts: this.#slots.map((slot) => slot.stats()),
    };
  }

  /** Refuses new work; resolves when what waits and runs is done, or fails what still waits at the time limit. */
  async drain(timeoutMs: number): Promise<void> {
    this.#refusing = new VisionError('MODEL_FAILED', 'The server is shutting down', {
      hint: 'Try again in a few seconds.',
      retryAfterS: 5,
    });
    for (const slot of this.#slots) slot.drain();
    const idle = (): boolean =>
      this.#queues.waiting().length === 0 && this.#slots.every((slot) => !slot.busy);
    if (idle()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = () => {
      if (idle()) resolve();
    };
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    for (const request of this.#queues.waiting()) request.fail(this.#refusing);
  }

  async close(): Promise<void> {
    await this.drain(0);
    await Promise.all(this.#slots.map((slot) => slot.close()));
    // What ran in a host that had to be killed came back.
    for (const request of this.#queues.waiting())
      request.fail(new VisionError('MODEL_FAILED', 'The server was shut down'));
  }

  /** @throws QUEUE_FULL when what requests keep in the session hosts takes all it may take */
  #checkKept(scope: KeptScope | undefined): void {
    const homes = scope?.home ? [scope.home] : this.#slots.flatMap(({ home }) => home ?? []);
    if (homes.length === 0 || homes.some(({ full }) => !full)) return;
    throw new VisionError('QUEUE_FULL', 'The requests under way keep too much in the session hosts', {
      hint: 'Try again in 1 s.',
      retryAfterS: 1,
    });
  }

  #wake(): void {
    // An idle host first, so that a busy one does not take the work ahead.
    for (const slot of this.#slots.toSorted((a, b) => Number(a.busy) - Number(b.busy))) slot.wake();
  }

  #profile(id: string): BatchProfile {
    let profile = this.#profiles.get(id);
    if (!profile) {
      profile = new BatchProfile(this.#options.device, this.#options.store.get(id).batchable);
      this.#profiles.set(id, profile);
    }
    return profile;
  }

  /** When the work that waits now will be done. */
  #retryAfterS(): number {
    const waitingMs = this.#queues
      .waiting()
      .reduce((sum, { model, rows }) => sum + (this.#profile(model.id).estimateMs(rows) ?? GUESS_MS), 0);
    return Math.max(1, Math.ceil(waitingMs / this.#slots.length / 1000));
  }

  #loadFailed(id: string, error: Error): void {
    this.#loading.delete(id);
    const crashes = error instanceof BackendGone ? (this.#failures.get(id)?.crashes ?? 0) + 1 : 0;
    const coolDownMs = crashes > 1 ? Math.min(COOL_DOWN_MS * 2 ** (crashes - 2), COOL_DOWN_MAX_MS) : 0;
    const failure = asVisionError(id, error);
    this.#failures.set(id, { error: failure, crashes, retryAt: Date.now() + coolDownMs });
    this.#options.log.error({ model: id, error: error.message, crashes }, 'model could not be loaded');
    // The first crash may have had another cause: the next host tries once more.
    if (crashes === 1) return;
    for (const request of this.#queues.waiting(id)) request.fail(failure);
  }

  #startFailed(reason: string, failures: number): void {
    if (failures < START_FAILURES) return;
    if (this.#slots.some((slot) => slot.stats().state === 'ready')) return;
    const detail = `No session host can be started: ${reason}`;
    for (const slot of this.#slots) slot.giveUpTasks(detail);
    for (const request of this.#queues.waiting()) request.fail(new VisionError('MODEL_FAILED', detail));
  }
}

function asVisionError(id: string, error: Error): VisionError {
  if (error instanceof VisionError) return error;
  const how = error instanceof RunError ? 'is no model that can be run here' : 'could not be loaded';
  return new VisionError('MODEL_FAILED', `${id} ${how}: ${error.message}`, { cause: error });
}
