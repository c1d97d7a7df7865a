import { viewAs, type Tensor, type Tensors } from '@fovea/tensor';
import {
  BackendGone,
  byteLength,
  RunError,
  type Backend,
  type Batch,
  type BatchAnswer,
  type LoadedFacts,
  type ModelFile,
  type PartedTensor,
} from '../src/backend.ts';

/** One run that the test ends. */
export interface ManualRun {
  readonly model: string;
  readonly rows: number;
  readonly outputs: readonly string[];
  readonly batch: Batch;
  /** The first value of every row of the first feed. */
  readonly firsts: readonly number[];
  /** Answers every output asked for (default `y`) with the first feed. */
  finish(runMs?: number): void;
  /** Answers with these outputs. */
  finishWith(outputs: Tensors): void;
  refuse(message: string): void;
}

/**
 * A backend whose runs end when a test says so: for what depends on order and time. Runs of zeros (warm-up and
 * measuring) are answered at once, with times as `zerosMs` says.
 */
export class ManualBackend implements Backend {
  readonly device: string;
  readonly pid = 1;
  readonly depth: number;
  readonly gone: Promise<string>;
  readonly loads: string[] = [];
  readonly unloads: string[] = [];
  readonly released: number[] = [];
  readonly #zerosMs: (rows: number) => number;
  #runs: (ManualRun & { readonly reject: (error: Error) => void })[] = [];
  #leave: (reason: string) => void;
  #dead = false;
  #changed = Promise.withResolvers<void>();
  /** Fails a load: an error to throw, or 'crash'. */
  failLoad: (model: string) => Error | 'crash' | undefined = () => undefined;

  constructor({ device = 'cpu', depth = 1, zerosMs = (rows: number) => 10 * rows } = {}) {
    this.device = device;
    this.depth = depth;
    this.#zerosMs = zerosMs;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.gone = promise;
    this.#leave = resolve;
  }

  get runs(): readonly ManualRun[] {
    return this.#runs;
  }

  /** The oldest run that is not answered yet, as soon as there is one. */
  async next(): Promise<ManualRun> {
    for (;;) {
      const [run] = this.#runs;
      if (run) return run;
      await this.#changed.promise;
    }
  }

  rssBytes(): undefined {
    return undefined;
  }

  async load(model: ModelFile): Promise<LoadedFacts> {
    this.loads.push(model.id);
    const failure = this.failLoad(model.id);
    if (failure === 'crash') {
      this.kill('crashed while loading');
      throw new BackendGone('crashed while loading', true);
    }
    if (failure) throw failure;
    return { inputs: [], outputs: [], loadMs: 1 };
  }

  run(batch: Batch): Promise<BatchAnswer> {
    if (this.#dead) return Promise.reject(new BackendGone('gone', false));
    const feed = Object.values(batch.feeds)[0] ?? handleAsFeed(batch);
    const bytes = Buffer.concat(feed.parts);
    if (bytes.byteLength !== byteLength(feed.type, feed.dims))
      throw new RangeError('the parts do not fill the dims');
    const rows = feed.dims[0] ?? 1;
    const outputs = batch.outputs.length > 0 ? batch.outputs : ['y'];
    const values = viewAs(feed.type, new Uint8Array(bytes));
    const y = { type: feed.type, dims: feed.dims, data: values } as Tensor;
    const kept = Object.keys(batch.keep ?? {}).map((name) => ({ name, type: y.type, dims: y.dims }));
    const answer = { outputs: Object.fromEntries(outputs.map((name) => [name, y])), kept };
    if (bytes.every((byte) => byte === 0)) return Promise.resolve({ ...answer, runMs: this.#zerosMs(rows) });
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#runs = this.#runs.filter((other) => other !== run);
      };
      const run = {
        model: batch.model,
        batch,
        rows,
        outputs: batch.outputs,
        firsts: Array.from({ length: rows }, (_, row) => Number(values[(row * values.length) / rows])),
        finish: (runMs = 10) => {
          leave();
          resolve({ ...answer, runMs });
        },
        finishWith: (own: Tensors) => {
          leave();
          resolve({ outputs: own, kept, runMs: 10 });
        },
        refuse: (message: string) => {
          leave();
          reject(new RunError(message));
        },
        reject,
      };
      this.#runs.push(run);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers<void>();
    });
  }

  release(handles: readonly number[]): void {
    this.released.push(...handles);
  }

  async unload(model: string): Promise<void> {
    this.unloads.push(model);
  }

  kill(reason: string): void {
    this.#dead = true;
    this.#runs.splice(0).forEach((run, index) => run.reject(new BackendGone(reason, index === 0)));
    this.#leave(reason);
  }

  async dispose(): Promise<void> {
    this.kill('disposed');
  }
}

/** A batch that is fed with kept tensors alone: its one value is the handle. */
function handleAsFeed({ keptFeeds }: Batch): PartedTensor {
  const [kept] = Object.values(keptFeeds ?? {});
  if (!kept) throw new RangeError('a batch without feeds');
  const parts = [new Uint8Array(Float32Array.of(kept.handle, 0, 0, 0).buffer)];
  return { type: 'float32', dims: [1, 4], parts };
}
