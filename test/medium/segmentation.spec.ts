import { readSettings } from '@fovea/config';
import type { Box, ResultOf, Rle, RunEnvelope } from '@fovea/contracts';
import {
  boxArea,
  boxIntersection,
  encodeMask,
  maskArea,
  maskBox,
  maskFromRuns,
  maskIou,
  polygonsToMask,
  scaleBox,
} from '@fovea/geometry';
import { Engine, type Log } from '@fovea/host';
import { openPicture, pixelsOf } from '@fovea/imaging';
import { APPLICATIONS } from '@fovea/platform';
import { fixture, sharedData } from '@fovea/testing';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from './server.ts';

// segmentation-goldens.json holds what Python gives with the same weights (onnxruntime 1.32, Pillow 13, numpy 2.4):
//   masks: im = Image.open(jpeg).convert('RGB'); region = the box enlarged 1.25 times about its centre;
//          crop = im on a canvas of (127, 127, 127) .resize((128, 128), Image.BILINEAR, box=region); p = mask of the network;
//          at the centre of every pixel in the region: p bilinear (half-pixel centres, clamped at its edge) > 0.5
//   maps:  im.resize((288, 288) or (256, 256), Image.BILINEAR); logits (or the probability of person) bilinear at the
//          centre of every pixel as above; argmax (or > 0.5); one run-length mask for every class there is
// All boxes but the cat's lie so that the region is inside the picture: at its edge Pillow mixes the grey into the last
// pixel, and a network that is asked for half a thing, or for sky, answers a little differently (IoU down to 0.91).
interface Goldens {
  masks: { picture: string; box: [number, number, number, number]; mask: Rle }[];
  maps: { picture: string; model: string; classes: Record<string, Rle> }[];
}
const goldens = JSON.parse(
  await readFile(new URL('../fixtures/segmentation-goldens.json', import.meta.url), 'utf8'),
) as Goldens;
const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const sample = (name: string): Promise<Buffer> => readFile(fixture(name));

let engine: Engine;
let dataDir: string;
/** What a run put aside, by its hash. */
const kept = new Map<string, Uint8Array>();

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fovea-segmentation-'));
  const settings = readSettings({ FOVEA_DATA: dataDir, FOVEA_DEVICE: 'cpu' }, process.cwd());
  engine = await Engine.create({ settings, applications: APPLICATIONS, record: false, log: quiet });
});
afterAll(async () => {
  await engine?.close();
  await rm(dataDir, { recursive: true, force: true });
});

interface Request {
  readonly bytes: Uint8Array;
  readonly params?: object;
  readonly model?: string;
}
async function run(task: string, { bytes, params = {}, model }: Request): Promise<RunEnvelope> {
  const put = (blob: Uint8Array) => {
    const sha256 = createHash('sha256').update(blob).digest('hex');
    kept.set(sha256, blob);
    return Promise.resolve({ sha256 });
  };
  return engine.execute({
    task,
    model,
    params,
    inputs: { image: [{ bytes }] },
    store: false,
    blobs: { put },
  });
}
async function segment(
  request: Request,
): Promise<{ items: ResultOf<'boxes'>['items']; envelope: RunEnvelope }> {
  const envelope = await run('segmentation', request);
  return { items: (envelope.result as ResultOf<'boxes'>).items, envelope };
}
/** The class map's pixels, and what the result says of it. */
async function classMap(request: Request) {
  const envelope = await run('semantic-segmentation', request);
  const result = envelope.result as ResultOf<'masks'>;
  const { rgb, width, height } = await pixelsOf(await openPicture(kept.get(result.map.blob)!));
  return { ids: rgb.filter((_, i) => i % 3 === 0), width, height, result, envelope };
}
/** The attachment of that role as RGBA. */
async function attached({ attachments = [] }: RunEnvelope, role: string) {
  const { blob } = attachments.find((each) => each.role === role)!;
  return sharp(kept.get(blob)).raw().toBuffer({ resolveWithObject: true });
}
const toBox = ([x, y, width, height]: readonly number[]) => ({ x, y, width, height }) as Box;

describe('segmentation', () => {
  it.each(goldens.masks)('is what Python gives: $picture, box $box', async ({ picture, box, mask }) => {
    const { items, envelope } = await segment({ bytes: await sample(picture), params: { boxes: [box] } });
    expect(envelope.run.models.map(({ role }) => role)).toEqual(['primary']);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({ label: 'object', classId: 0, box: toBox(box) });
    expect(items[0]!.score).toBeGreaterThan(0.5);
    expect(maskIou(items[0]!.mask!, mask)).toBeGreaterThanOrEqual(0.98);
  });
  it.each([
    ['cat-chelsea.jpg', 'cat'],
    ['astronaut.jpg', 'person'],
    ['basketball-1.jpg', 'person'],
  ])('finds %s: a %s, its mask in its box', async (picture, label) => {
    const { items, envelope } = await segment({ bytes: await sample(picture), params: { polygons: true } });
    expect(envelope.run.models.map(({ role }) => role)).toEqual(['primary', 'detector']);
    expect(items[0]!.label).toBe(label);
    const { width, height } = envelope.inputs['image']!;
    for (const { box, mask, polygons } of items) {
      expect(mask!.size).toEqual([height, width]);
      // The crop is the box enlarged 1.25 times and the rounding of its edges to pixels.
      const reach = scaleBox(box, 1.25);
      const around = { x: reach.x - 1, y: reach.y - 1, width: reach.width + 2, height: reach.height + 2 };
      const inside = maskBox(mask!);
      expect(boxIntersection(inside, around)).toEqual(inside);
      expect(boxArea(boxIntersection(inside, box)!) / boxArea(inside)).toBeGreaterThan(0.8);
      // Simplified outlines without their holes are the mask, nearly.
      expect(maskIou(polygonsToMask(polygons!, { width: width!, height: height! }), mask!)).toBeGreaterThan(
        0.9,
      );
    }
  });
  it('cuts out what the masks show, and keeps nothing of the rest', async () => {
    const { items, envelope } = await segment({
      bytes: await sample('cat-chelsea.jpg'),
      params: { cutout: true, boxes: [[60, 10, 300, 285]] },
    });
    const { data, info } = await attached(envelope, 'cutout');
    expect(info).toMatchObject({ width: 451, height: 300, channels: 4 });
    const opaque = Uint8Array.from({ length: 451 * 300 }, (_, i) => Number(data[i * 4 + 3] === 255));
    expect(maskIou(encodeMask(opaque, 451, 300), items[0]!.mask!)).toBe(1);
    expect(data.some((value, i) => value !== 0 && data[i - (i % 4) + 3] === 0)).toBe(false);
  });
  it('finds nothing in a blank picture: no items, a cut-out without anything', async () => {
    const blank = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#808080' } })
      .png()
      .toBuffer();
    const { items, envelope } = await segment({ bytes: blank, params: { cutout: true } });
    expect(items).toEqual([]);
    const { data } = await attached(envelope, 'cutout');
    expect(data.every((value) => value === 0)).toBe(true);
  });
  it('takes 200 boxes and keeps their order', async () => {
    const boxes = Array.from({ length: 200 }, (_, i) => [(i % 20) * 20, Math.floor(i / 20) * 25, 40, 40]);
    const { items } = await segment({ bytes: await sample('cat-chelsea.jpg'), params: { boxes } });
    expect(items.map(({ box }) => box)).toEqual(boxes.map((box) => toBox(box)));
  });
  it('clips a box that lies partly outside and names those that lie wholly outside', async () => {
    const bytes = await sample('cat-chelsea.jpg');
    const { items } = await segment({ bytes, params: { boxes: [[-50, -50, 350, 300]] } });
    expect(items[0]!.box).toEqual({ x: 0, y: 0, width: 300, height: 250 });
    await expect(
      segment({
        bytes,
        params: {
          boxes: [
            [0, 0, 9, 9],
            [451, 0, 9, 9],
          ],
        },
      }),
    ).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      errors: [{ path: 'boxes.1' }],
    });
  });
});

describe('semantic segmentation', () => {
  it.each(goldens.maps)('is what Python gives: $model, $picture', async ({ picture, model, classes }) => {
    const { ids, width, height, result } = await classMap({ bytes: await sample(picture), model });
    expect(result.classes.reduce((sum, { fraction }) => sum + fraction, 0)).toBeCloseTo(1, 9);
    expect(result.classes.map(({ classId }) => String(classId)).sort()).toEqual(Object.keys(classes).sort());
    for (const { classId, fraction } of result.classes) {
      const mask = encodeMask(
        ids.map((id) => Number(id === classId)),
        width,
        height,
      );
      expect(fraction).toBeCloseTo(maskArea(mask) / (width * height), 9);
      expect(maskIou(mask, classes[String(classId)]!)).toBeGreaterThanOrEqual(0.98);
    }
  });
  it('cuts a person out with soft edges, and what is behind with the rest of the opacity', async () => {
    const bytes = await sample('astronaut.jpg');
    const opacities = [];
    for (const cutout of ['person', 'background']) {
      const { envelope } = await classMap({ bytes, model: 'selfie-person', params: { cutout } });
      const { data, info } = await attached(envelope, 'cutout');
      expect(info).toMatchObject({ width: 512, height: 512, channels: 4 });
      opacities.push(data.filter((_, i) => i % 4 === 3));
    }
    const [person, background] = opacities as [Buffer, Buffer];
    expect(new Set(person).size).toBeGreaterThan(200);
    const sums = new Set(person.map((opacity, i) => (opacity + background[i]! - 250) as number));
    expect(Math.min(...sums)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...sums)).toBeLessThanOrEqual(6);
  });
  it('cuts a class out by its index, with a hard edge', async () => {
    const { ids, envelope } = await classMap({
      bytes: await sample('cat-chelsea.jpg'),
      params: { cutout: 8 },
    });
    const { data } = await attached(envelope, 'cutout');
    expect(ids.every((id, i) => data[i * 4 + 3] === (id === 8 ? 255 : 0))).toBe(true);
    expect(ids.includes(8)).toBe(true);
  });
});

describe('awkward pictures', () => {
  const cat = sharp(fixture('cat-chelsea.jpg'));
  it.each<[string, () => Promise<Buffer>, number, number]>([
    ['grey', () => cat.clone().greyscale().jpeg().toBuffer(), 451, 300],
    ['with alpha', () => cat.clone().ensureAlpha(0.5).png().toBuffer(), 451, 300],
    ['CMYK', () => cat.clone().toColourspace('cmyk').jpeg().toBuffer(), 451, 300],
    ['of 16 bits', () => cat.clone().toColourspace('rgb16').png().toBuffer(), 451, 300],
    ['turned by EXIF', () => cat.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(), 300, 451],
    ['1 x 1', () => cat.clone().resize(1, 1).png().toBuffer(), 1, 1],
    ['1 x 600', () => cat.clone().resize(1, 600, { fit: 'fill' }).png().toBuffer(), 1, 600],
    ['600 x 1', () => cat.clone().resize(600, 1, { fit: 'fill' }).png().toBuffer(), 600, 1],
    ['20 : 1', () => cat.clone().resize(2000, 100, { fit: 'fill' }).jpeg().toBuffer(), 2000, 100],
  ])('%s', async (_, make, width, height) => {
    const bytes = await make();
    const { items } = await segment({ bytes, params: { boxes: [[0, 0, width, height]], polygons: true } });
    expect(items).toHaveLength(1);
    expect(items[0]!.mask?.size ?? [height, width]).toEqual([height, width]);
    const found = await segment({ bytes, params: { minScore: 0 } });
    expect(found.items.every(({ mask }) => !mask || maskArea(mask) > 0)).toBe(true);
    for (const model of ['semantic-voc21', 'selfie-person']) {
      const map = await classMap({ bytes, model, params: { cutout: 'person' } });
      expect([map.width, map.height]).toEqual([width, height]);
      expect(map.result.classes.reduce((sum, { fraction }) => sum + fraction, 0)).toBeCloseTo(1, 9);
      expect((await attached(map.envelope, 'cutout')).info).toMatchObject({ width, height, channels: 4 });
    }
  });
});

const coco = sharedData('coco-mini');
interface Instances {
  images: { id: number; file_name: string; width: number; height: number }[];
  annotations: {
    image_id: number;
    iscrowd: number;
    bbox: [number, number, number, number];
    segmentation: number[][] | { counts: number[] };
  }[];
}
describe.runIf(coco)('masks of COCO-MINI given true boxes (skipped without ../shared/data/coco-mini)', () => {
  // The card: 0.739 over 598 instances, of which these are 261; pictures with an odd id were trained on. Python gives
  // 0.7579 on these 261 with the recipe above.
  it('mean IoU over the instances of pictures with an even id is that of Python', async () => {
    const { images, annotations } = JSON.parse(
      await readFile(join(coco!, 'instances_val2017.json'), 'utf8'),
    ) as Instances;
    const ious: number[] = [];
    for (const { id, file_name, ...size } of images.filter((image) => image.id % 2 === 0)) {
      const things = annotations.filter(({ image_id, iscrowd }) => image_id === id && iscrowd === 0);
      if (things.length === 0) continue;
      const { items } = await segment({
        bytes: await readFile(join(coco!, 'val2017', file_name)),
        params: { boxes: things.map(({ bbox }) => bbox) },
      });
      for (const [index, { segmentation }] of things.entries()) {
        const truth = Array.isArray(segmentation)
          ? polygonsToMask(segmentation, size)
          : maskFromRuns(segmentation.counts, size);
        const { mask } = items[index]!;
        ious.push(mask ? maskIou(mask, truth) : 0);
      }
    }
    const mean = ious.reduce((sum, iou) => sum + iou, 0) / ious.length;
    console.log(`mean mask IoU given true boxes: ${mean.toFixed(4)}, n = ${ious.length}`);
    expect(ious).toHaveLength(261);
    expect(Math.abs(mean - 0.7579)).toBeLessThan(0.005);
  }, 300_000);
});

describe('over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.end());

  it('takes boxes from JSON, from the query and from multipart params, and answers the same', async () => {
    const bytes = await sample('cat-chelsea.jpg');
    const url = `${server.url}/v1/tasks/segmentation?store=false`;
    const params = {
      boxes: [
        [60, 10, 300, 285],
        [200, 100, 80, 80],
      ],
    };
    const form = new FormData();
    form.set('image', new Blob([new Uint8Array(bytes)]), 'cat.jpg');
    form.set('params', JSON.stringify(params));
    const query = new URLSearchParams({ boxes: JSON.stringify(params.boxes) });
    const answers = await Promise.all([
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ input: { base64: bytes.toString('base64') }, params }),
      }),
      fetch(url, { method: 'POST', body: form }),
      fetch(`${url}&${query.toString()}`, {
        method: 'POST',
        headers: { 'content-type': 'image/jpeg' },
        body: new Uint8Array(bytes),
      }),
    ]);
    const envelopes = (await Promise.all(answers.map((answer) => answer.json()))) as RunEnvelope[];
    const results = envelopes.map(({ result }) => result as ResultOf<'boxes'>);
    expect(results[0]!.items.map(({ box }) => box)).toEqual(params.boxes.map(toBox));
    expect(results[1]).toEqual(results[0]);
    expect(results[2]).toEqual(results[0]);
  });
  it('keeps the map and the cut-out as blobs', async () => {
    const answer = await fetch(`${server.url}/v1/tasks/semantic-segmentation?cutout=cat`, {
      method: 'POST',
      headers: { 'content-type': 'image/jpeg' },
      body: new Uint8Array(await sample('cat-chelsea.jpg')),
    });
    const { result, attachments } = (await answer.json()) as RunEnvelope;
    const { map } = result as ResultOf<'masks'>;
    const blobs = [map.blob, attachments![0]!.blob];
    for (const [index, blob] of blobs.entries()) {
      const kept = await fetch(`${server.url}/v1/blobs/${blob}`);
      expect(kept.headers.get('content-type')).toBe('image/png');
      const { width, height, channels } = await sharp(await kept.arrayBuffer()).metadata();
      expect([width, height, channels]).toEqual([451, 300, index === 0 ? 1 : 4]);
    }
  });
});
