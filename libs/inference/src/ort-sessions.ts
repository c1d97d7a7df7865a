import { isTensorType, viewAs, type Tensor, type TensorType } from '@fovea/tensor';
import ort from 'onnxruntime-node';
import {
  RunError,
  type Batch,
  type BatchAnswer,
  type KeptFacts,
  type LoadedFacts,
  type ModelFile,
  type TensorFacts,
} from './backend.ts';
import { gatherRows } from './gather-rows.ts';

export interface SessionSettings {
  readonly device: string;
  readonly threads: number;
}
export interface ContiguousTensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** A run as the sessions take it: every tensor in one piece. */
export interface SessionRun extends Pick<Batch, 'model' | 'outputs' | 'keptFeeds' | 'keep'> {
  readonly feeds: ReadonlyMap<string, ContiguousTensor>;
}

interface Kept {
  readonly tensor: ort.Tensor;
  /** The last choice of rows: a decoder asks for the same ones of what it attends to, step after step. */
  gathered?: { readonly rows: readonly number[]; readonly tensor: ort.Tensor };
}

/** The sessions of one process: the only code that touches onnxruntime. */
export class OrtSessions {
  readonly #settings: SessionSettings;
  readonly #sessions = new Map<string, ort.InferenceSession>();
  readonly #kept = new Map<number, Kept>();

  constructor(settings: SessionSettings) {
    this.#settings = settings;
  }

  async load(model: ModelFile): Promise<LoadedFacts> {
    const begin = performance.now();
    let session: ort.InferenceSession;
    try {
      session = await ort.InferenceSession.create(model.path, sessionOptions(this.#settings));
    } catch (error) {
      throw new RunError(messageOf(error));
    }
    await this.unload(model.id);
    this.#sessions.set(model.id, session);
    return {
      inputs: session.inputMetadata.map(factsOf),
      outputs: session.outputMetadata.map(factsOf),
      loadMs: performance.now() - begin,
    };
  }

  async run({ model, feeds, keptFeeds = {}, outputs, keep = {} }: SessionRun): Promise<BatchAnswer> {
    const session = this.#sessions.get(model);
    if (!session) throw new RunError(`${model} is not loaded`);
    const ortFeeds: Record<string, ort.Tensor> = {};
    for (const [name, { type, dims, bytes }] of feeds)
      ortFeeds[name] = new ort.Tensor(type, viewAs(type, bytes) as Uint8Array, [...dims]);
    for (const [name, { handle, rows }] of Object.entries(keptFeeds))
      ortFeeds[name] = this.#keptTensor(handle, rows);
    const fetched = [...new Set([...outputs, ...Object.keys(keep)])];
    const begin = performance.now();
    let results: ort.InferenceSession.OnnxValueMapType;
    try {
      results = fetched.length > 0 ? await session.run(ortFeeds, fetched) : await session.run(ortFeeds);
    } catch (error) {
      throw new RunError(messageOf(error));
    }
    const runMs = performance.now() - begin;
    const answer: Record<string, Tensor> = {};
    const kept: KeptFacts[] = [];
    for (const [name, value] of Object.entries(results)) {
      const tensor = toTensor(name, value as ort.Tensor);
      const handle = keep[name];
      if (handle !== undefined) {
        this.#kept.set(handle, { tensor: value as ort.Tensor });
        kept.push({ name, type: tensor.type, dims: tensor.dims });
      }
      if (handle === undefined || outputs.includes(name)) answer[name] = tensor;
    }
    return { outputs: answer, kept, runMs };
  }

  release(handles: readonly number[]): void {
    for (const handle of handles) this.#kept.delete(handle);
  }

  #keptTensor(handle: number, rows: readonly number[] | undefined): ort.Tensor {
    const kept = this.#kept.get(handle);
    if (!kept) throw new RunError(`there is no kept tensor ${handle}`);
    const { tensor, gathered } = kept;
    if (!rows || (rows.length === tensor.dims[0] && rows.every((row, index) => row === index))) return tensor;
    const same = gathered?.rows.length === rows.length && rows.every((row, i) => row === gathered.rows[i]);
    if (gathered && same) return gathered.tensor;
    const { dims, data } = chosenRows(toTensor('kept', tensor), rows);
    const chosen = new ort.Tensor(tensor.type, data as Float32Array, [...dims]);
    kept.gathered = { rows, tensor: chosen };
    return chosen;
  }

  async unload(model: string): Promise<void> {
    const session = this.#sessions.get(model);
    this.#sessions.delete(model);
    await session?.release();
  }

  async dispose(): Promise<void> {
    for (const model of [...this.#sessions.keys()]) await this.unload(model);
  }
}

/** How every session is made. */
export function sessionOptions({ device, threads }: SessionSettings) {
  return {
    // What a device cannot run falls back to the processor, as onnxruntime does by itself for missing kernels.
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
    // Warnings are about graph clean-up and drown the errors.
    logSeverityLevel: 3,
    // Threads that spin between runs burn the processors that decoding and the server need.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  } satisfies ort.InferenceSession.SessionOptions;
}

function toTensor(name: string, value: ort.Tensor): Tensor {
  if (!isTensorType(value.type))
    throw new RunError(`output ${name} has type ${value.type}, which is not carried`);
  return { type: value.type, dims: value.dims, data: value.data } as Tensor;
}

/** @throws RunError when there is no such row */
function chosenRows(tensor: Tensor, rows: readonly number[]): Tensor {
  try {
    return gatherRows(tensor, rows);
  } catch (error) {
    throw new RunError(messageOf(error));
  }
}

function factsOf(metadata: ort.InferenceSession.ValueMetadata): TensorFacts {
  return metadata.isTensor
    ? { name: metadata.name, dtype: metadata.type, shape: metadata.shape }
    : { name: metadata.name, dtype: 'not a tensor', shape: [] };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
