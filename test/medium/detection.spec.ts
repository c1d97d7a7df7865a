import { readSettings } from '@fovea/config';
import type { Box } from '@fovea/contracts';
import { boxIou } from '@fovea/geometry';
import { Engine, type Log } from '@fovea/host';
import { APPLICATIONS } from '@fovea/platform';
import { fixture } from '@fovea/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const LARGE = 'nanodet-g-512-coco80';
const SMALL = 'nanodet-g-coco80';
let engine: Engine;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fovea-detection-'));
  const settings = readSettings({ FOVEA_DATA: dataDir, FOVEA_DEVICE: 'cpu' }, process.cwd());
  engine = await Engine.create({ settings, applications: APPLICATIONS, record: false, log: quiet });
});
afterAll(async () => {
  await engine?.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface Options {
  readonly model?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { done: number; total: number; unit: string }) => void;
}
async function items(bytes: Uint8Array, params: object = {}, options: Options = {}) {
  const { result } = await engine.execute({
    task: 'detection',
    params,
    inputs: { image: [{ bytes }] },
    ...options,
  });
  return result.kind === 'boxes' ? result.items : [];
}
const sample = (name: string) => readFile(fixture(`${name}.jpg`));
const flat = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#808080' } });

// Recipe (Python, onnxruntime 1.30 or newer, Pillow, the weights of models/weights/detection): k = min(S / w, S / h);
// image.convert('RGB').resize((round(w k), round(h k)), BILINEAR), pasted on black at ((S - w') // 2, (S - h') // 2);
// boxes back by (b - offset) * w / w', clipped; per label, greedy, dropped above IoU 0.6; those of 0.4 and more.
type Golden = [label: string, score: number, x: number, y: number, width: number, height: number];
const GOLDENS: [string, string, Golden[]][] = [
  ['astronaut', LARGE, [['person', 0.7239, 21.5, 15.8, 344.1, 427.4]]],
  ['astronaut', SMALL, [['person', 0.7364, 16.2, 15.0, 348.3, 493.0]]],
  [
    'cat-chelsea',
    LARGE,
    [
      ['cat', 0.4978, 11.7, 0.0, 377.7, 295.5],
      ['dog', 0.4221, 12.7, 0.4, 381.4, 292.3],
    ],
  ],
  ['cat-chelsea', SMALL, [['cat', 0.5627, 1.8, 0.1, 438.7, 295.3]]],
  ['basketball-1', LARGE, [['person', 0.6549, 434.5, 19.2, 204.0, 460.8]]],
  ['grace-hopper', LARGE, [['person', 0.8013, 19.4, 87.8, 492.6, 504.4]]],
  [
    'grace-hopper',
    SMALL,
    [
      ['person', 0.8366, 14.3, 8.3, 497.7, 591.7],
      ['tie', 0.5126, 227.4, 430.5, 61.0, 105.2],
    ],
  ],
];

describe('detection of the samples, against Python with the same weights', () => {
  it.each(GOLDENS)('%s, %s', async (name, model, golden) => {
    const found = await items(await sample(name), { minScore: 0.4 }, { model });
    expect(found.map(({ label }) => label)).toEqual(golden.map(([label]) => label));
    for (const [i, [, score, x, y, width, height]] of golden.entries()) {
      const { box, score: own } = found[i]!;
      expect(Math.abs(own - score)).toBeLessThanOrEqual(0.02);
      const off = [box.x - x, box.y - y, box.width - width, box.height - height].map(Math.abs);
      expect(Math.max(...off)).toBeLessThanOrEqual(2);
    }
  });
  it('finds nothing on a flat picture', async () =>
    expect(await items(await flat(640, 480).png().toBuffer())).toEqual([]));
  it('filters by class, by index or name', async () => {
    const astronaut = await sample('astronaut');
    expect((await items(astronaut, { classes: ['0'] }))[0]?.label).toBe('person');
    expect((await items(astronaut, { exclude: ['Person'] })).map(({ label }) => label)).not.toContain(
      'person',
    );
    await expect(items(astronaut, { classes: ['unicorn'] })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });
  it('gives as many as asked for, best first, twice the same', async () => {
    const params = { minScore: 0, maxItems: 200, nms: 1 };
    const found = await items(await sample('basketball-2'), params);
    expect(found).toHaveLength(200);
    const scores = found.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(await items(await sample('basketball-2'), params)).toEqual(found);
  });
});

describe('awkward pictures', () => {
  const person = { classes: ['person'], minScore: 0.4 };
  it.each<[string, (picture: Sharp) => Sharp]>([
    ['grey', (picture) => picture.greyscale().jpeg()],
    ['with alpha', (picture) => picture.ensureAlpha(1).png()],
    ['CMYK', (picture) => picture.toColourspace('cmyk').jpeg()],
    ['of 16 bits', (picture) => picture.toColourspace('rgb16').png()],
    ['animated', (picture) => picture.gif()],
  ])('finds the astronaut %s', async (_kind, change) => {
    const bytes = await change(sharp(await sample('astronaut'))).toBuffer();
    const [found] = await items(bytes, person);
    expect(boxIou(found!.box, { x: 21.5, y: 15.8, width: 344.1, height: 427.4 })).toBeGreaterThan(0.7);
  });
  it('answers in the pixels that a person sees, whatever the EXIF orientation', async () => {
    const upright = await sample('astronaut');
    const turned = await sharp(upright)
      .rotate(90)
      .withMetadata({ orientation: 8 })
      .jpeg({ quality: 100 })
      .toBuffer();
    const [[expected], [found]] = await Promise.all([items(upright, person), items(turned, person)]);
    expect(boxIou(found!.box, expected!.box)).toBeGreaterThan(0.95);
  });
  it.each([
    [1, 1],
    [1, 700],
    [700, 1],
    [4000, 200],
  ])('has an answer for %i x %i, at once and in tiles', async (width, height) => {
    const bytes = await flat(width, height).png().toBuffer();
    for (const params of [{ minScore: 0 }, { minScore: 0, tiles: 200, tileOverlap: 0 }])
      for (const { box } of await items(bytes, params)) {
        expect(Math.min(box.x, box.y)).toBeGreaterThanOrEqual(0);
        expect(box.x + box.width).toBeLessThanOrEqual(width + 1e-6);
        expect(box.y + box.height).toBeLessThanOrEqual(height + 1e-6);
        expect(box.width * box.height).toBeGreaterThan(0);
      }
  });
});

describe('tiles', () => {
  // The astronaut fills a quarter; sixteen small ones stand beside. Nothing lies on the grid of the tiles.
  const BIG: Box = { x: 0, y: 0, width: 1000, height: 1000 };
  const SIDE = 2000;
  let mosaic: Buffer;
  let small: Box[];
  beforeAll(async () => {
    const astronaut = await sample('astronaut');
    const size = 200;
    const thumbnail = await sharp(astronaut).resize(size, size).toBuffer();
    small = Array.from({ length: 16 }, (_, i) => ({
      x: 1050 + (i % 4) * 230,
      y: 60 + Math.floor(i / 4) * 480,
      width: size,
      height: size,
    }));
    mosaic = await flat(SIDE, SIDE)
      .composite([
        { input: await sharp(astronaut).resize(BIG.width, BIG.height).toBuffer(), left: 0, top: 0 },
        ...small.map(({ x, y }) => ({ input: thumbnail, left: x, top: y })),
      ])
      .jpeg({ quality: 90 })
      .toBuffer();
  });
  const inside = (box: Box, area: Box) =>
    box.x + box.width / 2 >= area.x &&
    box.x + box.width / 2 < area.x + area.width &&
    box.y + box.height / 2 >= area.y &&
    box.y + box.height / 2 < area.y + area.height;
  const params = { classes: ['person'], minScore: 0.4 };

  it('find the large object once, and more of the small ones', async () => {
    const progress: number[] = [];
    const [whole, tiled] = [
      await items(mosaic, params),
      await items(
        mosaic,
        { ...params, tiles: 600 },
        { onProgress: ({ done, total }) => progress.push(done, total) },
      ),
    ];
    const count = (list: { box: Box }[]) =>
      small.filter((area) => list.some(({ box }) => inside(box, area))).length;
    const large = (list: { box: Box }[]) =>
      list.filter(({ box }) => boxIou(box, { x: 42, y: 31, width: 672, height: 835 }) > 0.5);
    console.info(`small ones found: ${count(whole)} at once, ${count(tiled)} in tiles, of ${small.length}`);
    expect(large(whole)).toHaveLength(1);
    expect(large(tiled)).toHaveLength(1);
    expect(count(tiled)).toBeGreaterThan(count(whole));
    expect(progress).toEqual([4, 16, 8, 16, 12, 16, 16, 16]);
  });
  it('stop between chunks when the run is cancelled', async () => {
    const cancel = new AbortController();
    const running = items(
      mosaic,
      { ...params, tiles: 300 },
      { signal: cancel.signal, onProgress: () => cancel.abort() },
    );
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });
  it('are the whole picture where that is no larger', async () => {
    const astronaut = await sample('astronaut');
    expect(await items(astronaut, { tiles: 640 })).toEqual(await items(astronaut));
  });
  it('are limited, and the error says what would do', async () => {
    const bytes = await flat(10_000, 10_000).png().toBuffer();
    await expect(items(bytes, { tiles: 64 })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      errors: [{ path: 'tiles' }],
      hint: expect.stringMatching(/10000 x 10000: tiles of \d+ px or more/) as string,
    });
  });
});
