import { EventEmitter } from 'node:events';
import { totalmem } from 'node:os';
import type { ModelInfo } from '@fovea/contracts';
import { availableThreads, chooseDevice } from './devices.ts';
import { KeptScope } from './kept.ts';
import { ModelStore } from './model-store.ts';
import { Scheduler } from './scheduler.ts';
import { SessionHost } from './session-host.ts';
import {
  DEFAULT_LIMITS,
  type Inference,
  type InferenceEvents,
  type InferenceOptions,
  type Log,
} from './types.ts';
import { addUserModel } from './user-models.ts';

const QUEUE_LIMIT = 64;
/** Sessions may take half of what this process may use; the rest is for pictures, Postgres and the page cache. */
const MEMORY_SHARE = 0.5;
const SILENT: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * Makes the shared inference library of this process; `start()` brings up its session hosts.
 * @param options device `auto`, threads = processors, queue of 64 requests a model, half of the memory, 1 host
 * @throws TypeError when a manifest does not fit its schema
 * @example
 * const inference = await createInference({ modelsDir: 'models', dataDir: '.fovea' });
 * await inference.start();
 * const runtime = inference.bind({ owner: 'local', priority: 'interactive' });
 * const { outputs } = await runtime.run({ model: 'efficientnet-lite0', feeds: { image }, outputs: ['logits'] });
 * outputs.logits.dims // [1, 1000]
 */
export async function createInference(options: InferenceOptions): Promise<Inference> {
  const log = options.log ?? SILENT;
  const threads = options.threads ?? availableThreads();
  const hosts = options.hosts ?? 1;
  if (!Number.isInteger(hosts) || hosts < 1)
    throw new RangeError(`hosts must be a positive integer, got ${hosts}`);
  if (!Number.isInteger(threads) || threads < 1)
    throw new RangeError(`threads must be a positive integer, got ${threads}`);
  const environment = options.environment ?? {};
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const events = new EventEmitter<InferenceEvents>();
  const store = await ModelStore.open({
    modelsDir: options.modelsDir,
    dataDir: options.dataDir,
    licences: options.licences ?? 'all',
    log,
    ...(options.mirror === undefined ? {} : { mirror: options.mirror }),
  });
  let started: { scheduler: Scheduler; device: Awaited<ReturnType<typeof chooseDevice>> } | undefined;
  const running = (): NonNullable<typeof started> => {
    if (!started) throw new TypeError('inference must be started first');
    return started;
  };

  const modelInfo = (id: string): ModelInfo => {
    const { classes: _classes, tokens: _tokens, ...row } = store.get(id);
    const { state, reason, ...loaded } = started?.scheduler.info(id) ?? {};
    const stored = store.state(row);
    const standing =
      stored.state === 'available' && state ? { state, ...(reason === undefined ? {} : { reason }) } : stored;
    return { ...row, ...loaded, ...standing };
  };

  return {
    async start() {
      if (started) return;
      const device = await chooseDevice({ wanted: options.device ?? 'auto', threads, environment, log });
      log.info({ device }, `models run on ${device.name} (${device.id}): ${device.reason}`);
      const scheduler = new Scheduler({
        store,
        device: device.id,
        createBackend: () =>
          SessionHost.start({ device: device.id, threads, log, environment, spawnMs: limits.spawnMs }),
        hosts,
        queueLimit: options.queueLimit ?? QUEUE_LIMIT,
        memoryBytes: options.memoryBytes ?? availableMemory() * MEMORY_SHARE,
        limits,
        log,
        emit: (event, ...data) => void events.emit(event as keyof InferenceEvents, ...(data as never)),
      });
      started = { scheduler, device };
    },
    bind(binding) {
      const scope = new KeptScope();
      return {
        run: (request) => running().scheduler.submit(request, binding, scope),
        release: (kept) => scope.release(kept),
        end: () => scope.end(),
      };
    },
    model: (id) => store.usable(id),
    models: () => store.list().map(({ id }) => modelInfo(id)),
    modelInfo,
    device: () => running().device,
    load: (id, { pin = false } = {}) => running().scheduler.load(id, pin),
    unload: (id) => running().scheduler.unload(id),
    pull: (id, pullOptions) => store.pull(id, pullOptions),
    verify: (ids) => store.verify(ids),
    async add(file, model) {
      const { id } = await addUserModel(store, file, model);
      return modelInfo(id);
    },
    async ready() {
      const hostStats = started?.scheduler.stats().hosts ?? [];
      const answering = hostStats.filter((host) => host.state === 'ready').length;
      return { ok: answering > 0, detail: `${answering} of ${hosts} session hosts answer` };
    },
    stats: () => started?.scheduler.stats() ?? { queueDepth: {}, hosts: [] },
    on: (event, listener) => void events.on(event as keyof InferenceEvents, listener as never),
    off: (event, listener) => void events.off(event as keyof InferenceEvents, listener as never),
    async drain(timeoutMs) {
      await started?.scheduler.drain(timeoutMs);
    },
    async close() {
      await started?.scheduler.close();
    },
  };
}

/** Memory that this process may use, the limit of its control group included. */
function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}
