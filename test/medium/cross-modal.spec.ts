import { readSettings } from '@fovea/config';
import { Engine, type Log } from '@fovea/host';
import { APPLICATIONS } from '@fovea/platform';
import { cosine } from '@fovea/tensor';
import { sharedData } from '@fovea/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const quiet: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const flickr = sharedData('flickr8k-100') ?? '';
const file = (...path: string[]): string => join(flickr, ...path);
const json = async (path: string): Promise<unknown> => JSON.parse(await readFile(file(path), 'utf8'));

// Python's figures for the pictures of worked-examples, with Pillow and onnxruntime on the same weights: the beginnings
// of the vectors, and the cosines with TEXTS.
const TEXTS = [
  'a dog running through the grass',
  'a surfer rides a wave',
  'children playing in the snow',
  'a football player with the ball',
  'a man on a mountain',
];
const EXAMPLES = {
  '3385593926_d3e9c21170.jpg': {
    joint: [0.0137, 0.0046, 0.0683, 0.0978],
    scores: [0.0553, 0.0391, 0.2666, -0.0133, -0.0205],
  },
  '3085667767_66041b202e.jpg': {
    joint: [-0.0728, 0.151, -0.0323, -0.0133],
    scores: [0.0242, 0.4204, -0.1328, 0.0812, -0.0567],
  },
  '3301811927_a2797339e5.jpg': {
    joint: [0.0373, 0.0143, -0.026, -0.0221],
    scores: [-0.2228, -0.1068, 0.3715, 0.001, -0.0553],
  },
  '872622575_ba1d3632cc.jpg': {
    joint: [0.0518, 0.0074, 0.0638, 0.0026],
    scores: [-0.0167, 0.1851, -0.2554, -0.0302, 0.3768],
  },
  '1122944218_8eb3607403.jpg': {
    joint: [0.0902, -0.0001, -0.0442, -0.0953],
    scores: [-0.2194, -0.0785, 0.0585, -0.0006, 0.0239],
  },
};
/** Before it is scaled to length 1: compared as ratios. */
const EMBEDDINGS = {
  '3385593926_d3e9c21170.jpg': [0.0918, 0.2621, 0.0987, 0],
  '3085667767_66041b202e.jpg': [0.1072, 0, 0.1837, 0],
  '1122944218_8eb3607403.jpg': [0.104, 0.3018, 0.0158, 0.9649],
};

describe.skipIf(flickr === '')('Flickr8k-100 (skipped without ../shared/data/flickr8k-100)', () => {
  let engine: Engine;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'fovea-cross-modal-'));
    const settings = readSettings({ FOVEA_DATA: dataDir, FOVEA_DEVICE: 'cpu' }, process.cwd());
    engine = await Engine.create({ settings, applications: APPLICATIONS, record: false, log: quiet });
  });
  afterAll(async () => {
    await engine?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function vectorOf(bytes: Uint8Array | undefined, params: object): Promise<readonly number[]> {
    const { result } = await engine.execute({
      task: 'embedding',
      params,
      inputs: bytes ? { image: [{ bytes }] } : {},
    });
    if (result.kind !== 'vector') throw new TypeError(`embedding answers ${result.kind}`);
    return result.values;
  }
  const pictureOf = async (path: string, space = 'cross-modal') =>
    vectorOf(await readFile(file(path)), { space });
  const textOf = (text: string) => vectorOf(undefined, { text });

  /** Largest distance of numbers at the same place. */
  const apart = (found: readonly number[], wanted: readonly number[]): number =>
    Math.max(...wanted.map((value, i) => Math.abs((found[i] ?? NaN) - value)));

  it.each(Object.entries(EXAMPLES))('%s as in Python', async (name, { joint, scores }) => {
    const picture = await pictureOf(`worked-examples/${name}`);
    expect(apart(picture, joint)).toBeLessThan(1e-3);
    const texts = await Promise.all(TEXTS.map(textOf));
    const found = texts.map((text) => cosine(text, picture));
    expect(apart(found, scores)).toBeLessThan(1e-3);
  });

  it.each(Object.entries(EMBEDDINGS))('%s: the embedding as in Python', async (name, raw) => {
    const values = await pictureOf(`worked-examples/${name}`, 'visual');
    const scale = Math.hypot(...raw) / Math.hypot(...values.slice(0, raw.length));
    const found = values.slice(0, raw.length).map((value) => value * scale);
    expect(apart(found, raw)).toBeLessThan(1e-3);
  });

  it('a text alone', async () => {
    const values = await textOf('a dog runs over the grass');
    expect(apart(values, [-0.0806, -0.0761, 0.0339, 0.1365])).toBeLessThan(1e-3);
  });

  it('500 captions find their pictures among 100 as often as in Python', async () => {
    const captions = (await json('captions.json')) as Record<string, string[]>;
    const { textToImage } = (await json('python-results.json')) as { textToImage: Record<string, number> };
    const names = Object.keys(captions);
    const pictures: (readonly number[])[] = [];
    for (const name of names) pictures.push(await pictureOf(`images/${name}`));
    const ranks: number[] = [];
    for (const [own, name] of names.entries())
      for (const caption of captions[name] ?? []) {
        const vector = await textOf(caption);
        const scores = pictures.map((picture) => cosine(vector, picture));
        ranks.push(scores.filter((score) => score > (scores[own] as number)).length);
      }
    expect(ranks).toHaveLength(500);
    for (const k of [1, 5, 10]) {
      const recall = ranks.filter((rank) => rank < k).length / ranks.length;
      expect(Math.abs(recall - (textToImage[`recall@${k}`] as number)), `R@${k} ${recall}`).toBeLessThan(
        0.01,
      );
    }
  });
});
