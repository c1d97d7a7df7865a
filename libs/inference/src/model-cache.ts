import type { StageModel } from '@fovea/application';
import { isTensorType } from '@fovea/tensor';
import { byteLength, RunError, type Backend, type Batch, type PartedTensor } from './backend.ts';
import type { ModelStore, PreparedModel } from './model-store.ts';

export interface LoadedModel {
  readonly model: StageModel;
  readonly sha256: string;
  readonly memoryBytes: number;
  readonly loadMs: number;
}

/** A session needs about its weights twice while it is made: the file's and the packed ones. */
const FACTOR = 2;

export interface CacheOptions {
  readonly store: ModelStore;
  readonly budgetBytes: number;
  readonly pinned: ReadonlySet<string>;
  /** Bytes of the budget that tensors kept between runs take. */
  readonly keptBytes?: () => number;
  readonly onUnload: (model: string, reason: 'evicted' | 'asked' | 'replaced') => void;
}

/** The models loaded in one backend, evicted least-recently-used against a byte budget. */
export class ModelCache {
  readonly #backend: Backend;
  readonly #options: CacheOptions;
  /** In the order of use, the oldest first. */
  readonly #loaded = new Map<string, LoadedModel>();

  constructor(backend: Backend, options: CacheOptions) {
    this.#backend = backend;
    this.#options = options;
  }

  ids(): string[] {
    return [...this.#loaded.keys()];
  }

  get(id: string): LoadedModel | undefined {
    return this.#loaded.get(id);
  }

  /** Marks a model as just used. */
  touch(id: string): void {
    const loaded = this.#loaded.get(id);
    if (!loaded) return;
    this.#loaded.delete(id);
    this.#loaded.set(id, loaded);
  }

  /**
   * Loads a model and warms it up. Nothing may run in the backend meanwhile, hence nothing in use is evicted.
   * @returns its row, and the time of a run of one row where the shapes allow to make one up
   * @throws VisionError of the store, RunError, BackendGone
   */
  async load(id: string): Promise<{ loaded: LoadedModel; warmRunMs?: number }> {
    const model = this.#options.store.get(id);
    const file = await this.#options.store.prepare(id);
    if (this.#loaded.has(id)) await this.unload(id, 'replaced');
    await this.#makeRoom(file);
    const begin = performance.now();
    const rssBefore = this.#backend.rssBytes();
    await this.#backend.load({ id, path: file.path });
    const warmRunMs = await this.#warmUp(model);
    const rssAfter = this.#backend.rssBytes();
    const grown = rssBefore !== undefined && rssAfter !== undefined ? rssAfter - rssBefore : 0;
    const loaded: LoadedModel = {
      model,
      sha256: file.sha256,
      memoryBytes: Math.max(file.bytes, grown),
      loadMs: performance.now() - begin,
    };
    this.#loaded.set(id, loaded);
    return { loaded, ...(warmRunMs === undefined ? {} : { warmRunMs }) };
  }

  async unload(id: string, reason: 'evicted' | 'asked' | 'replaced'): Promise<void> {
    if (!this.#loaded.delete(id)) return;
    await this.#backend.unload(id);
    this.#options.onUnload(id, reason);
  }

  usedBytes(): number {
    return [...this.#loaded.values()].reduce((sum, loaded) => sum + loaded.memoryBytes, 0);
  }

  /** A model larger than the whole budget is loaded alone: refusing it would make it useless. */
  async #makeRoom(file: PreparedModel): Promise<void> {
    const { budgetBytes, keptBytes } = this.#options;
    for (const id of this.ids()) {
      if (this.usedBytes() + file.bytes * FACTOR <= budgetBytes - (keptBytes?.() ?? 0)) return;
      if (!this.#options.pinned.has(id)) await this.unload(id, 'evicted');
    }
  }

  /** The first run allocates and compiles; the second is timed. */
  async #warmUp(model: StageModel): Promise<number | undefined> {
    const batch = zeroRow(model);
    if (!batch) return undefined;
    try {
      await this.#backend.run(batch);
      return (await this.#backend.run(batch)).runMs;
    } catch (error) {
      // Zeros may be no valid input of a graph that computes shapes from values.
      if (error instanceof RunError) return undefined;
      throw error;
    }
  }
}

/** One row of zeros for a model whose shapes are fixed but for the batch, otherwise undefined. */
export function zeroRow(model: StageModel): Batch | undefined {
  const feeds: Record<string, PartedTensor> = {};
  for (const { name, dtype, shape } of model.inputs) {
    const dims = shape.map((dim, axis) =>
      typeof dim === 'string' && axis === 0 && model.batchable ? 1 : dim,
    );
    if (!isTensorType(dtype) || !dims.every((dim) => typeof dim === 'number')) return undefined;
    feeds[name] = { type: dtype, dims, parts: [new Uint8Array(byteLength(dtype, dims))] };
  }
  // One output is enough to run the graph that leads to it; the others may be large.
  const [output] = model.outputs;
  return { model: model.id, feeds, outputs: output ? [output.name] : [] };
}
