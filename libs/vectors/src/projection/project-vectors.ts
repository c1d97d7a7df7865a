import { VisionError, type Projection } from '@fovea/contracts';
import { Worker } from 'node:worker_threads';

// In the source tree (tests, `--conditions=source`) the worker runs the TypeScript file, in a build the compiled one.
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const ENTRY = new URL(`./projection-main${EXTENSION}`, import.meta.url);
const FLAGS = EXTENSION === '.ts' ? ['--conditions=source', '--disable-warning=ExperimentalWarning'] : [];

export interface ProjectionOptions {
  /** count x dimension, row by row. */
  readonly vectors: Float32Array;
  readonly count: number;
  readonly dimension: number;
  readonly method: Projection;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Places vectors in the plane, near ones near each other: x, y, x, y, … within 0..1, both axes at one scale.
 * Works in a thread of its own. The same vectors give the same places.
 * @throws CANCELLED when the signal aborts; RangeError when the vectors are not count x dimension
 * @example await projectVectors({ vectors, count: 5000, dimension: 1280, method: 'umap' });
 */
export async function projectVectors(options: ProjectionOptions): Promise<Float32Array> {
  const { vectors, count, dimension, method, signal } = options;
  if (vectors.length !== count * dimension)
    throw new RangeError(`vectors: ${vectors.length} numbers are not ${count} x ${dimension}`);
  const cancelled = () => new VisionError('CANCELLED', 'the map was given up', { cause: signal?.reason });
  if (signal?.aborted) throw cancelled();
  const values = vectors.slice();
  const worker = new Worker(ENTRY, {
    workerData: { values, count, dimension, method },
    transferList: [values.buffer],
    execArgv: FLAGS,
    env: {},
  });
  const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
  const onAbort = () => reject(cancelled());
  signal?.addEventListener('abort', onAbort);
  worker.once('message', resolve);
  worker.once('error', (cause) =>
    reject(new VisionError('INTERNAL', 'the map could not be made', { cause })),
  );
  worker.once('exit', (code) => reject(new VisionError('INTERNAL', `the map's thread ended with ${code}`)));
  try {
    return await promise;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}
