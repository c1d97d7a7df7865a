import { readSettings } from '@fovea/config';
import type { ResultOf, Task } from '@fovea/contracts';
import { Engine, type Log } from '@fovea/host';
import { APPLICATIONS } from '@fovea/platform';
import { fixture } from '@fovea/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import goldens from './pose-goldens.json' with { type: 'json' };

// The goldens are what Python makes of the samples with the same weights (onnxruntime 1.32, Pillow 13, numpy 2.4):
// pose     letterbox to 416 (Image.resize BILINEAR, centred, black), NanoDet, people above 0.2, NMS 0.6; the square of
//          the box's longer side by Image.transform(AFFINE, BILINEAR), MoveNet; score = box x mean of the joints
// whole    longer side 320, padded right and bottom with black to multiples of 32
// hands    letterbox to 256, score > 0.5, NMS 0.3; turned crop as on the cards by AFFINE, presence >= 0.5
// faces    likewise, score > 0.6; every 18th point of the mesh
// Kept: items of a score >= 0.2; the third number of a point is its score (pose) or z (hands, faces).

interface Golden {
  readonly score: number;
  readonly handedness?: string;
  readonly box?: readonly number[];
  readonly keypoints: readonly (readonly number[])[];
}
type Items = ResultOf<'keypoints'>['items'];
type Item = Items[number];
/**
 * How far points may be from Python's: as a share of the box's longer side, or in pixels. The crops of MoveNet are
 * antialiased here and were not there; a joint moves by less than a cell of its heatmap (1/64 of the crop) or two.
 * A hand's presence is steep around 1/2: at an unsure one a grey level or two is 0.2 of score.
 */
const CASES = {
  accurate: { task: 'pose', params: { mode: 'accurate' }, every: 1, share: 0.02, px: 0, scoreGap: 0.02 },
  fast: { task: 'pose', params: { mode: 'fast' }, every: 1, share: 0.02, px: 0, scoreGap: 0.02 },
  whole: { task: 'pose', params: { mode: 'whole' }, every: 1, share: 0, px: 1, scoreGap: 0.01 },
  hands: { task: 'hands', params: {}, every: 1, share: 0, px: 4, scoreGap: 0.25 },
  faces: { task: 'faces', params: {}, every: 18, share: 0, px: 1.5, scoreGap: 0.01 },
} as const;
const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let engine: Engine;
let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fovea-pose-'));
  const settings = readSettings({ FOVEA_DATA: dataDir, FOVEA_DEVICE: 'cpu' }, process.cwd());
  engine = await Engine.create({ settings, applications: APPLICATIONS, record: false, log: quiet });
});
afterAll(async () => {
  await engine?.close();
  await rm(dataDir, { recursive: true, force: true });
});

async function run(task: Task, bytes: Uint8Array, options: { params?: object; model?: string } = {}) {
  const { params = {}, model } = options;
  const envelope = await engine.execute({
    task,
    params,
    inputs: { image: [{ bytes }] },
    ...(model === undefined ? {} : { model }),
  });
  if (envelope.result.kind !== 'keypoints') throw new TypeError(`${task} answers ${envelope.result.kind}`);
  return { items: envelope.result.items, run: envelope.run };
}

/** The largest distance of points in pixels; of a pose only the joints that are not mere guesses. */
function distance(item: Item, golden: Golden, every: number): number {
  const isPose = golden.box !== undefined;
  const distances = golden.keypoints
    .map(([x = NaN, y = NaN, score = NaN], i) => {
      const point = item.keypoints[i * every];
      return { score, px: Math.hypot((point?.x ?? NaN) - x, (point?.y ?? NaN) - y) };
    })
    .filter(({ score }) => !isPose || score >= 0.3)
    .map(({ px }) => px);
  return Math.max(...distances);
}

const pictures = Object.entries(goldens) as unknown as [string, Record<keyof typeof CASES, Golden[]>][];
describe.each(pictures)('%s as Python sees it', (name, golden) => {
  it.each(Object.keys(CASES) as (keyof typeof CASES)[])('%s', async (which) => {
    const { task, params, every, share, px, scoreGap } = CASES[which];
    const { items } = await run(task, await readFile(fixture(name)), { params });
    expect(items).toHaveLength(golden[which].length);
    for (const wanted of golden[which]) {
      const [nearest] = items
        .map((item) => ({ item, away: distance(item, wanted, every) }))
        .sort((a, b) => a.away - b.away);
      const [, , width = 0, height = 0] = wanted.box ?? [];
      expect(nearest?.away).toBeLessThan(px + share * Math.max(width, height));
      expect(Math.abs((nearest?.item.score ?? NaN) - wanted.score)).toBeLessThan(scoreGap);
      expect(nearest?.item.handedness).toBe(wanted.handedness);
    }
  });
});

describe('models and modes', () => {
  const roles = async (options: { params?: object; model?: string }) => {
    const answer = await run('pose', await readFile(fixture('basketball-1.jpg')), options);
    return answer.run.models.map(({ role, id }) => `${role} ${id}`);
  };
  it('a mode chooses the model', async () => {
    expect(await roles({})).toEqual(['primary movenet-thunder-coco17', 'detector nanodet-g-coco80']);
    expect((await roles({ params: { mode: 'fast' } }))[0]).toBe('primary movenet-lightning-coco17');
    expect(await roles({ params: { mode: 'whole' } })).toEqual(['primary movenet-multipose-coco17']);
  });
  it('a model named wins over the mode', async () => {
    expect(await roles({ model: 'movenet-multipose-coco17' })).toEqual(['primary movenet-multipose-coco17']);
    const named = await roles({ model: 'movenet-thunder-coco17', params: { mode: 'whole' } });
    expect(named).toEqual(['primary movenet-thunder-coco17', 'detector nanodet-g-coco80']);
  });
});

describe('awkward pictures', () => {
  const all = [
    ['pose', { mode: 'accurate' }],
    ['pose', { mode: 'whole' }],
    ['hands', {}],
    ['faces', {}],
  ] as const;
  const sample = () => sharp(fixture('basketball-2.jpg'));
  const plain = () => readFile(fixture('basketball-2.jpg'));

  /** The largest distance of the best item's surer points from those in the picture as it is. */
  async function moved(task: Task, bytes: Uint8Array, params: object): Promise<number> {
    const [[wanted], [item]] = [
      (await run(task, await plain(), { params })).items,
      (await run(task, bytes, { params })).items,
    ];
    if (!wanted || !item) return Infinity;
    return Math.max(
      ...wanted.keypoints.map(({ x, y, score }, i) => {
        const point = item.keypoints[i];
        return score < 0.3 ? 0 : Math.hypot((point?.x ?? NaN) - x, (point?.y ?? NaN) - y);
      }),
    );
  }

  describe.each(all)('%s %o', (task, params) => {
    it('turned by EXIF, the points are where they are seen', async () => {
      const turned = await sample()
        .rotate(90)
        .withMetadata({ orientation: 8 })
        .jpeg({ quality: 100 })
        .toBuffer();
      expect(await moved(task, turned, params)).toBeLessThan(10);
    });
    it.each([
      ['grey', () => sample().greyscale().png().toBuffer(), 30],
      ['with alpha', () => sample().ensureAlpha(1).png().toBuffer(), 0.01],
      ['16 bits', () => sample().toColourspace('rgb16').png().toBuffer(), 10],
      ['CMYK', () => sample().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), 30],
    ])('%s', async (_kind, make, px) =>
      expect(await moved(task, await make(), params)).toBeLessThanOrEqual(px),
    );

    const blank = (width: number, height: number): Promise<Buffer> =>
      sharp({ create: { width, height, channels: 3, background: '#6b7f52' } })
        .png()
        .toBuffer();
    it.each([
      [1, 1],
      [1, 400],
      [400, 1],
      [2000, 100],
    ])('nothing in %i x %i', async (width, height) => {
      expect((await run(task, await blank(width, height), { params })).items).toEqual([]);
    });
  });

  it('many people: in order, inside the picture, no more than asked for', async () => {
    const [columns, width, height] = [5, 256, 300];
    const one = await sharp(fixture('grace-hopper.jpg')).resize(width, height).toBuffer();
    const crowd = await sharp({
      create: { width: width * columns, height: height * columns, channels: 3, background: 'black' },
    })
      .composite(
        Array.from({ length: columns ** 2 }, (_, i) => ({
          input: one,
          left: (i % columns) * width,
          top: Math.floor(i / columns) * height,
        })),
      )
      .jpeg()
      .toBuffer();
    const { items } = await run('pose', crowd, { params: { mode: 'fast', maxItems: 100, minScore: 0 } });
    expect(items.length).toBeGreaterThan(20);
    expect(items.map(({ score }) => score)).toEqual(items.map(({ score }) => score).sort((a, b) => b - a));
    for (const { box } of items) {
      expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width * columns + 1e-6);
      expect(box.y + box.height).toBeLessThanOrEqual(height * columns + 1e-6);
    }
    expect((await run('pose', crowd, { params: { mode: 'fast', maxItems: 3 } })).items).toHaveLength(3);
  });
});
