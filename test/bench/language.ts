// What a caption costs beside its sessions: beam search through the platform's engine (decoding, hand-overs to the session
// host and the search itself included) against onnxruntime-node's sessions alone on the very same tensors, step by step,
// in turn, in one run. Features of the picture computed each time, and kept (FOVEA_STAGE_CACHE). Then questions.
//   npm run build && npm run bench:language -- [--rounds 5] [--runs 5] [--beams 3]
import type { Picture, StageModel } from '@fovea/application';
import { readSettings } from '@fovea/config';
import { Engine, type Log } from '@fovea/host';
import { openPicture } from '@fovea/imaging';
import { APPLICATIONS } from '@fovea/platform';
import { beamSearch, CAPTION_END, CAPTION_NEVER, CAPTION_START, imageFeatures } from '@fovea/stages';
import type { Tensor as Plain } from '@fovea/tensor';
import { shippedModels } from '@fovea/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { median } from './load.ts';
import { benchPictures } from './pictures.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    runs: { type: 'string', default: '5' },
    beams: { type: 'string', default: '3' },
  },
});
const ROOT = join(import.meta.dirname, '..', '..');
const THREADS = availableParallelism();
const PICTURES = 4;
const beams = Number(values.beams);
const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

type Feeds = Record<string, Tensor>;
interface Recorded {
  readonly bytes: Uint8Array;
  readonly image: Feeds;
  readonly features: Feeds;
  /** Feeds of every step, their rows already in the order of the beams. */
  readonly steps: readonly Feeds[];
}

const open = (path: string) =>
  InferenceSession.create(join(ROOT, 'models', 'weights', path), {
    intraOpNumThreads: THREADS,
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
  });
const encoder = await open('classification/efficientnet-lite0.onnx');
const prefix = await open('captioning/captioner-flickr8k-prefix.onnx');
const step = await open('captioning/captioner-flickr8k-step.onnx');

/** Rows of a tensor, in another order. */
function rowsOf({ data, dims }: Tensor, rows: readonly number[]): Tensor {
  const [, ...shape] = dims;
  const size = shape.reduce((a, b) => a * b, 1);
  const out = new Float32Array(rows.length * size);
  rows.forEach((row, at) =>
    out.set((data as Float32Array).subarray(row * size, (row + 1) * size), at * size),
  );
  return new Tensor('float32', out, [rows.length, ...shape]);
}

/** The beam search with bare sessions, and what each step was fed. */
async function record(bytes: Uint8Array): Promise<Recorded> {
  const manifest = shippedModels().find(({ id }) => id === imageFeatures.models[0])!;
  const model = { ...manifest, classes: [], tokens: [] } as StageModel;
  const picture: Picture = await openPicture(bytes);
  const { feeds } = await imageFeatures.preprocess(picture, {}, model);
  const { data, dims } = feeds['image'] as Plain<'uint8'>;
  const image = { image: new Tensor('uint8', data, dims) };
  const { features } = await encoder.run(image, ['features']);
  const { cross } = await prefix.run({ features: features as Tensor });
  const steps: Feeds[] = [];
  let past: Tensor | undefined;
  await beamSearch(
    async ({ tokens, parents, position }) => {
      const [, layers, heads, , width] = [0, 6, 4, 0, 64];
      const fed: Feeds = {
        token: new Tensor('int64', BigInt64Array.from(tokens, BigInt), [tokens.length]),
        position: new Tensor('int64', new BigInt64Array(tokens.length).fill(BigInt(position)), [
          tokens.length,
        ]),
        past: past
          ? rowsOf(past, parents)
          : new Tensor('float32', new Float32Array(0), [tokens.length, layers!, heads!, 0, width!]),
        cross: rowsOf(
          cross as Tensor,
          tokens.map(() => 0),
        ),
      };
      steps.push(fed);
      const out = await step.run(fed, ['logits', 'present']);
      past = out['present'] as Tensor;
      return { logits: out['logits']!.data as Float32Array, attention: [] };
    },
    {
      beams,
      maxWords: 20,
      lengthExponent: 1.1,
      noRepeat: 0,
      prefix: [],
      start: CAPTION_START,
      end: CAPTION_END,
      banned: CAPTION_NEVER,
    },
  );
  return { bytes, image, features: { features: features as Tensor }, steps };
}

async function bareCached({ features, steps }: Recorded): Promise<void> {
  await prefix.run(features);
  for (const feeds of steps) await step.run(feeds, ['logits', 'present']);
}
async function bare(recorded: Recorded): Promise<void> {
  await encoder.run(recorded.image, ['features']);
  await bareCached(recorded);
}

const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
const engineWith = (stageCache: string) =>
  Engine.create({
    settings: readSettings(
      {
        FOVEA_DATA: join(folder, stageCache),
        FOVEA_DEVICE: 'cpu',
        FOVEA_THREADS: String(THREADS),
        FOVEA_STAGE_CACHE: stageCache,
      },
      ROOT,
    ),
    applications: APPLICATIONS,
    record: false,
    log: quiet,
  });
const fresh = await engineWith('0');
const cached = await engineWith('64MB');

const PARAMS = { beams, rerank: false, alternatives: 0 };
let device = '';
async function caption(engine: Engine, { bytes, steps }: Recorded): Promise<void> {
  const { run } = await engine.execute({ task: 'caption', params: PARAMS, inputs: { image: [{ bytes }] } });
  device = run.device;
  const made = run.stages.find((stage) => stage.steps !== undefined && stage.role === 'caption-step')?.steps;
  if (made !== steps.length) throw new Error(`the engine made ${made} steps, the sessions ${steps.length}`);
}
const ask = async (engine: Engine, { bytes }: Recorded): Promise<void> =>
  void (await engine.execute({
    task: 'vqa',
    params: { question: 'what color is it?', premise: false },
    inputs: { image: [{ bytes }] },
  }));

const recorded = await Promise.all((await benchPictures(PICTURES)).map(record));
const ROWS = {
  'sessions alone': bare,
  'caption, features computed': (one: Recorded) => caption(fresh, one),
  'sessions alone, features given': bareCached,
  'caption, features kept': (one: Recorded) => caption(cached, one),
  'question, features computed': (one: Recorded) => ask(fresh, one),
  'question, features kept': (one: Recorded) => ask(cached, one),
} as const;
type Row = keyof typeof ROWS;

const rounds: Record<Row, number>[] = [];
try {
  for (const one of recorded) for (const run of Object.values(ROWS)) await run(one);
  for (let round = 0; round < Number(values.rounds); round++) {
    const times = new Map<string, number[]>();
    // in turn, so that a machine that slows down slows all
    for (let n = 0; n < Number(values.runs); n++)
      for (const one of recorded)
        for (const [row, run] of Object.entries(ROWS)) {
          const began = performance.now();
          await run(one);
          times.set(row, [...(times.get(row) ?? []), performance.now() - began]);
        }
    rounds.push(
      Object.fromEntries([...times].map(([row, list]) => [row, median(list)])) as Record<Row, number>,
    );
  }
} finally {
  await fresh.close();
  await cached.close();
  await rm(folder, { recursive: true, force: true });
}

const words = median(recorded.map(({ steps }) => steps.length));
console.log(
  `\ncaptions of ${PICTURES} pictures, beam ${beams}, ${words} steps, ${cpus()[0]?.model ?? 'unknown'}, ${THREADS} cores, ` +
    `device ${device}, ${values.rounds} rounds of ${values.runs}, load ${loadavg()[0]?.toFixed(2)}`,
);
const ms = (row: Row) => Number(median(rounds.map((round) => round[row])).toFixed(2));
const over = (row: Row, base: Row) =>
  `${((median(rounds.map((round) => round[row] / round[base])) - 1) * 100).toFixed(1)} %`;
console.table(
  (Object.keys(ROWS) as Row[]).map((row) => ({
    row,
    'median ms': ms(row),
    'over its sessions':
      row === 'caption, features computed'
        ? over(row, 'sessions alone')
        : row === 'caption, features kept'
          ? over(row, 'sessions alone, features given')
          : '',
  })),
);
