// Fovea on a GPU (or, where there is none, the same on the CPU): the device is found and named, results equal the
// CPU's, throughput with batching off and on beside a bare session at the same batch. Prints Markdown for
// docs/performance.md.
//   npm run gpu:check -- [--device auto|webgpu|cuda|cpu] [--seconds 3] [--models efficientnet-lite0,efficientnet-lite2]
// Needs the built packages (npm run build); on a GPU through WebGPU also libvulkan1 and the driver's Vulkan files.
import { createInference, type Inference } from '@fovea/inference';
import { decodeImage } from '@fovea/imaging';
import { classify } from '@fovea/stages';
import { topK, type Tensor } from '@fovea/tensor';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'auto' },
    seconds: { type: 'string', default: '3' },
    models: { type: 'string', default: 'efficientnet-lite0,efficientnet-lite2' },
  },
});
const ROOT = join(import.meta.dirname, '..', '..');
const LEVELS = [1, 8, 32];
/** Largest difference of an output, relative to its largest value. */
const TOLERANCE = 1e-3;
const scratch = await mkdtemp(join(tmpdir(), 'fovea-gpu-'));
const binding = { owner: 'check', priority: 'interactive' as const };

/** An inference library on a device; without batching its manifest calls no model batchable. */
async function open(device: string, options: { batching: boolean }): Promise<Inference> {
  const modelsDir = join(scratch, `models-${options.batching}`);
  await rm(modelsDir, { recursive: true, force: true });
  await mkdir(modelsDir, { recursive: true });
  const manifest = JSON.parse(await readFile(join(ROOT, 'models', 'manifest.json'), 'utf8')) as {
    models: object[];
  };
  const models = manifest.models.map((model) => (options.batching ? model : { ...model, batchable: false }));
  await writeFile(join(modelsDir, 'manifest.json'), JSON.stringify({ ...manifest, models }));
  await symlink(join(ROOT, 'models', 'weights'), join(modelsDir, 'weights'));
  const log = { debug: () => {}, info: () => {}, warn: console.warn, error: console.error };
  const inference = await createInference({
    modelsDir,
    dataDir: scratch,
    device,
    queueLimit: 1024,
    environment: process.env,
    log,
  });
  await inference.start();
  return inference;
}

async function samples(inference: Inference, id: string): Promise<Tensor[]> {
  const folder = join(ROOT, 'test', 'fixtures', 'samples');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
  const params = { topK: 5, minScore: 0, crops: 1 as const };
  return Promise.all(
    names.map(async (name) => {
      const image = await decodeImage(await readFile(join(folder, name)));
      return (await classify.preprocess(image, params, inference.model(id))).feeds['image'] as Tensor;
    }),
  );
}

/** max |a - b| / max |b| per output over all samples, and whether the top five agree. */
async function compare(
  gpu: Inference,
  cpu: Inference,
  id: string,
): Promise<{ differences: Record<string, number>; sameTopFive: boolean }> {
  const differences: Record<string, number> = {};
  let sameTopFive = true;
  for (const image of await samples(cpu, id)) {
    const request = { model: id, feeds: { image }, outputs: ['logits', 'embedding', 'features'] };
    const [a, b] = await Promise.all([gpu.bind(binding).run(request), cpu.bind(binding).run(request)]);
    for (const name of request.outputs) {
      const [x, y] = [a.outputs[name]?.data as Float32Array, b.outputs[name]?.data as Float32Array];
      let apart = 0;
      let largest = 0;
      for (let i = 0; i < y.length; i++) {
        apart = Math.max(apart, Math.abs((x[i] ?? NaN) - (y[i] ?? NaN)));
        largest = Math.max(largest, Math.abs(y[i] ?? 0));
      }
      differences[name] = Math.max(differences[name] ?? 0, Number.isNaN(apart) ? Infinity : apart / largest);
    }
    const five = ({ outputs }: typeof a) =>
      topK(outputs['logits']?.data as Float32Array, 5)
        .map(({ index }) => index)
        .join();
    sameTopFive &&= five(a) === five(b);
  }
  return { differences, sameTopFive };
}

/** Pictures per second with so many requests of one picture in flight, and the mean batch. */
async function throughput(
  inference: Inference,
  id: string,
  concurrency: number,
): Promise<{ perSecond: number; batch: number }> {
  const images = await samples(inference, id);
  const runtime = inference.bind(binding);
  const measureMs = Number(values.seconds) * 1000;
  const start = performance.now() + 1000;
  let done = 0;
  let batches = 0;
  const client = async (n: number) => {
    for (let i = n; performance.now() < start + measureMs; i++) {
      const { batchSize } = await runtime.run({
        model: id,
        feeds: { image: images[i % images.length] as Tensor },
        outputs: ['logits'],
      });
      if (performance.now() < start) continue;
      done++;
      batches += 1 / batchSize;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, n) => client(n)));
  return { perSecond: (done / measureMs) * 1000, batch: done / batches };
}

async function bare(id: string, side: number, device: string, batch: number): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, 'bare-batch.ts'),
    join(ROOT, 'models', 'weights', 'classification', `${id}.onnx`),
    ...[side, device, batch, values.seconds, availableParallelism()].map(String),
  ]);
  return Number(stdout);
}

const cpu = await open('cpu', { batching: true });
const on = await open(values.device, { batching: true });
const off = await open(on.device().id, { batching: false });
const device = on.device();
console.log(
  `Device: ${device.id}, ${device.name} (${device.reason}), ${new Date().toISOString().slice(0, 10)}\n`,
);
let failed = false;
console.log(
  '| model | concurrency | bare, batch 1 | bare, same batch | batching off | batching on | mean batch |',
);
console.log('|---|---|---|---|---|---|---|');
const equality: string[] = [];
for (const id of values.models.split(',')) {
  const { differences, sameTopFive } = await compare(on, cpu, id);
  const worst = Object.entries(differences).map(([name, value]) => `${name} ${value.toExponential(1)}`);
  equality.push(
    `${id}: largest difference from the CPU ${worst.join(', ')}; same top five: ${sameTopFive ? 'yes' : 'NO'}`,
  );
  failed ||= !sameTopFive || Object.values(differences).some((value) => !(value <= TOLERANCE));
  const side = on.model(id).inputs[0]?.shape[1] as number;
  const one = await bare(id, side, device.id, 1);
  for (const level of LEVELS) {
    const batched = await throughput(on, id, level);
    const single = await throughput(off, id, level);
    const same = level === 1 ? one : await bare(id, side, device.id, Math.max(1, Math.round(batched.batch)));
    const cells = [one, same, single.perSecond, batched.perSecond].map((value) => value.toFixed(1));
    console.log(`| ${id} | ${level} | ${cells.join(' | ')} | ${batched.batch.toFixed(1)} |`);
  }
}
console.log(`\n${equality.join('\n')}`);
await Promise.all([cpu.close(), on.close(), off.close()]);
await rm(scratch, { recursive: true, force: true });
process.exitCode = failed ? 1 : 0;
