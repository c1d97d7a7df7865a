import { Evaluation, EvaluationSummary, type NewEvaluation } from '@fovea/contracts';
import { openCatalog } from '@fovea/catalog';
import { Fovea } from '@fovea/sdk';
import { fixture, sharedData } from '@fovea/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeClassSet, writeCocoSet, writeVocSet, writeYoloSet } from './evaluation-sets.ts';
import { startServer, type TestServer } from './server.ts';

// From a labelled data set and a task to a stored report: over HTTP, and by the command line.

const ROOT = join(import.meta.dirname, '..', '..');
const cocoMini = sharedData('coco-mini');
let folder: string;
let sets: string;
let server: TestServer;
let fovea: Fovea;
const coco = () => ({ format: 'coco' as const, folder: join(sets, 'coco') });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-evaluations-'));
  sets = join(folder, 'sets');
  await writeCocoSet(join(sets, 'coco'));
  await writeYoloSet(join(sets, 'yolo'));
  await writeVocSet(join(sets, 'voc'));
  await writeClassSet(join(sets, 'classes'), { broken: true });
  await mkdir(join(sets, 'unknown', 'unicorn'), { recursive: true });
  await symlink(fixture('flower.jpg'), join(sets, 'unknown', 'unicorn', '1.jpg'));
  await writeCocoSet(join(folder, 'outside'));
  await symlink(join(folder, 'outside'), join(sets, 'link'));
  server = await startServer({ FOVEA_IMPORT_ROOTS: [sets, ...(cocoMini ? [cocoMini] : [])].join(',') });
  fovea = new Fovea({ baseUrl: server.url });
});
afterAll(async () => {
  await server?.end();
  await rm(folder, { recursive: true, force: true });
});

const valueOf = ({ figures }: EvaluationSummary, name: string) =>
  figures.find((figure) => figure.name === name)?.value;

describe('HTTP', () => {
  it('measures a detector on COCO and YOLO data alike, and keeps report and pictures', async () => {
    const progress: number[][] = [];
    const request: NewEvaluation = { task: 'detection', dataset: coco(), model: 'nanodet-g-512-coco80' };
    const evaluation = await fovea.evaluations.run(request, {
      onProgress: (done, total) => progress.push([done, total]),
    });
    expect(Evaluation.parse(evaluation)).toEqual(evaluation);
    expect(progress.at(-1)).toEqual([3, 3]);
    expect(evaluation).toMatchObject({
      task: 'detection',
      metric: 'COCO bbox',
      device: 'cpu',
      params: { minScore: 0, maxItems: 100 },
      models: [{ role: 'primary', id: 'nanodet-g-512-coco80' }],
      dataset: { format: 'coco', name: 'coco', split: 'val2017', subset: 'all', images: 3, truths: 5 },
    });
    expect(evaluation.figures[0]?.name).toBe('AP');
    // Hand-drawn boxes of three large, easy objects and a spoon.
    expect(valueOf(evaluation, 'AP50')).toBeGreaterThan(0.7);
    expect(valueOf(evaluation, 'classes left out')).toBe(1);

    const { perClass, curves, confusion, worst, failures } = evaluation.report;
    expect(perClass.map(({ label, classId }) => [label, classId])).toEqual([
      ['cat', 15],
      ['cup', 41],
      ['spoon', 44],
      ['person', 0],
    ]);
    expect(curves.filter(({ label }) => label === null)).toHaveLength(3);
    expect(curves[0]?.points).toHaveLength(101);
    expect(confusion?.labels.at(-1)).toBe('background');
    expect(confusion?.matrix.flat().reduce((total, count) => total + count)).toBeGreaterThanOrEqual(4);
    expect(failures).toEqual([]);
    for (const { name, blob, truth, prediction } of worst) {
      expect(truth).toMatchObject({ kind: 'boxes' });
      expect(prediction).toMatchObject({ kind: 'boxes' });
      const kept = await fovea.blobs.get(blob ?? '');
      expect(Buffer.from(await kept.arrayBuffer()).equals(await readFile(fixture(name)))).toBe(true);
    }

    const yolo = await fovea.evaluations.run({
      ...request,
      dataset: { format: 'yolo', folder: join(sets, 'yolo') },
    });
    expect(valueOf(yolo, 'AP')).toBeCloseTo(valueOf(evaluation, 'AP') ?? NaN, 2);
  });

  it('measures VOC data by its own rule as well: what is difficult need not be found', async () => {
    const dataset = { format: 'voc' as const, folder: join(sets, 'voc') };
    const evaluation = await fovea.evaluations.run({ task: 'detection', dataset });
    expect(evaluation.figures[0]?.name).toBe('AP');
    expect(valueOf(evaluation, 'VOC mAP')).toBeGreaterThan(0.9);
    expect(valueOf(evaluation, 'VOC mAP, 11 points')).toBeGreaterThan(0.9);
    expect(evaluation.report.perClass.find(({ label }) => label === 'spoon')?.truths).toBe(0);
  });

  it('lists, filters, finds and deletes, and keeps its pictures as long as itself', async () => {
    const one = await fovea.evaluations.run({
      task: 'detection',
      dataset: coco(),
      params: { minScore: 0.9 },
    });
    const two = await fovea.evaluations.run({ task: 'detection', dataset: coco(), subset: 'odd', limit: 1 });
    expect(two.dataset).toMatchObject({ subset: 'odd, first 1', images: 1, truths: 1 });
    const first = await fovea.evaluations.list({ limit: 1 });
    expect(first.items.map(({ id }) => id)).toEqual([two.id]);
    expect(first.items[0]).not.toHaveProperty('report');
    const next = await fovea.evaluations.list({ limit: 1, cursor: first.nextCursor ?? '' });
    expect(next.items.map(({ id }) => id)).toEqual([one.id]);
    const { sha256 } = one.dataset;
    expect(
      (await fovea.evaluations.list({ task: 'detection', dataset: sha256 })).items.length,
    ).toBeGreaterThan(1);
    expect((await fovea.evaluations.list({ dataset: 'another' })).items).toEqual([]);
    expect((await fovea.evaluations.list({ model: 'efficientnet-lite0' })).items).toEqual([]);
    await expect(fovea.evaluations.list({ cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });

    // With a threshold of 0.9 hardly anything is found: there are pictures to show.
    const blob = one.report.worst[0]?.blob ?? '';
    const catalog = server.engine.needCatalog();
    await catalog.gc({ graceMs: 0 });
    expect((await fovea.blobs.get(blob)).size).toBeGreaterThan(0);
    const all = await fovea.evaluations.list({ limit: 200 });
    for (const { id } of all.items) await fovea.evaluations.delete(id);
    await expect(fovea.evaluations.get(one.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(fovea.evaluations.delete(one.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(fovea.blobs.get(blob)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('measures a classifier; a picture that cannot be decoded counts as not found', async () => {
    const evaluation = await fovea.evaluations.run({
      task: 'classification',
      dataset: { format: 'imagenet', folder: join(sets, 'classes') },
    });
    expect(valueOf(evaluation, 'top-1')).toBe(0.75);
    expect(valueOf(evaluation, 'top-5')).toBe(0.75);
    const { failures, calibration, perClass, confusion } = evaluation.report;
    expect(failures).toEqual([
      expect.objectContaining({ name: 'n07920052/broken.jpg', code: 'UNSUPPORTED_MEDIA' }),
    ]);
    expect(calibration?.bins).toHaveLength(15);
    expect(calibration?.bins.reduce((total, { count }) => total + count, 0)).toBe(3);
    expect(perClass.find(({ label }) => label === 'espresso')).toMatchObject({
      truths: 2,
      figures: [
        { name: 'top-1', value: 0.5 },
        { name: 'top-5', value: 0.5 },
        { name: 'precision', value: 1 },
      ],
    });
    expect(confusion?.matrix.flat().reduce((total, count) => total + count)).toBe(4);
  });

  it('measures masks in true boxes, and classes of pixels', async () => {
    const masks = await fovea.evaluations.run({ task: 'segmentation', dataset: coco(), boxes: 'truth' });
    expect(masks).toMatchObject({ metric: 'mask IoU in true boxes', models: [{ id: 'mask-from-box' }] });
    expect(masks.params).not.toHaveProperty('boxes');
    expect(valueOf(masks, 'instances')).toBe(5);
    // The true masks are whole boxes here: the cat fills most of its own.
    expect(valueOf(masks, 'mean mask IoU')).toBeGreaterThan(0.4);
    expect(valueOf(masks, 'mean mask IoU')).toBeLessThan(0.95);

    const semantic = await fovea.evaluations.run({ task: 'semantic-segmentation', dataset: coco() });
    expect(semantic.metric).toBe('mIoU');
    expect(semantic.report.perClass).toHaveLength(21);
    const [worst] = semantic.report.worst;
    expect(worst).toMatchObject({ truth: { kind: 'masks' }, prediction: { kind: 'masks' } });
    const maps = [worst?.truth, worst?.prediction].flatMap((result) =>
      result?.kind === 'masks' ? [result.map.blob] : [],
    );
    expect(maps).toHaveLength(2);
    for (const map of maps) expect((await fovea.blobs.get(map)).type).toBe('image/png');
  });

  it.each<[string, () => Record<string, unknown>, string, RegExp]>([
    ['a folder outside', () => ({ folder: join(folder, 'outside') }), 'FORBIDDEN', /FOVEA_IMPORT_ROOTS/],
    ['a link to the outside', () => ({ folder: join(sets, 'link') }), 'FORBIDDEN', /FOVEA_IMPORT_ROOTS/],
    ['no folder', () => ({ folder: join(sets, 'none') }), 'FORBIDDEN', /must be there/],
    ['a way out', () => ({ folder: join(sets, '..', 'outside') }), 'FORBIDDEN', /FOVEA_IMPORT_ROOTS/],
    ['a split that leads out', () => ({ ...coco(), split: '../../outside' }), 'INVALID_PARAMETER', /./],
    ['another format', () => ({ ...coco(), format: 'voc' }), 'INVALID_PARAMETER', /./],
  ])('refuses %s at once', async (_what, dataset, code, hint) => {
    const request = { task: 'detection', dataset: { format: 'coco', ...dataset() } } as NewEvaluation;
    await expect(fovea.evaluations.start(request)).rejects.toMatchObject({
      code,
      hint: expect.stringMatching(hint) as string,
    });
  });

  it.each<[string, () => Partial<NewEvaluation>, string, RegExp]>([
    [
      'classes that the model does not know',
      () => ({ task: 'classification', dataset: { format: 'imagenet', folder: join(sets, 'unknown') } }),
      'INVALID_PARAMETER',
      /unicorn/,
    ],
    ['a parameter that there is not', () => ({ params: { colour: 1 } }), 'INVALID_PARAMETER', /colour/],
    ['a model of another task', () => ({ model: 'efficientnet-lite0' }), 'INVALID_PARAMETER', /efficientnet/],
    ['boxes for a detector', () => ({ boxes: 'truth' }), 'INVALID_PARAMETER', /boxes/],
    ['a task without a metric', () => ({ task: 'hands' }), 'NOT_IMPLEMENTED', /hands/],
    [
      'poses where none are labelled',
      () => ({ task: 'pose', dataset: { format: 'yolo', folder: join(sets, 'yolo') } }),
      'INVALID_PARAMETER',
      /keypoints/,
    ],
  ])('refuses %s', async (_what, request, code, message) => {
    await expect(
      fovea.evaluations.start({ task: 'detection', dataset: coco(), ...request() }),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});

/** `fovea evaluate …` of the checkout. */
async function cli(dataDir: string, args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(ROOT, 'apps/cli/bin/fovea.mjs'), 'evaluate', ...args], {
    cwd: sets,
    env: { PATH: process.env['PATH'], FOVEA_DATA: dataDir, FOVEA_DEVICE: 'cpu', ...env },
  });
  child.stdin.end();
  const [[code], out, err] = await Promise.all([
    once(child, 'exit') as Promise<[number]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { code, out, err };
}

describe('CLI', () => {
  it('uses the server that owns the data folder, which decides about folders', async () => {
    const { code, out } = await cli(server.dataDir, ['detection', '--dataset', 'coco:coco', '--json']);
    expect(code).toBe(0);
    const evaluation = Evaluation.parse(JSON.parse(out));
    expect(await fovea.evaluations.get(evaluation.id)).toEqual(evaluation);
    expect(evaluation.links.job).toMatch(/^\/v1\/jobs\//);

    const refused = await cli(server.dataDir, ['detection', '--dataset', `coco:${join(folder, 'outside')}`]);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('FOVEA_IMPORT_ROOTS');
  });

  it('works in its own process on any folder, and records', async () => {
    const dataDir = join(folder, 'data');
    const args = ['detection', '--dataset', `coco:${join(folder, 'outside')}`, '--param', 'minScore=0.9'];
    const { code, out } = await cli(dataDir, args);
    expect(code).toBe(0);
    expect(out).toContain('COCO bbox: nanodet-g-512-coco80 on outside');
    expect(out).toMatch(/^ {2}AP50 +0\.\d{4} /m);
    const hashesOnly = await cli(dataDir, [...args, '--json'], { FOVEA_KEEP_INPUTS: 'false' });
    const evaluation = Evaluation.parse(JSON.parse(hashesOnly.out));
    expect(evaluation.report.worst.map(({ blob }) => blob)).toContain(null);
    expect(new Set(evaluation.report.worst.map(({ blob }) => blob)).size).toBe(1);

    // Retention takes runs and uploads, however little may be kept.
    const catalog = await openCatalog({ dataDir, keep: { bytes: 1 } });
    try {
      const { items } = await catalog.evaluations.list('local');
      expect(items).toHaveLength(2);
      expect(out).toContain(`evaluation ${items[1]?.id}`);
      const blob = (await catalog.evaluations.get('local', items[1]?.id ?? ''))?.report.worst[0]?.blob ?? '';
      await catalog.retention();
      expect(await catalog.blobs.get('local', blob)).not.toBeNull();
    } finally {
      await catalog.close();
    }
  });

  it('says what is wrong, with exit code 2', async () => {
    const { code, err } = await cli(server.dataDir, ['classification', '--dataset', 'imagenet:unknown']);
    expect(code).toBe(2);
    expect(err).toContain('unicorn');
  });
});

describe('an evaluation whose server is killed', () => {
  it('goes on with the pictures that are left', async () => {
    const many = await writeClassSet(join(sets, 'many'), { copies: 60 });
    const dataDir = join(folder, 'killed');
    const start = async () => {
      const child = spawn(process.execPath, [join(ROOT, 'apps/platform/dist/main.js')], {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          FOVEA_DATA: dataDir,
          FOVEA_DEVICE: 'cpu',
          FOVEA_PORT: '0',
          FOVEA_IMPORT_ROOTS: sets,
        },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
      const url = await vi.waitFor(() => {
        const found = /ready: (http\S+)/.exec(printed)?.[1];
        if (!found) throw new Error(`not ready: ${printed}`);
        return found;
      }, 60_000);
      return { child, client: new Fovea({ baseUrl: url }) };
    };
    const jobOf = async (client: Fovea, id: string) =>
      (await fetch(`${client.baseUrl}/v1/jobs/${id}`)).json() as Promise<{
        state: string;
        attempts: number;
        progress: { done: number } | null;
      }>;

    const before = await start();
    const job = await before.client.evaluations.start({
      task: 'classification',
      dataset: { format: 'imagenet', folder: many },
    });
    await vi.waitFor(
      async () => expect((await jobOf(before.client, job.id)).progress?.done ?? 0).toBeGreaterThan(10),
      { timeout: 60_000, interval: 50 },
    );
    const exited = once(before.child, 'exit');
    before.child.kill('SIGKILL');
    await exited;

    const after = await start();
    const seen: number[] = [];
    await vi.waitFor(
      async () => {
        const { state, progress } = await jobOf(after.client, job.id);
        if (progress) seen.push(progress.done);
        expect(state).toBe('completed');
      },
      { timeout: 120_000, interval: 50 },
    );
    expect(Math.min(...seen)).toBeGreaterThan(10);
    expect((await jobOf(after.client, job.id)).attempts).toBe(2);
    const evaluation = await after.client.evaluations.get(job.id);
    expect(evaluation.dataset.images).toBe(180);
    expect(valueOf(evaluation, 'top-1')).toBe(1);
    const ended = once(after.child, 'exit');
    after.child.kill('SIGTERM');
    await ended;
  });
});

describe.skipIf(!cocoMini)('coco-mini (skipped without ../shared/data/coco-mini)', () => {
  const dataset = { format: 'coco' as const, folder: cocoMini ?? '' };

  it('the fast detector: AP 0.282', async () => {
    const evaluation = await fovea.evaluations.run({ task: 'detection', model: 'nanodet-g-coco80', dataset });
    expect(Math.abs((valueOf(evaluation, 'AP') ?? NaN) - 0.282)).toBeLessThan(0.003);
    expect(evaluation.dataset).toMatchObject({ images: 79, truths: 624 });
    expect(evaluation.report.worst).toHaveLength(24);
  });

  it('poses: OKS AP 0.352 with the fast network', async () => {
    const evaluation = await fovea.evaluations.run({ task: 'pose', params: { mode: 'fast' }, dataset });
    expect(evaluation.models[0]?.id).toBe('movenet-lightning-coco17');
    expect(Math.abs((valueOf(evaluation, 'AP') ?? NaN) - 0.352)).toBeLessThan(0.01);
  });
});
