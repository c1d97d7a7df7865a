// How fast and how right an index of vectors is: build, size, latency of single queries, recall against comparing all.
//   npm run bench:retrieval -- [--sizes 10000,100000,1000000] [--queries 1000] [--memory 1073741824] [--python <python with faiss-cpu>]
// The baseline is FAISS in Python on the same index file, with one thread, in the same run.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { indexRecall } from '@fovea/evaluation';
import { openFaiss } from '../../libs/vectors/src/faiss/open.ts';
import { planIndex } from '../../libs/vectors/src/plan.ts';

const DIMENSION = 256;
/** A mixture as embeddings are: clusters of very different size, each of few dimensions. */
const CLUSTERS = 1000;
const CLUSTER_DIMENSIONS = 24;
const SPREAD = 0.6;
const K = 10;
const RECALL_QUERIES = 200;
const CHUNK = 10_000;

const { values: options } = parseArgs({
  options: {
    sizes: { type: 'string', default: '10000,100000' },
    queries: { type: 'string', default: '1000' },
    memory: { type: 'string', default: String(2 ** 30) },
    python: { type: 'string' },
  },
});

/** Mulberry32: small, seeded, good enough for test data. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

function mixture(seed: number) {
  const random = seeded(seed);
  const gaussian = (count: number) => Float32Array.from({ length: count }, () => normal(random));
  const centres = Array.from({ length: CLUSTERS }, () => gaussian(DIMENSION));
  // Each cluster varies along directions of its own.
  const axes = Array.from({ length: CLUSTERS }, () =>
    Array.from({ length: CLUSTER_DIMENSIONS }, () => Math.floor(random() * DIMENSION)),
  );
  const weights = centres.map((_, rank) => 1 / (rank + 10));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const draw = (): number => {
    let left = random() * total;
    for (const [cluster, weight] of weights.entries()) if ((left -= weight) < 0) return cluster;
    return 0;
  };
  return (out: Float32Array, offset: number): void => {
    const cluster = draw();
    const row = out.subarray(offset, offset + DIMENSION);
    row.set(centres[cluster] as Float32Array);
    for (const axis of axes[cluster] as number[])
      row[axis] = (row[axis] as number) + SPREAD * 4 * normal(random);
    for (let d = 0; d < DIMENSION; d++) row[d] = (row[d] as number) + 0.15 * normal(random);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    for (let d = 0; d < DIMENSION; d++) row[d] = (row[d] as number) / length;
  };
}

const folder = mkdtempSync(join(tmpdir(), 'fovea-bench-'));
const opened = openFaiss();
if (!('library' in opened)) throw new Error(`FAISS is needed: ${opened.missing}`);
const { library } = opened;

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
const rows: string[][] = [];

try {
  for (const size of options.sizes.split(',').map(Number)) measure(size);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure(count: number): void {
  const path = join(folder, `${count}.f32`);
  const sample = mixture(20261124);
  const file = openSync(path, 'w');
  const chunk = new Float32Array(CHUNK * DIMENSION);
  for (let row = 0; row < count; row += CHUNK) {
    const here = Math.min(CHUNK, count - row);
    for (let i = 0; i < here; i++) sample(chunk, i * DIMENSION);
    writeSync(file, new Uint8Array(chunk.buffer, 0, here * DIMENSION * 4));
  }
  closeSync(file);
  // The same mixture goes on: no query is in the set.
  const queries = Array.from({ length: Number(options.queries) }, () => {
    const query = new Float32Array(DIMENSION);
    sample(query, 0);
    return query;
  });

  const plan = planIndex({ count, dimension: DIMENSION, memoryBytes: Number(options.memory) });
  const index = join(folder, `${count}.faiss`);
  const vectors = openSync(path, 'r');
  const readRows = (from: number, to: number): Float32Array => {
    const out = new Float32Array((to - from) * DIMENSION);
    readSync(vectors, new Uint8Array(out.buffer), 0, out.byteLength, from * DIMENSION * 4);
    return out;
  };
  const began = performance.now();
  library.build({
    plan,
    dimension: DIMENSION,
    count,
    path: index,
    *chunks() {
      for (let row = 0; row < count; row += CHUNK) yield readRows(row, Math.min(count, row + CHUNK));
    },
  });
  const buildS = (performance.now() - began) / 1000;
  const before = process.memoryUsage().rss;
  const ann = library.read(index, plan);
  const memory = process.memoryUsage().rss - before;

  const score = (query: Float32Array, row: Float32Array, offset: number): number => {
    let sum = 0;
    for (let d = 0; d < DIMENSION; d++) sum += (query[d] as number) * (row[offset + d] as number);
    return sum;
  };
  /** As the platform searches: candidates, then exact scores from the full vectors. */
  const search = (query: Float32Array): number[] => {
    const { positions } = ann.search(query, Math.min(count, K * plan.overFetch + 8));
    return Array.from(positions, (position) => ({
      position,
      score: score(query, readRows(position, position + 1), 0),
    }))
      .sort((a, b) => b.score - a.score)
      .slice(0, K)
      .map(({ position }) => position);
  };
  for (const query of queries.slice(0, 20)) search(query);
  const times = queries.map((query) => {
    const start = performance.now();
    search(query);
    return performance.now() - start;
  });
  const bare = queries.map((query) => {
    const start = performance.now();
    ann.search(query, K);
    return performance.now() - start;
  });
  times.sort((a, b) => a - b);
  bare.sort((a, b) => a - b);

  const asked = queries.slice(0, RECALL_QUERIES);
  const best = asked.map(() => [] as { position: number; score: number }[]);
  const scanBegan = performance.now();
  for (let row = 0; row < count; row += CHUNK) {
    const data = readRows(row, Math.min(count, row + CHUNK));
    for (const [q, query] of asked.entries()) {
      const list = best[q] as { position: number; score: number }[];
      for (let offset = 0, position = row; offset < data.length; offset += DIMENSION, position++) {
        const value = score(query, data, offset);
        if (list.length === K && value <= (list[K - 1]?.score ?? 0)) continue;
        list.push({ position, score: value });
        list.sort((a, b) => b.score - a.score);
        if (list.length > K) list.pop();
      }
    }
  }
  const scanMs = (performance.now() - scanBegan) / asked.length;
  const recall = indexRecall(
    asked.map(search),
    best.map((list) => list.map(({ position }) => position)),
  );
  closeSync(vectors);
  const python = options.python === undefined ? undefined : pythonMs(options.python, { index, queries });
  rows.push([
    count.toLocaleString('en'),
    `${plan.factory}${plan.efSearch ? ` efSearch ${plan.efSearch}` : ''}${plan.nprobe ? ` nprobe ${plan.nprobe}` : ''}`,
    buildS.toFixed(1),
    (statSync(index).size / 2 ** 20).toFixed(0),
    (memory / 2 ** 20).toFixed(0),
    percentile(times, 0.5).toFixed(2),
    percentile(times, 0.99).toFixed(2),
    recall.toFixed(3),
    scanMs.toFixed(1),
    python === undefined ? '–' : `${python.toFixed(3)} (x ${(percentile(bare, 0.5) / python).toFixed(2)})`,
  ]);
  print();
}

/** Median of single queries by FAISS in Python, on the same index file, with one thread. */
function pythonMs(python: string, { index, queries }: { index: string; queries: Float32Array[] }): number {
  const file = join(folder, 'queries.f32');
  const all = new Float32Array(queries.length * DIMENSION);
  for (const [row, query] of queries.entries()) all.set(query, row * DIMENSION);
  writeFileSync(file, new Uint8Array(all.buffer));
  const script = `
import faiss, numpy, sys, time
faiss.omp_set_num_threads(1)
index = faiss.read_index(sys.argv[1])
queries = numpy.fromfile(sys.argv[2], dtype='float32').reshape(-1, ${DIMENSION})
for query in queries[:20]: index.search(query[None], ${K})
times = []
for query in queries:
    start = time.perf_counter(); index.search(query[None], ${K}); times.append(time.perf_counter() - start)
print(numpy.median(times) * 1000)`;
  return Number(execFileSync(python, ['-c', script, index, file], { encoding: 'utf8' }).trim());
}

function print(): void {
  const head = [
    'vectors',
    'index',
    'build s',
    'file MiB',
    'memory MiB',
    'p50 ms',
    'p99 ms',
    'recall@10',
    'comparing all ms',
    'Python p50 ms (ours bare / Python)',
  ];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  process.stdout.write(
    `\n${cpus()[0]?.model}, ${cpus().length} cores, one thread a search, FAISS ${library.version}, ${DIMENSION} dimensions, k ${K}\n\n`,
  );
  process.stdout.write([head, head.map(() => '---'), ...rows].map(line).join('\n') + '\n');
}
