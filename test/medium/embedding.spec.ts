import { readSettings } from '@fovea/config';
import type { RunEnvelope } from '@fovea/contracts';
import { Engine, type Log } from '@fovea/host';
import { APPLICATIONS } from '@fovea/platform';
import { cosine } from '@fovea/tensor';
import { fixture } from '@fovea/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import goldens from './embedding-goldens.json' with { type: 'json' };

// The goldens are Python's, by the recipe in embedding-goldens.py; their vectors are stored times 10,000.

const LITE0 = 'efficientnet-lite0';
const LITE2 = 'efficientnet-lite2';
const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface Asked {
  readonly bytes?: Uint8Array;
  readonly params?: object;
  readonly model?: string;
}
interface Found {
  readonly space: string;
  readonly values: readonly number[];
  readonly run: RunEnvelope['run'];
}
type Embed = (asked: Asked) => Promise<Found>;

async function start(environment: Record<string, string>): Promise<{ embed: Embed; close(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fovea-embedding-'));
  const settings = readSettings({ FOVEA_DATA: dataDir, FOVEA_DEVICE: 'cpu', ...environment }, process.cwd());
  const engine = await Engine.create({ settings, applications: APPLICATIONS, record: false, log: quiet });
  return {
    async embed({ bytes, params = {}, model }) {
      const { result, run } = await engine.execute({
        task: 'embedding',
        params,
        inputs: bytes ? { image: [{ bytes }] } : {},
        ...(model === undefined ? {} : { model }),
      });
      if (result.kind !== 'vector') throw new TypeError(`embedding answers ${result.kind}`);
      return { space: result.space, values: result.values, run };
    },
    async close() {
      await engine.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

const lengthOf = (values: readonly number[]): number => Math.hypot(...values);
const sample = (name = 'cat-chelsea.jpg') => readFile(fixture(name));

let server: Awaited<ReturnType<typeof start>>;
const embed: Embed = (asked) => server.embed(asked);
beforeAll(async () => {
  server = await start({});
});
afterAll(() => server?.close());

describe.each(Object.entries(goldens.pictures))('%s as Python sees it', (name, golden) => {
  it.each([
    ['visual', LITE0, golden[LITE0]],
    ['visual', LITE2, golden[LITE2]],
    ['cross-modal', LITE0, golden.joint],
  ])('%s by %s', async (space, model, wanted) => {
    const { values } = await embed({ bytes: await sample(name), params: { space }, model });
    expect(values).toHaveLength(wanted.length);
    expect(cosine(values, wanted)).toBeGreaterThan(0.9999);
    expect(lengthOf(values)).toBeCloseTo(1, 5);
  });
});

describe('texts as Python reads them', () => {
  it.each(Object.entries(goldens.texts))('%s', async (text, wanted) => {
    const { values } = await embed({ params: { text } });
    expect(cosine(values, wanted)).toBeGreaterThan(0.9999);
    expect(lengthOf(values)).toBeCloseTo(1, 5);
  });
  it('10,000 characters, and nothing but characters that are dropped', async () => {
    for (const text of ['the quick brown fox '.repeat(500), '\u200b\u0007', '\ud800'])
      expect(lengthOf((await embed({ params: { text } })).values)).toBeCloseTo(1, 5);
  });
});

describe('spaces', () => {
  const spaceOf = async (asked: Asked) => (await embed(asked)).space;
  it('a text and a picture of cross-modal have the same one, and a text finds its picture', async () => {
    const cat = await embed({ bytes: await sample(), params: { space: 'cross-modal' } });
    const rocket = await embed({ bytes: await sample('rocket.jpg'), params: { space: 'cross-modal' } });
    const text = await embed({ params: { text: 'a photo of a cat' } });
    expect(text.space).toBe(cat.space);
    expect(text.space).toMatch(/^cross-modal:[0-9a-f]{12}$/);
    expect(cosine(text.values, cat.values)).toBeGreaterThan(cosine(text.values, rocket.values) + 0.1);
  });
  it('another encoder makes another space', async () => {
    const bytes = await sample();
    const [lite0, lite2] = [await spaceOf({ bytes }), await spaceOf({ bytes, model: LITE2 })];
    expect(lite0).toMatch(/^visual:[0-9a-f]{12}$/);
    expect(lite2).not.toBe(lite0);
  });
  it('only what is used is listed', async () => {
    const rolesOf = async (asked: Asked) => (await embed(asked)).run.models.map(({ role }) => role);
    expect(await rolesOf({ bytes: await sample() })).toEqual(['primary']);
    expect(await rolesOf({ bytes: await sample(), params: { space: 'cross-modal' } })).toEqual([
      'primary',
      'projection',
    ]);
    expect(await rolesOf({ params: { text: 'a dog' } })).toEqual([
      'primary',
      'projection',
      'text',
      'text-projection',
    ]);
  });
  it('cross-modal needs the encoder that it was trained with', async () => {
    const failed = embed({ bytes: await sample(), params: { space: 'cross-modal' }, model: LITE2 });
    await expect(failed).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      hint: expect.stringContaining(LITE0),
    });
  });
});

describe('with permissive licences only', () => {
  let permissive: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    permissive = await start({ FOVEA_LICENCES: 'permissive' });
  });
  afterAll(() => permissive?.close());

  it('visual works', async () => {
    const { values } = await permissive.embed({ bytes: await sample() });
    expect(cosine(values, goldens.pictures['cat-chelsea.jpg'][LITE0])).toBeGreaterThan(0.9999);
  });
  it.each([
    ['a picture', async () => ({ bytes: await sample(), params: { space: 'cross-modal' } })],
    ['a text', () => Promise.resolve({ params: { text: 'a dog' } })],
  ])('cross-modal of %s says what is missing', async (_what, asked) => {
    await expect(asked().then(permissive.embed)).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });
});

describe('awkward pictures', () => {
  const cat = () => sharp(fixture('cat-chelsea.jpg'));
  const like = async (bytes: Uint8Array): Promise<number> =>
    cosine((await embed({ bytes })).values, (await embed({ bytes: await cat().png().toBuffer() })).values);

  it.each([
    ['with alpha', 0.9999, () => cat().ensureAlpha(1).png().toBuffer()],
    ['16 bits', 0.999, () => cat().toColourspace('rgb16').png().toBuffer()],
    ['CMYK', 0.9, () => cat().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer()],
    ['grey', 0.8, () => cat().greyscale().png().toBuffer()],
    [
      'turned by EXIF',
      0.99,
      () => cat().rotate(90).withMetadata({ orientation: 8 }).jpeg({ quality: 100 }).toBuffer(),
    ],
    [
      'of 12 megapixels',
      0.99,
      () => cat().resize(4096, 2724, { fit: 'fill', kernel: 'lanczos3' }).jpeg({ quality: 95 }).toBuffer(),
    ],
  ])('%s', async (_kind, least, make) => expect(await like(await make())).toBeGreaterThan(least));

  it.each([
    [1, 1],
    [1, 400],
    [2000, 100],
  ])('nothing in %i x %i', async (width, height) => {
    const bytes = await sharp({ create: { width, height, channels: 3, background: '#000000' } })
      .png()
      .toBuffer();
    for (const space of ['visual', 'cross-modal'])
      expect(lengthOf((await embed({ bytes, params: { space } })).values)).toBeCloseTo(1, 5);
  });
});
