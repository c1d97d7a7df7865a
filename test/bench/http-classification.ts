// Throughput and latency of classification over HTTP against bare onnxruntime-node, in one run.
//   npm run bench:http -- [--seconds 6] [--rounds 3] [--concurrency 1,4,16] [--peer <folder>]      (npm run build first)
// With --peer, a folder in which `npm install @huggingface/transformers` was run, also its pipeline on the same weights.
// Prints a table and writes results/http-classification.json.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { load, median, type LoadResult } from './load.ts';
import { benchPictures, unseen } from './pictures.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
    concurrency: { type: 'string', default: '1,4,16' },
    model: { type: 'string', default: 'efficientnet-lite0' },
    peer: { type: 'string' },
  },
});
const ROOT = join(import.meta.dirname, '..', '..');
const THREADS = String(availableParallelism());
const SIDE = values.model.endsWith('lite2') ? '260' : '224';
const KNOWN = 32;

interface Server {
  readonly address: string;
  readonly process: ChildProcess;
}

/** Starts a server and waits for the address that it prints. */
function start(args: string[], env: Record<string, string> = {}): Promise<Server> {
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, UV_THREADPOOL_SIZE: '8', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}: ${output}`)));
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const address = /http:\/\/[^\s/]+/.exec(output)?.[0];
      if (address) resolve({ address, process: child });
    });
  });
}

async function stop({ process: child }: Server): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Median milliseconds to write and fsync one picture in the data folder. */
async function fsyncMs(folder: string, picture: Buffer): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 40; i++) {
    const began = performance.now();
    const file = await open(join(folder, `fsync-${i}`), 'w');
    await file.writeFile(picture);
    await file.sync();
    await file.close();
    times.push(performance.now() - began);
  }
  return median(times);
}

/** 99th percentile of the event loop's delay since the last call, in milliseconds. */
async function loopDelayMs(address: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)?.[1]) * 1000;
}

const pictures = await benchPictures(KNOWN);
const picture = (n: number) => pictures[n % KNOWN] as Buffer;
const dataDir = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
const weights = join(ROOT, 'models', 'weights', 'classification', `${values.model}.onnx`);
const bare = await start([
  '--conditions=source',
  join(import.meta.dirname, 'bare-server.ts'),
  weights,
  SIDE,
  THREADS,
]);
const peer = values.peer
  ? await start([
      '--conditions=source',
      join(import.meta.dirname, 'peer-server.ts'),
      values.peer,
      weights,
      SIDE,
      THREADS,
    ])
  : undefined;
const platform = await start(['apps/platform/dist/main.js'], {
  FOVEA_PORT: '0',
  FOVEA_DATA: dataDir,
  FOVEA_DEVICE: 'cpu',
  FOVEA_THREADS: THREADS,
  FOVEA_LOG_LEVEL: 'warn',
});
const task = `${platform.address}/v1/tasks/classification?model=${values.model}`;
const rows: Record<string, { address: string; picture: (n: number) => Uint8Array }> = {
  bare: { address: bare.address, picture },
  ...(peer ? { 'transformers.js': { address: peer.address, picture } } : {}),
  'store=false': { address: `${task}&store=false`, picture },
  'catalog, known inputs': { address: task, picture },
  'catalog, new inputs': { address: task, picture: (n) => unseen(picture(n), n) },
};

const results: Record<string, Record<string, LoadResult[]>> = {};
const delays: Record<string, number[]> = {};
const fsync = await fsyncMs(dataDir, picture(0));
try {
  for (const level of values.concurrency.split(',').map(Number))
    for (let round = 0; round < Number(values.rounds); round++)
      // in turn, so that a machine that slows down slows all of them
      for (const [name, row] of Object.entries(rows)) {
        const ours = row.address.startsWith(platform.address);
        if (ours) await loopDelayMs(platform.address);
        const result = await load(row.address, {
          concurrency: level,
          warmUpMs: 1000,
          measureMs: Number(values.seconds) * 1000,
          picture: row.picture,
        });
        ((results[name] ??= {})[level] ??= []).push(result);
        if (ours) (delays[`${name} @${level}`] ??= []).push(await loopDelayMs(platform.address));
      }
} finally {
  await Promise.all([stop(bare), stop(platform), peer && stop(peer)]);
  await rm(dataDir, { recursive: true, force: true });
}

const mid = (list: readonly LoadResult[], key: keyof LoadResult) => median(list.map((result) => result[key]));
const table = Object.entries(results).flatMap(([name, levels]) =>
  Object.entries(levels).map(([level, list]) => {
    const base = results['bare']?.[level] ?? [];
    return {
      row: name,
      concurrency: Number(level),
      'req/s': Number(mid(list, 'perSecond').toFixed(1)),
      'x bare': Number(
        median(list.map((result, i) => result.perSecond / (base[i]?.perSecond ?? NaN))).toFixed(3),
      ),
      'median ms': Number(mid(list, 'medianMs').toFixed(2)),
      'added ms': Number(
        median(list.map((result, i) => result.medianMs - (base[i]?.medianMs ?? NaN))).toFixed(2),
      ),
      'p99 ms': Number(mid(list, 'p99Ms').toFixed(1)),
      'loop p99 ms': Number(median(delays[`${name} @${level}`] ?? [NaN]).toFixed(1)),
      failed: list.reduce((sum, { failed }) => sum + failed, 0),
    };
  }),
);
const machine = `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores`;
console.log(`\n${values.model}, 640x480 JPEG, CPU ${machine}, ${THREADS} threads, Node ${process.version}`);
console.log(
  `${values.rounds} rounds of ${values.seconds} s, medians; write + fsync of one picture: ${fsync.toFixed(2)} ms`,
);
console.table(table);
await mkdir(join(import.meta.dirname, 'results'), { recursive: true });
await writeFile(
  join(import.meta.dirname, 'results', 'http-classification.json'),
  `${JSON.stringify({ date: new Date().toISOString(), machine, node: process.version, options: { ...values, ...(values.peer ? { peer: basename(values.peer) } : {}) }, fsyncMs: fsync, table, rounds: results }, null, 2)}\n`,
);
