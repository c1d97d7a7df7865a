import { isTensorType, viewAs, type Tensor, type TensorType } from '@fovea/tensor';
import ort from 'onnxruntime-node';
import { RunError, type BatchAnswer, type LoadedFacts, type ModelFile, type TensorFacts } from './backend.ts';

export interface SessionSettings {
  readonly device: string;
  readonly threads: number;
}
export interface ContiguousTensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** The sessions of one process: the only code that touches onnxruntime. */
export class OrtSessions {
  readonly #settings: SessionSettings;
  readonly #sessions = new Map<string, ort.InferenceSession>();

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

  async run(
    model: string,
    feeds: ReadonlyMap<string, ContiguousTensor>,
    outputs: readonly string[],
  ): Promise<BatchAnswer> {
    const session = this.#sessions.get(model);
    if (!session) throw new RunError(`${model} is not loaded`);
    const ortFeeds: Record<string, ort.Tensor> = {};
    for (const [name, { type, dims, bytes }] of feeds)
      ortFeeds[name] = new ort.Tensor(type, viewAs(type, bytes) as Uint8Array, [...dims]);
    const begin = performance.now();
    let results: ort.InferenceSession.OnnxValueMapType;
    try {
      results = outputs.length > 0 ? await session.run(ortFeeds, [...outputs]) : await session.run(ortFeeds);
    } catch (error) {
      throw new RunError(messageOf(error));
    }
    const runMs = performance.now() - begin;
    const answer: Record<string, Tensor> = {};
    for (const [name, value] of Object.entries(results)) answer[name] = toTensor(name, value as ort.Tensor);
    return { outputs: answer, runMs };
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

function factsOf(metadata: ort.InferenceSession.ValueMetadata): TensorFacts {
  return metadata.isTensor
    ? { name: metadata.name, dtype: metadata.type, shape: metadata.shape }
    : { name: metadata.name, dtype: 'not a tensor', shape: [] };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
