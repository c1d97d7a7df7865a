import type { Dataset } from '@fovea/evaluation';
import { describe, expect, it } from 'vitest';
import type { MeasureOptions } from './measure.ts';
import { measureCaptions } from './measure-captions.ts';

const captions = [
  { imageId: 1, text: 'A brown dog runs on the beach.' },
  { imageId: 1, text: 'The dog is running.' },
  { imageId: 2, text: 'Two women sit at a table.' },
  { imageId: 3, text: 'A red bus in the street' },
];
const dataset = (own: Dataset['captions']): Dataset => ({
  format: 'captions',
  name: 'tiny',
  folder: '/tiny',
  sha256: 'a'.repeat(64),
  categories: [],
  images: [1, 2, 3].map((id) => ({ id, name: `${id}.png`, source: { file: `/tiny/${id}.png` } })),
  truths: [],
  ...(own ? { captions: own } : {}),
  has: { boxes: false, masks: false, keypoints: false, labels: false, captions: own !== undefined },
});
const options = (own: Dataset['captions'] = captions): MeasureOptions => ({
  request: {} as MeasureOptions['request'],
  dataset: dataset(own),
  truths: new Map(),
  classes: [],
  model: 'tiny',
});

describe('measureCaptions', () => {
  it('measures what was said, and shows the worst first', async () => {
    const { figures, worst } = await measureCaptions(options()).measure(
      new Map([
        [1, { text: 'a brown dog runs on the beach', score: 0.5 }],
        [2, { text: 'a man at a table', score: 0.7 }],
        [3, { text: 'green umbrellas', score: 0.9 }],
      ]),
    );
    const values = Object.fromEntries(figures.map(({ name, value }) => [name, value]));
    // 7 + 3 ("a" once, "at", "table") + 0 of 14 words, against 7 + 6 + 6 of the closest references.
    expect(values['BLEU-1']).toBeCloseTo((10 / 14) * Math.exp(1 - 19 / 14), 6);
    expect(values['mean length']).toBeCloseTo(14 / 3, 12);
    expect(values['mean length, references']).toBeCloseTo((7 + 4 + 6 + 6) / 4, 12);
    expect(worst.map(({ imageId }) => imageId)).toEqual([3, 2, 1]);
    expect(worst[0]).toMatchObject({
      score: 0,
      note: '“green umbrellas” where people wrote “A red bus in the street”',
      truth: { kind: 'text', text: 'A red bus in the street' },
      prediction: { kind: 'text', text: 'green umbrellas', score: 0.9 },
    });
  });

  it('counts a picture that failed as one without words', async () => {
    const all = { text: 'Two women sit at a table', score: 1 };
    const { figures, worst } = await measureCaptions(options()).measure(new Map([[2, all]]));
    const values = Object.fromEntries(figures.map(({ name, value }) => [name, value]));
    expect(values['ROUGE-L']).toBeCloseTo(1 / 3, 12);
    expect(values['mean length']).toBe(2);
    expect(worst).toHaveLength(1);
  });

  it('refuses a data set without captions', () =>
    expect(() => measureCaptions({ ...options(), dataset: dataset(undefined) })).toThrow(/has no captions/));
});
