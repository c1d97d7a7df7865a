import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, newPart, prepareSearch, queryKind } from './query.ts';
import { scale } from './scores.ts';

const dog = newPart({ kind: 'text', text: 'a dog' });
const item = newPart({ kind: 'item', itemId: 'i', name: 'cat.jpg', blob: null }, true);
const file = (name: string) => new File(['x'], name, { type: 'image/jpeg' });

describe('a query of chips', () => {
  it('is one thing alone, or what is sought and what is avoided', () => {
    expect(prepareSearch([dog], DEFAULT_SETTINGS, undefined)).toMatchObject({
      query: { text: 'a dog' },
      options: { k: 100 },
    });
    expect(prepareSearch([dog, item], { ...DEFAULT_SETTINGS, diversity: 0.3 }, { year: 1 })).toMatchObject({
      query: { query: [{ text: 'a dog' }], minus: [{ itemId: 'i' }] },
      options: { k: 100, diversity: 0.3, filter: { year: 1 } },
    });
    expect(prepareSearch([], DEFAULT_SETTINGS, undefined)).toBeUndefined();
  });

  it('is told from another with other bytes, and not from the same asked again', () => {
    const keyOf = (...parts: Parameters<typeof newPart>[]) =>
      prepareSearch(
        parts.map((part) => newPart(...part)),
        DEFAULT_SETTINGS,
        undefined,
      )?.key;
    expect(keyOf([{ kind: 'text', text: 'a dog' }])).toBe(keyOf([{ kind: 'text', text: 'a dog' }]));
    const picture = { kind: 'picture', source: { type: 'file', file: file('a.jpg') } } as const;
    expect(keyOf([picture])).not.toBe(keyOf([picture]));
    expect(keyOf([{ kind: 'text', text: 'a' }, true])).not.toBe(keyOf([{ kind: 'text', text: 'a' }]));
  });

  it('is of texts, of pictures, or mixed', () => {
    expect([queryKind([dog]), queryKind([item]), queryKind([dog, item])]).toEqual([
      'text',
      'picture',
      'mixed',
    ]);
  });
});

describe('the scale of scores', () => {
  it('keeps everything at its lowest end and nothing beyond its highest', () => {
    const scores = [0.3213, 0.1, -0.0421];
    const { lowest, highest, shareOf } = scale(scores);
    expect(scores.every((score) => score >= lowest && score <= highest)).toBe(true);
    expect(scores.map(shareOf)).toEqual([1, 0.1 / 0.3213, 0]);
  });

  it('draws bars also where every score is below zero', () => {
    const { shareOf } = scale([-0.1, -0.3]);
    expect([shareOf(-0.1), shareOf(-0.3)]).toEqual([1, 0]);
  });
});
