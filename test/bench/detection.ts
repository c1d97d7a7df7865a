// What a detection over HTTP costs beside inference: a 640 x 480 JPEG through the platform (store=false, decoding
// included) against the bare onnxruntime-node session on the same tensors, in turn, in one run, concurrency 1.
//   npm run bench:detection -- [--rounds 5] [--runs 40] [--model nanodet-g-512-coco80]      (npm run build first)
// Then non-maximum suppression of 5,000 seeded, clustered boxes. Prints tables.
import type { Picture, StageModel } from '@fovea/application';
import type { RunEnvelope } from '@fovea/contracts';
import { nms } from '@fovea/geometry';
import { openPicture } from '@fovea/imaging';
import type { Tensor as Feed } from '@fovea/tensor';
import { spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { shippedModels } from '@fovea/testing';
import { detect } from '@fovea/stages';
import { median, send } from './load.ts';
import { benchPictures } from './pictures.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    runs: { type: 'string', default: '40' },
    model: { type: 'string', default: detect.models[0] },
  },
});
const ROOT = join(import.meta.dirname, '..', '..');
const THREADS = availableParallelism();
const KNOWN = 16;

const pictures = await benchPictures(KNOWN);
const manifest = shippedModels().find(({ id }) => id === values.model);
if (!manifest) throw new RangeError(`no model ${values.model}`);
const model = { ...manifest, classes: [], tokens: [] } as StageModel;
const feeds = await Promise.all(
  pictures.map(async (bytes) => {
    const picture: Picture = await openPicture(bytes);
    const { feeds: made } = await detect.preprocess(picture, { minScore: 0.3, maxItems: 100 }, model);
    const { data, dims } = made['image'] as Feed<'uint8'>;
    return { image: new Tensor('uint8', data, dims) };
  }),
);
const session = await InferenceSession.create(
  join(ROOT, 'models', 'weights', 'detection', `${values.model}.onnx`),
  {
    intraOpNumThreads: THREADS,
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  },
);
const bare = (n: number) => session.run(feeds[n % KNOWN]!, [...detect.outputs]);

const dataDir = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
const platform = spawn(process.execPath, ['apps/platform/dist/main.js'], {
  cwd: ROOT,
  env: {
    ...process.env,
    FOVEA_PORT: '0',
    FOVEA_DATA: dataDir,
    FOVEA_DEVICE: 'cpu',
    FOVEA_THREADS: String(THREADS),
    FOVEA_LOG_LEVEL: 'warn',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const address = await new Promise<string>((resolve, reject) => {
  let output = '';
  platform.once('exit', (code) => reject(new Error(`the platform ended with ${code}: ${output}`)));
  platform.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const found = /http:\/\/[^\s/]+/.exec(output)?.[0];
    if (found) resolve(found);
  });
});
const task = `${address}/v1/tasks/detection?store=false&model=${values.model}`;
const agent = new Agent({ keepAlive: true });
async function served(n: number): Promise<RunEnvelope['run']> {
  const { status, text } = await send(task, pictures[n % KNOWN]!, agent);
  if (status !== 200) throw new Error(`${status}: ${text}`);
  return (JSON.parse(text) as RunEnvelope).run;
}

interface Round {
  readonly bareMs: number;
  readonly servedMs: number;
  readonly insideMs: number;
  readonly decodeMs: number;
  readonly postprocessMs: number;
}
const rounds: Round[] = [];
let device = '';
let batch = 0;
try {
  for (let n = 0; n < 20; n++) {
    await bare(n);
    await served(n);
  }
  for (let round = 0; round < Number(values.rounds); round++) {
    const times: Record<keyof Round, number[]> = {
      bareMs: [],
      servedMs: [],
      insideMs: [],
      decodeMs: [],
      postprocessMs: [],
    };
    // in turn, so that a machine that slows down slows both
    for (let n = 0; n < Number(values.runs); n++) {
      const began = performance.now();
      await bare(n);
      const between = performance.now();
      const run = await served(n);
      times.bareMs.push(between - began);
      times.servedMs.push(performance.now() - between);
      times.insideMs.push(run.timings.inferenceMs);
      times.decodeMs.push(run.timings.decodeMs);
      times.postprocessMs.push(run.timings.postprocessMs);
      ({ device } = run);
      batch = Math.max(batch, run.batchSize);
    }
    rounds.push({
      bareMs: median(times.bareMs),
      servedMs: median(times.servedMs),
      insideMs: median(times.insideMs),
      decodeMs: median(times.decodeMs),
      postprocessMs: median(times.postprocessMs),
    });
  }
} finally {
  agent.destroy();
  const ended = new Promise((resolve) => platform.once('exit', resolve));
  platform.kill('SIGTERM');
  await ended;
  await rm(dataDir, { recursive: true, force: true });
  await session.release();
}

const mid = (pick: (round: Round) => number, digits = 2) => Number(median(rounds.map(pick)).toFixed(digits));
console.log(
  `\n${values.model}, 640x480 JPEG, ${cpus()[0]?.model ?? 'unknown'}, ${THREADS} cores, device ${device}, batch ${batch}, ` +
    `concurrency 1, ${values.rounds} rounds of ${values.runs}, load ${loadavg()[0]?.toFixed(2)}`,
);
console.table([
  {
    'bare session ms': mid(({ bareMs }) => bareMs),
    'over HTTP ms': mid(({ servedMs }) => servedMs),
    'of it session ms': mid(({ insideMs }) => insideMs),
    'decode + letterbox ms': mid(({ decodeMs }) => decodeMs),
    'boxes ms': mid(({ postprocessMs }) => postprocessMs),
    ratio: mid(({ servedMs, bareMs }) => servedMs / bareMs, 3),
    'all but inference %': mid(({ servedMs, bareMs }) => (1 - bareMs / servedMs) * 100, 1),
  },
]);

/** Mulberry32: the same boxes on every machine. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Boxes around `objects` places, jittered by a tenth of their size: what a detector gives before suppression. */
function clustered(count: number, { labels, objects }: { labels: number; objects: number }) {
  const random = randomOf(7);
  const places = Array.from({ length: objects }, () => {
    const side = 20 + random() * 180;
    return { x: random() * 1800, y: random() * 1000, side, label: Math.floor(random() * labels) };
  });
  const boxes = new Float32Array(count * 4);
  const jitter = (side: number) => (random() - 0.5) * 0.2 * side;
  const classIds = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const { x, y, side, label } = places[i % objects]!;
    boxes.set([x + jitter(side), y + jitter(side), side + jitter(side), side + jitter(side)], i * 4);
    classIds[i] = label;
  }
  return { boxes, scores: Float32Array.from({ length: count }, random), classIds };
}

const cases = {
  '80 labels, 500 objects': clustered(5000, { labels: 80, objects: 500 }),
  'one label, 500 objects': clustered(5000, { labels: 1, objects: 500 }),
  'one label, no two alike (worst)': clustered(5000, { labels: 1, objects: 5000 }),
};
console.log('Non-maximum suppression of 5,000 boxes, IoU 0.6, all kept boxes wanted; median of 50');
console.table(
  Object.entries(cases).map(([name, { boxes, scores, classIds }]) => {
    const times: number[] = [];
    let kept = 0;
    for (let n = 0; n < 60; n++) {
      const began = performance.now();
      kept = nms(boxes, scores, { iouThreshold: 0.6, classIds }).length;
      if (n >= 10) times.push(performance.now() - began);
    }
    return { boxes: name, kept, ms: Number(median(times).toFixed(2)) };
  }),
);
