import { KeptLost } from '@fovea/application';
import { BackendKeeper, type KeeperOptions } from './backend-keeper.ts';
import { BackendGone, type Backend, type Batch, type BatchAnswer } from './backend.ts';
import { joinBatch, rowsOf, splitBatch } from './batch.ts';
import { KeptHome } from './kept.ts';
import { Measuring, type Measurement } from './measuring.ts';
import { ModelCache, type CacheOptions } from './model-cache.ts';
import type { BatchProfile } from './profile.ts';
import type { Queues } from './queues.ts';
import type { PendingRequest } from './request.ts';
import { afterFailure } from './retries.ts';
import type { HostStats, InferenceEvents, Limits, Log } from './types.ts';

/** A batch handed to the backend; without requests it only measures. */
interface Flight {
  readonly requests: readonly PendingRequest[];
  readonly batch: Batch;
  readonly rows: number;
  /** Device time its owners were charged in advance. */
  readonly chargedMs: number;
  readonly dispatchedAt: number;
  hungAfterMs?: number;
}
interface Task {
  readonly work: (cache: ModelCache) => Promise<void>;
  readonly done: PromiseWithResolvers<void>;
}

export interface SlotOptions {
  readonly device: string;
  readonly createBackend: KeeperOptions['createBackend'];
  readonly queues: Queues;
  readonly cache: CacheOptions;
  readonly limits: Limits;
  readonly log: Log;
  readonly profile: (model: string) => BatchProfile;
  readonly emit: <E extends keyof InferenceEvents>(event: E, ...data: InferenceEvents[E]) => void;
  /** A model is being loaded, is loaded, or failed to. */
  readonly onLoading: (model: string) => void;
  readonly onLoaded: (model: string) => void;
  readonly onLoadFailed: (model: string, error: Error) => void;
  readonly onStartFailed: KeeperOptions['onStartFailed'];
  readonly onIdle: () => void;
}

/** Of the memory for models, what tensors kept between runs may take. */
const KEPT_SHARE = 1 / 4;
/** A batch that is handed ahead delays whatever arrives meanwhile: only short ones may be. */
const AHEAD_MS = 50;

/** One place for a backend: keeps one alive in it, and feeds it batches. */
export class HostSlot {
  readonly #options: SlotOptions;
  readonly #tasks: Task[] = [];
  readonly #keeper: BackendKeeper;
  readonly #measuring: Measuring;
  #cache: ModelCache | undefined;
  #home: KeptHome | undefined;
  #flights: Flight[] = [];
  /** A load or unload has the backend for itself. */
  #exclusive = false;
  #hangTimer: NodeJS.Timeout | undefined;
  /** What ran in the backend when it was lost. */
  #lostModel: string | undefined;
  #loadingModel: string | undefined;
  #draining = false;

  constructor(options: SlotOptions) {
    this.#options = options;
    const { createBackend, limits, log, onStartFailed, profile, cache } = options;
    this.#measuring = new Measuring(profile, cache.store);
    this.#keeper = new BackendKeeper({
      createBackend,
      limits,
      log,
      onStartFailed,
      onUp: (backend, ms) => this.#up(backend, ms),
      onLost: (backend, reason) => this.#lost(backend, reason),
    });
  }

  get busy(): boolean {
    return this.#exclusive || this.#flights.some((flight) => flight.requests.length > 0);
  }

  get cache(): ModelCache | undefined {
    return this.#cache;
  }

  /** The tensors kept in the present backend. */
  get home(): KeptHome | undefined {
    return this.#home;
  }

  stats(): HostStats {
    const backend = this.#keeper.present;
    const rssBytes = backend?.rssBytes();
    return {
      pid: backend?.pid ?? null,
      device: this.#options.device,
      state: this.#keeper.state,
      busy: this.busy,
      ...(rssBytes === undefined ? {} : { rssBytes }),
      keptBytes: this.#home?.bytes ?? 0,
      models: this.#cache?.ids() ?? [],
    };
  }

  /** Runs work that needs the backend for itself, when nothing is in flight. */
  exclusively(work: (cache: ModelCache) => Promise<void>): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#tasks.push({ work, done });
    this.wake();
    return done.promise;
  }

  /** Loads a model unless it is loaded in its present revision. */
  async load(id: string): Promise<void> {
    await this.exclusively(async (cache) => {
      if (!this.#isLoaded(id)) await this.#loadNow(cache, id);
    });
  }

  /** Looks for work; called whenever there may be some. */
  wake(): void {
    const backend = this.#keeper.usable;
    if (!backend || this.#exclusive) return;
    if (this.#flights.length === 0) this.#startWork(backend);
    while (this.#flights.length > 0 && this.#flights.length < backend.depth && this.#handAhead(backend));
    if (!this.busy) this.#options.onIdle();
  }

  /** No more measuring, which would only delay the end. */
  drain(): void {
    this.#draining = true;
  }

  async close(): Promise<void> {
    clearTimeout(this.#hangTimer);
    this.giveUpTasks('the server is shutting down');
    await this.#keeper.close();
  }

  /** Rejects the loads and unloads that wait for a backend. */
  giveUpTasks(reason: string): void {
    for (const task of this.#tasks.splice(0)) task.done.reject(new BackendGone(reason, false));
  }

  #up(backend: Backend, ms: number): void {
    const { cache, emit, device } = this.#options;
    this.#home = new KeptHome(backend, cache.budgetBytes * KEPT_SHARE);
    this.#cache = new ModelCache(backend, { ...cache, keptBytes: () => this.#home?.bytes ?? 0 });
    emit('spawn', { pid: backend.pid, device, ms });
    this.wake();
  }

  #lost({ pid }: Backend, reason: string): void {
    this.#cache = undefined;
    this.#home?.lose(this.#options.queues.waiting(), reason);
    this.#home = undefined;
    // Whether its runs have been told by now is a matter of turns.
    const model = this.#lostModel ?? this.#loadingModel ?? this.#flights[0]?.batch.model;
    this.#lostModel = undefined;
    this.#options.emit('crash', { pid, reason, ...(model === undefined ? {} : { model }) });
  }

  #isLoaded(id: string): boolean {
    const loaded = this.#cache?.get(id);
    return loaded !== undefined && loaded.sha256 === this.#options.cache.store.get(id).sha256;
  }

  #startWork(backend: Backend): void {
    const task = this.#tasks.shift();
    if (task) {
      void this.#exclusiveWork(task.work).then(task.done.resolve, task.done.reject);
      return;
    }
    const overdue = this.#toMeasure({ overdue: true });
    const lead = overdue ? undefined : this.#options.queues.choose((request) => request.mayRunIn(this.#home));
    if (!lead) {
      const measurement = overdue ?? this.#toMeasure({ overdue: false });
      if (measurement)
        this.#fly(backend, { ...measurement, requests: [], chargedMs: 0, dispatchedAt: performance.now() });
    } else if (this.#isLoaded(lead.model.id)) this.#dispatch(backend, this.#batchOf(lead));
    else void this.#exclusiveWork((cache) => this.#loadNow(cache, lead.model.id)).catch(() => undefined);
  }

  /**
   * Hands over the next batch while one runs, so that the session does not wait for the server between them. Only
   * one that could not grow by waiting, and a short one.
   */
  #handAhead(backend: Backend): boolean {
    const lead =
      this.#tasks.length === 0
        ? this.#options.queues.choose((request) => request.mayRunIn(this.#home))
        : undefined;
    if (!lead || !this.#isLoaded(lead.model.id)) return false;
    const profile = this.#options.profile(lead.model.id);
    const requests = this.#batchOf(lead);
    const rows = rowsOf(requests);
    const full = lead.alone || !lead.model.batchable || rows >= profile.limit;
    if (!full || (profile.estimateMs(rows) ?? Infinity) > AHEAD_MS) return false;
    this.#dispatch(backend, requests);
    return true;
  }

  #toMeasure(which: { overdue: boolean }): Measurement | undefined {
    return this.#draining || !this.#cache ? undefined : this.#measuring.next(this.#cache.ids(), which);
  }

  #batchOf(lead: PendingRequest): PendingRequest[] {
    return this.#options.queues.companions(lead, this.#options.profile(lead.model.id).limit);
  }

  #dispatch(backend: Backend, requests: readonly PendingRequest[]): void {
    const { queues, profile } = this.#options;
    const [lead] = requests as [PendingRequest];
    queues.take(requests);
    const taken = rowsOf(requests);
    const rows = lead.model.batchable && !lead.keeps ? profile(lead.model.id).bucket(taken) : taken;
    if (lead.keeps && this.#home) lead.scope?.settleIn(this.#home);
    const batch = joinBatch(requests, rows);
    const chargedMs = profile(lead.model.id).estimateMs(rows) ?? 0;
    queues.charge(requests, chargedMs);
    this.#cache?.touch(lead.model.id);
    this.#measuring.remember(batch);
    this.#fly(backend, { requests, batch, rows, chargedMs, dispatchedAt: performance.now() });
  }

  #fly(backend: Backend, flight: Flight): void {
    this.#flights.push(flight);
    if (this.#flights.length === 1) this.#watch(backend);
    backend.run(flight.batch).then(
      (answer) => this.#landed(flight, answer),
      (error: Error) => this.#crashedOrRefused(backend, flight, error),
    );
  }

  /** The first flight runs: a run far past its measured time is a hang. */
  #watch(backend: Backend): void {
    clearTimeout(this.#hangTimer);
    const [flight] = this.#flights;
    if (!flight) return;
    const { hangFactor, hangMinMs, firstRunMs } = this.#options.limits;
    const expectedMs = this.#options.profile(flight.batch.model).estimateMs(flight.rows);
    const limitMs = expectedMs === undefined ? firstRunMs : Math.max(hangMinMs, hangFactor * expectedMs);
    this.#hangTimer = setTimeout(() => {
      flight.hungAfterMs = limitMs;
      this.#options.emit('hang', { pid: backend.pid, model: flight.batch.model, limitMs });
      backend.kill(`a run of ${flight.batch.model} did not end within ${Math.round(limitMs)} ms`);
    }, limitMs);
  }

  #leave(flight: Flight): void {
    this.#flights = this.#flights.filter((other) => other !== flight);
    const backend = this.#keeper.present;
    if (backend) this.#watch(backend);
    else clearTimeout(this.#hangTimer);
  }

  #landed(flight: Flight, { outputs, kept, runMs }: BatchAnswer): void {
    const { queues, profile, emit, device } = this.#options;
    const { requests, batch, rows } = flight;
    this.#leave(flight);
    this.#keeper.progressed();
    if (requests.length === 0) profile(batch.model).measured(runMs);
    else {
      profile(batch.model).observe(rows, runMs);
      queues.charge(requests, runMs - flight.chargedMs);
    }
    // The backend first: the answers can be handed out while it works on.
    this.wake();
    if (requests.length === 0) return;
    const [lead] = requests;
    const keptTensors = lead && kept.length > 0 ? this.#home?.receive(lead, batch.keep, kept) : {};
    if (!keptTensors) {
      lead?.fail(new KeptLost('the session host went away after the run'));
      return;
    }
    let answers;
    try {
      answers = splitBatch(requests, outputs, rows);
    } catch (error) {
      profile(batch.model).stopBatching();
      this.#failed(requests, error as Error);
      return;
    }
    const queueMs = requests.map((request) => flight.dispatchedAt - request.enqueuedAt);
    emit('batch', { model: batch.model, device, requests: requests.length, rows, runMs, queueMs });
    requests.forEach((request, index) =>
      request.succeed({
        outputs: answers[index] ?? {},
        kept: keptTensors,
        queueMs: queueMs[index] ?? 0,
        inferenceMs: runMs,
        batchSize: rowsOf(requests),
        device,
      }),
    );
  }

  #crashedOrRefused(backend: Backend, flight: Flight, error: Error): void {
    const { requests, batch, hungAfterMs } = flight;
    const { queues, profile } = this.#options;
    this.#leave(flight);
    if (error instanceof BackendGone && error.started) this.#lostModel = batch.model;
    this.#keeper.fence(backend, error);
    queues.charge(requests, performance.now() - flight.dispatchedAt - flight.chargedMs);
    if (requests.length === 0) profile(batch.model).stopBatching();
    this.#failed(requests, error, hungAfterMs !== undefined);
  }

  #failed(requests: readonly PendingRequest[], error: Error, hung = false): void {
    this.#options.queues.putBack(afterFailure(requests, error, { hung }));
    this.wake();
  }

  async #exclusiveWork(work: (cache: ModelCache) => Promise<void>): Promise<void> {
    if (!this.#cache) throw new BackendGone('there is no session host', false);
    this.#exclusive = true;
    try {
      await work(this.#cache);
    } finally {
      this.#exclusive = false;
      this.wake();
    }
  }

  async #loadNow(cache: ModelCache, id: string): Promise<void> {
    const { limits, profile, emit, device, onLoading, onLoaded, onLoadFailed } = this.#options;
    const backend = this.#keeper.present;
    const timer = setTimeout(
      () => backend?.kill(`loading ${id} did not end within ${limits.loadMs} ms`),
      limits.loadMs,
    );
    onLoading(id);
    this.#loadingModel = id;
    try {
      const { loaded, warmRunMs } = await cache.load(id);
      if (warmRunMs !== undefined) profile(id).observe(1, warmRunMs);
      emit('load', { model: id, device, loadMs: loaded.loadMs, memoryBytes: loaded.memoryBytes });
      onLoaded(id);
    } catch (error) {
      this.#keeper.fence(backend, error);
      onLoadFailed(id, error as Error);
      throw error;
    } finally {
      this.#loadingModel = undefined;
      clearTimeout(timer);
    }
  }
}
