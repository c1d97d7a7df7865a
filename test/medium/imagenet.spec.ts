import { readSettings } from '@fovea/config';
import type { Label, RunEnvelope } from '@fovea/contracts';
import { Engine, type Log } from '@fovea/host';
import { APPLICATIONS } from '@fovea/platform';
import { sharedData } from '@fovea/testing';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Reference {
  readonly sha256: string;
  readonly 'top-1': number;
  readonly 'top-5': number;
  readonly predictions: Record<string, { classId: number; score: number }[]>;
}

/** A JPEG without its colour profile (APP2 segments), the pixels as they are: Python's recipe ignores profiles. */
function withoutProfile(jpeg: Buffer): Buffer {
  const kept = [jpeg.subarray(0, 2)];
  let at = 2;
  while (jpeg[at] === 0xff && jpeg[at + 1] !== 0xda) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    if (jpeg[at + 1] !== 0xe2) kept.push(jpeg.subarray(at, end));
    at = end;
  }
  return Buffer.concat([...kept, jpeg.subarray(at)]);
}

const folder = sharedData('imagenet-100');
const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

describe.runIf(folder)('classification of imagenet-100 against Python with the same weights', () => {
  let engine: Engine;
  let dataDir: string;
  let references: Record<string, Reference>;
  let files: { name: string; bytes: Buffer }[];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'fovea-imagenet-'));
    const settings = readSettings(
      { FOVEA_DATA: dataDir, FOVEA_DEVICE: 'cpu', FOVEA_QUEUE: '200' },
      process.cwd(),
    );
    engine = await Engine.create({ settings, applications: APPLICATIONS, record: false, log: quiet });
    references = JSON.parse(
      await readFile(join(folder as string, 'python-results.json'), 'utf8'),
    ) as typeof references;
    const names = (await readdir(folder as string)).filter((name) => name.endsWith('.JPEG'));
    files = await Promise.all(
      names.map(async (name) => ({ name, bytes: await readFile(join(folder as string, name)) })),
    );
  });
  afterAll(async () => {
    await engine?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const models = ['efficientnet-lite0', 'efficientnet-lite2'];
  it.each([
    ...models.map((model) => [model, false] as const),
    ...models.map((model) => [model, true] as const),
  ])(
    '%s: top-1 and top-5 to within one picture, scores within 0.02 (colour profiles honoured: %s)',
    async (model, honoured) => {
      const reference = references[model] as Reference;
      expect(engine.inference.model(model).sha256).toBe(reference.sha256);
      const hits = { top1: 0, top5: 0 };
      let largest = 0;
      const scores: Promise<void>[] = files.map(async ({ name, bytes }) => {
        const envelope: RunEnvelope = await engine.execute({
          task: 'classification',
          model,
          params: {},
          inputs: { image: [{ bytes: honoured ? bytes : withoutProfile(bytes) }] },
        });
        const labels: Label[] = envelope.result.kind === 'labels' ? envelope.result.labels : [];
        const wnid = name.slice(0, 9);
        hits.top1 += Number(labels[0]?.wnid === wnid);
        hits.top5 += Number(labels.some((label) => label.wnid === wnid));
        const [expected] = reference.predictions[name] ?? [];
        const same = labels.find(({ classId }) => classId === expected?.classId);
        largest = Math.max(largest, Math.abs((same?.score ?? 0) - (expected?.score ?? 0)));
      });
      await Promise.all(scores);
      console.info(
        `${model}, profiles ${honoured ? 'honoured' : 'ignored'}: top-1 ${hits.top1}, top-5 ${hits.top5} of ${files.length}; largest difference of a top-1 score ${largest.toFixed(4)}`,
      );
      expect(Math.abs(hits.top1 - reference['top-1'])).toBeLessThanOrEqual(1);
      expect(Math.abs(hits.top5 - reference['top-5'])).toBeLessThanOrEqual(1);
      // Where a profile is not sRGB's, honouring it changes the pixels, and that is right.
      expect(largest).toBeLessThanOrEqual(honoured ? 0.05 : 0.02);
    },
  );
});
