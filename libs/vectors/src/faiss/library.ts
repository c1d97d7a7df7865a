import { statSync } from 'node:fs';
import type { AnnIndex, AnnLibrary, IndexPlan } from '../ann.ts';
import { readHeader, writeEffort, type EffortField } from './header.ts';

type Faiss = typeof import('faiss-node');
type FaissIndex = InstanceType<Faiss['Index']>;

/**
 * Numbers that one call of `add` takes. The binding wants plain arrays, of which Node makes an object a number for the
 * time of the call: a few ten MB here.
 */
const ADD_NUMBERS = 1 << 20;

function plain(values: Float32Array): number[] {
  const array = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) array[i] = values[i]!;
  return array;
}

const effortOf = ({ efSearch, nprobe }: IndexPlan): Partial<Record<EffortField, number>> => ({
  ...(efSearch !== undefined && { efSearch }),
  ...(nprobe !== undefined && { nprobe }),
});

/** Every n-th vector, evenly over the whole, because neighbours in time resemble each other. */
function sample(
  chunks: Iterable<Float32Array>,
  { dimension, count, size }: { dimension: number; count: number; size: number },
): number[] {
  const wanted = Math.min(size, count);
  const taken = new Array<number>(wanted * dimension);
  let row = 0;
  let filled = 0;
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += dimension, row++) {
      // the filled-th of `wanted` even steps
      if (filled === wanted || row < Math.floor((filled * count) / wanted)) continue;
      for (let i = 0; i < dimension; i++) taken[filled * dimension + i] = chunk[at + i]!;
      filled += 1;
    }
  }
  if (filled < wanted) throw new RangeError(`chunks: ${row} vectors came, ${count} were announced`);
  return taken;
}

function add(
  index: FaissIndex,
  { dimension, count, chunks, onProgress }: Parameters<AnnLibrary['build']>[0],
): void {
  const step = Math.max(1, Math.floor(ADD_NUMBERS / dimension)) * dimension;
  let done = 0;
  for (const chunk of chunks()) {
    if (chunk.length % dimension !== 0)
      throw new RangeError(`chunks: ${chunk.length} numbers are no whole vectors of ${dimension}`);
    for (let at = 0; at < chunk.length; at += step) {
      index.add(plain(chunk.subarray(at, at + step)));
      done += Math.min(step, chunk.length - at) / dimension;
      onProgress?.(done);
    }
  }
  if (done !== count) throw new RangeError(`chunks: ${done} vectors came, ${count} were announced`);
}

class LoadedIndex implements AnnIndex {
  readonly plan: IndexPlan;
  readonly size: number;
  readonly bytes: number;
  readonly #index: FaissIndex;
  readonly #dimension: number;

  constructor(index: FaissIndex, plan: IndexPlan, bytes: number) {
    this.#index = index;
    this.plan = plan;
    this.size = index.ntotal();
    this.bytes = bytes;
    this.#dimension = index.getDimension();
  }

  search(query: Float32Array, k: number): { positions: Int32Array; scores: Float32Array } {
    if (query.length !== this.#dimension)
      throw new RangeError(`query: ${query.length} numbers instead of ${this.#dimension}`);
    if (!Number.isInteger(k) || k < 1) throw new RangeError(`k must be a positive integer, not ${k}`);
    if (this.size === 0) return { positions: new Int32Array(), scores: new Float32Array() };
    const { labels, distances } = this.#index.search(plain(query), Math.min(k, this.size));
    // an approximate search that finds fewer fills up with -1
    const end = labels.indexOf(-1);
    const found = end < 0 ? labels.length : end;
    return {
      positions: Int32Array.from(labels.slice(0, found)),
      scores: Float32Array.from(distances.slice(0, found)),
    };
  }
}

/** FAISS through faiss-node: inner product, a file for an index. */
export function faissLibrary(faiss: Faiss, version: string): AnnLibrary {
  return {
    id: 'faiss',
    version,
    build(options) {
      const { plan, dimension, count, chunks, path } = options;
      const metric = faiss.MetricType.METRIC_INNER_PRODUCT;
      const index = faiss.Index.fromFactory(dimension, plan.factory, metric);
      if (!index.isTrained()) index.train(sample(chunks(), { dimension, count, size: plan.trainSize }));
      add(index, options);
      index.write(path);
      writeEffort(path, effortOf(plan));
    },
    read(path, plan) {
      const { fields, innerProduct } = readHeader(path);
      if (!innerProduct) throw new RangeError('the index file compares by distance, not by inner product');
      for (const [name, wanted] of Object.entries(effortOf(plan))) {
        const found = fields[name as EffortField]?.value;
        if (found !== wanted)
          throw new RangeError(`the index file was written with ${name} ${found}, not ${wanted}`);
      }
      return new LoadedIndex(faiss.Index.read(path), plan, statSync(path).size);
    },
  };
}
