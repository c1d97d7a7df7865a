import { RunEnvelope } from '@fovea/contracts';
import { Fovea } from '@fovea/sdk';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from './server.ts';

// SDK and CLI against the real platform: one picture, the same run shape whatever it comes by.

const ROOT = join(import.meta.dirname, '..', '..');
const SAMPLES = join(ROOT, 'test', 'fixtures', 'samples');
const API_KEY = 'a-key-of-sixteen-characters';
let server: TestServer;
let fovea: Fovea;
let cat: Uint8Array;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fovea-clients-'));
  cat = new Uint8Array(await readFile(join(SAMPLES, 'cat-chelsea.jpg')));
  server = await startServer({ FOVEA_API_KEY: API_KEY, FOVEA_MAX_BYTES: '1MiB' });
  fovea = new Fovea({ baseUrl: server.url, apiKey: API_KEY });
});
afterAll(async () => {
  await server?.end();
  await rm(folder, { recursive: true, force: true });
});

/** What is the same in every interface: all but ids, times and links. */
const essence = (envelope: RunEnvelope) => {
  const { run, inputs, result } = RunEnvelope.parse(envelope);
  return { models: run.models, params: run.params, device: run.device, inputs, result };
};

describe('SDK', () => {
  it('answers the same over HTTP, as events, by blob, in a batch and over the socket', async () => {
    const first = await fovea.run('classification', cat, { topK: 3 });
    expect(first.result.labels[0]?.label).toMatch(/cat|tabby/i);
    const socket = await fovea.connect();
    const answers = [
      await fovea.run('classification', cat, { topK: 3 }, { onPartial: () => undefined }),
      await fovea.run('classification', { blob: first.inputs['image']?.sha256 ?? '' }, { topK: 3 }),
      await fovea.run('classification', { base64: Buffer.from(cat).toString('base64') }, { topK: 3 }),
      ...((await fovea.runBatch('classification', [cat, cat], { topK: 3 })) as RunEnvelope[]),
      await socket.run('classification', cat, { topK: 3 }, { store: false }),
    ];
    socket.close();
    for (const answer of answers) expect(essence(answer)).toEqual(essence(first));
  });

  it('tells the words of captions as they come, as events and over the socket, each to its own run', async () => {
    const rocket = new Uint8Array(await readFile(join(SAMPLES, 'rocket.jpg')));
    const socket = await fovea.connect();
    const follow = async (
      run: (onPartial: (partial: { text?: string }) => void) => Promise<{ result: { text: string } }>,
    ) => {
      const partials: string[] = [];
      const { result } = await run(({ text: words = '' }) => partials.push(words));
      return { partials, text: result.text };
    };
    // The best sentence of all is the one that leads, where only one is followed.
    const greedy = { beams: 1 };
    const [event, first, second] = await Promise.all([
      follow((onPartial) => fovea.run('caption', cat, greedy, { onPartial })),
      follow((onPartial) => socket.run('caption', cat, greedy, { onPartial })),
      follow((onPartial) => socket.run('caption', rocket, greedy, { onPartial })),
    ]);
    socket.close();
    expect(first).toEqual(event);
    expect(second.text).not.toBe(first.text);
    for (const { partials, text: whole } of [first, second]) {
      const words = whole.split(' ');
      expect(partials).toEqual(words.map((_, at) => words.slice(0, at + 1).join(' ')));
    }
  });

  it('finds, draws, replays and deletes a run', async () => {
    const { run } = await fovea.run('classification', cat);
    const { items } = await fovea.runs.list({ label: 'Egyptian cat', minScore: 0.1, limit: 1 });
    expect(items[0]?.run.id).toBe(run.id);
    expect((await fovea.runs.overlay(run.id)).type).toBe('image/png');
    expect((await fovea.runs.replay(run.id)).difference).toMatchObject({ same: true });
    await fovea.runs.delete(run.id);
    await expect(fovea.runs.get(run.id)).rejects.toMatchObject({ code: 'NOT_FOUND', status: 404 });
  });

  it('repeats a run with its key, and tells bad pictures of a batch from good ones', async () => {
    const options = { idempotencyKey: 'once-only' };
    const [first, second] = [
      await fovea.run('classification', cat, {}, options),
      await fovea.run('classification', cat, {}, options),
    ];
    expect(second.run.id).toBe(first.run.id);
    const tooLarge = new Uint8Array(2 * 1024 * 1024);
    const runs = await fovea.runBatch('classification', [cat, new Uint8Array([1, 2]), tooLarge, cat]);
    expect(runs.map((one) => ('code' in one ? one.code : one.result.kind))).toEqual([
      'labels',
      'IMAGE_CORRUPT',
      'PAYLOAD_TOO_LARGE',
      'labels',
    ]);
  });

  it('says what is wrong', async () => {
    await expect(new Fovea({ baseUrl: server.url }).tasks()).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await expect(new Fovea({ baseUrl: server.url }).connect()).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await expect(fovea.run('classification', cat, { topK: 0 })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
    await expect(fovea.run('generate', cat)).rejects.toMatchObject({ code: 'NOT_IMPLEMENTED' });
    expect(await fovea.health()).toMatchObject({ status: 'ok' });
  });
});

/** `fovea …` of the checkout, with a data folder of its own or the server's. */
async function cli(dataDir: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'apps/cli/bin/fovea.mjs'), ...args], {
    cwd: SAMPLES,
    env: { PATH: process.env['PATH'], FOVEA_DATA: dataDir, FOVEA_DEVICE: 'cpu' },
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
  it('uses the server that owns the data folder, which records', async () => {
    const { code, out } = await cli(
      server.dataDir,
      'run',
      'classification',
      'cat-chelsea.jpg',
      '--json',
      '--api-key',
      API_KEY,
    );
    expect(code).toBe(0);
    const envelope = RunEnvelope.parse(JSON.parse(out));
    expect(essence(await fovea.runs.get(envelope.run.id))).toEqual(essence(envelope));
  });

  it('runs in its own process without a server, records nothing, draws, and goes on after a bad file', async () => {
    const reference = await fovea.run('classification', cat, { topK: 2 });
    const overlay = join(folder, 'overlays');
    const args = [
      'run',
      'classification',
      'cat-chelsea.jpg',
      'ATTRIBUTION.md',
      '--json',
      '--top-k',
      '2',
      '--overlay',
      overlay,
    ];
    const { code, out, err } = await cli(join(folder, 'data'), ...args);
    expect(code).toBe(1);
    const [good = '', bad = ''] = out.split('\n');
    expect(essence(RunEnvelope.parse(JSON.parse(good)))).toEqual(essence(reference));
    expect(JSON.parse(bad)).toMatchObject({ source: 'ATTRIBUTION.md', code: 'UNSUPPORTED_MEDIA' });
    expect(err).toContain('1 of 2 done, 1 failed');
    expect((await readFile(join(overlay, 'cat-chelsea.png'))).subarray(1, 4).toString()).toBe('PNG');
  });

  it.each(['the server', 'its own process'])('saves what a result is made of: by %s', async (by) => {
    const saved = join(folder, `saved by ${by}`);
    const args = ['run', 'semantic-segmentation', 'cat-chelsea.jpg', '--cutout', 'cat', '--save', saved];
    const [dataDir, ...key] =
      by === 'the server' ? [server.dataDir, '--api-key', API_KEY] : [join(folder, 'data')];
    const { code, err } = await cli(dataDir, ...args, '--overlay', join(saved, 'overlay.svg'), ...key);
    expect([code, err]).toEqual([0, '']);
    expect((await readdir(saved)).sort()).toEqual([
      'cat-chelsea-cutout.png',
      'cat-chelsea-map.png',
      'overlay.svg',
    ]);
    // The class map in its colours lies under the legend.
    expect(await readFile(join(saved, 'overlay.svg'), 'utf8')).toContain('data:image/png;base64,');
  });

  it('says so where a server was told to keep nothing of what should be saved', async () => {
    const args = ['run', 'segmentation', 'cat-chelsea.jpg', '--cutout', '--no-record', '--save', folder];
    const { code, err } = await cli(server.dataDir, ...args, '--api-key', API_KEY);
    expect(code).toBe(1);
    expect(err).toContain('the cutout was not kept');
  });
});
