import type { Collection, ImportReport, Job } from '@fovea/contracts';
import { Fovea } from '@fovea/sdk';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatformProcess, type PlatformProcess } from './platform-process.ts';

/** How often the platform is killed; `KILLS=50` takes minutes. */
const KILLS = Number(process.env['KILLS'] ?? 5);
const SEED = Number(process.env['SEED'] ?? 1);
const PICTURES = 60;
const DELETED = 20;

/** Mulberry32: the same moments for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomNumbers(SEED);
const hashes = new Set<string>();
let root: string;
let pictures: string;
let platform: PlatformProcess;
let fovea: Fovea;
let kills = 0;

async function start(): Promise<void> {
  platform = await startPlatformProcess(join(root, 'data'), {
    FOVEA_APPS: 'retrieval',
    FOVEA_IMPORT_ROOTS: pictures,
  });
  fovea = new Fovea({ baseUrl: platform.url, retries: 0 });
}

/** kill -9 within so many milliseconds, then a new platform on the same folder. */
async function killWithin(ms: number): Promise<void> {
  setTimeout(() => platform.child.kill('SIGKILL'), random() * ms);
  await platform.gone;
  kills++;
  await start();
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fovea-chaos-collections-'));
  pictures = join(root, 'pictures');
  await mkdir(pictures);
  for (let n = 0; n < PICTURES; n++) {
    const raw = { width: 4, height: 4, channels: 3 } as const;
    const noise = Buffer.from(Array.from({ length: 48 }, () => Math.floor(random() * 256)));
    const bytes = await sharp(noise, { raw }).resize(64, 64).png().toBuffer();
    hashes.add(createHash('sha256').update(bytes).digest('hex'));
    await writeFile(join(pictures, `${n}.png`), bytes);
  }
  await start();
});
afterAll(async () => {
  platform.child.kill('SIGTERM');
  await platform.gone;
  await rm(root, { recursive: true, force: true });
});

/** Blobs of the items, each as often as it is there. */
async function blobsOf(id: string): Promise<string[]> {
  const blobs: string[] = [];
  for await (const { blob } of fovea.collections.allItems(id, { limit: 200 })) blobs.push(blob);
  return blobs;
}

async function expectSound(id: string, items: number): Promise<void> {
  expect((await fovea.collections.get(id)).items).toBe(items);
  const { indexes } = await fovea.collections.index(id);
  expect(indexes.map(({ ok, items: vectors }) => ({ ok, vectors }))).toEqual([
    { ok: true, vectors: items },
    { ok: true, vectors: items },
  ]);
}

async function expectWhole(id: string): Promise<void> {
  expect((await blobsOf(id)).sort()).toEqual([...hashes].sort());
  await expectSound(id, PICTURES);
}

async function imported(job: Job): Promise<ImportReport> {
  const done = await fovea.jobs.wait(job.id);
  expect(done).toMatchObject({ state: 'completed', error: null });
  const report = done.result as ImportReport;
  expect(report).toMatchObject({ failed: 0, skipped: 0 });
  expect(report.added + report.existing).toBe(PICTURES);
  return report;
}

const moments = {
  async import(durationMs: number): Promise<Collection> {
    const collection = await fovea.collections.create({ name: `Import ${kills}` });
    const job = await fovea.collections.importFolder(collection.id, pictures);
    // A job may end its server twice; the third time it is given up.
    const times = Math.min(random() < 0.25 ? 2 : 1, KILLS - kills);
    for (let time = 0; time < times; time++) await killWithin(durationMs);
    await imported(job);
    return collection;
  },

  async deletion({ id }: Collection): Promise<void> {
    const items = await fovea.collections.items(id, { limit: DELETED });
    const acknowledged = new Set<string>();
    const client = (async () => {
      for (const item of items.items) {
        await fovea.collections.deleteItem(id, item.id);
        acknowledged.add(item.blob);
      }
    })().catch(() => undefined); // killed under this request: not acknowledged
    await killWithin(400);
    await client;
    const left = await blobsOf(id);
    expect(new Set(left).size).toBe(left.length);
    expect(left.filter((blob) => acknowledged.has(blob))).toEqual([]);
    expect(left.length).toBeGreaterThanOrEqual(PICTURES - DELETED);
    // At most the one that was under way is gone without an answer.
    expect(PICTURES - left.length - acknowledged.size).toBeLessThanOrEqual(1);
    await expectSound(id, left.length);
    const report = await imported(await fovea.collections.importFolder(id, pictures));
    expect(report).toMatchObject({ added: PICTURES - left.length, existing: left.length });
  },

  async rebuild({ id }: Collection): Promise<void> {
    const job = await fovea.collections.rebuild(id);
    await killWithin(400);
    expect(await fovea.jobs.wait(job.id)).toMatchObject({
      state: 'completed',
      result: { indexes: [{ ok: true }, { ok: true }] },
    });
  },
};

describe(`kill -9 of the platform at work on a collection, ${KILLS} times`, () => {
  it(
    'leaves every picture an item once, and indexes that equal Postgres',
    { timeout: 60_000 + KILLS * 30_000 },
    async () => {
      let collection = await fovea.collections.create({ name: 'Undisturbed' });
      const before = performance.now();
      expect(await imported(await fovea.collections.importFolder(collection.id, pictures))).toMatchObject({
        added: PICTURES,
      });
      const durationMs = performance.now() - before;
      const killed = { import: 0, deletion: 0, rebuild: 0 };
      for (let round = 0; kills < KILLS; round++) {
        const kind = (['import', 'deletion', 'rebuild'] as const)[round % 3] as keyof typeof killed;
        const killsBefore = kills;
        if (kind === 'import') collection = await moments.import(durationMs);
        else await moments[kind](collection);
        await expectWhole(collection.id);
        killed[kind] += kills - killsBefore;
      }
      for await (const { id } of fovea.collections.all()) await expectWhole(id);
      console.info(
        `seed ${SEED}, undisturbed import ${durationMs.toFixed(0)} ms, killed in ${JSON.stringify(killed)}`,
      );
    },
  );
});
