import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VisionError } from './errors.ts';
import { parseLabels } from './labels.ts';

const failure = (json: unknown): VisionError => {
  try {
    parseLabels(json);
  } catch (error) {
    if (error instanceof VisionError) return error;
  }
  throw new Error('expected a VisionError');
};

describe('parseLabels', () => {
  it('reads index or id, in any order, and keeps WordNet ids', () => {
    expect(
      parseLabels({
        labels: [
          { id: 1, name: 'goldfish', wnid: 'n01443537' },
          { index: 0, id: 0, name: 'tench' },
        ],
      }),
    ).toEqual([
      { index: 0, name: 'tench' },
      { index: 1, name: 'goldfish', wnid: 'n01443537' },
    ]);
  });

  it('reads the ImageNet labels of the repository', () => {
    const file = new URL('../../../models/weights/classification/imagenet1k.json', import.meta.url);
    const labels = parseLabels(JSON.parse(readFileSync(file, 'utf8')));
    expect(labels).toHaveLength(1000);
    expect(labels[281]).toEqual({ index: 281, name: 'tabby', wnid: 'n02123045' });
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'tench', /the file/],
    ['no labels', { labels: [] }, /labels/],
    ['a row without a number', { labels: [{ name: 'tench' }] }, /labels\.0: needs an index/],
    ['a row without a name', { labels: [{ index: 0 }] }, /labels\.0\.name/],
    ['two numbers that differ', { labels: [{ index: 0, id: 1, name: 'tench' }] }, /same number/],
    ['an answer without text', { answers: ['yes', ''] }, /answers\.1/],
    ['a gap', { labels: [{ index: 1, name: 'goldfish' }] }, /number 0 is missing/],
    [
      'a number twice',
      {
        labels: [
          { id: 0, name: 'a' },
          { id: 0, name: 'b' },
        ],
      },
      /number 0 stands there twice/,
    ],
  ])('says what is wrong: %s', (_, json, message) => {
    const error = failure(json);
    expect(error.code).toBe('MODEL_FAILED');
    expect(error.message).toMatch(message);
  });
});
