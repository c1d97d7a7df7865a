import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { indexRecall, rankingFigures } from './ranking.ts';

interface Golden {
  readonly queries: { scores: number[]; relevant: number[] }[];
  readonly map: number;
  readonly ndcg: Record<string, number>;
  readonly hit: Record<string, number>;
  readonly medianRank: number;
}
const goldens = JSON.parse(
  readFileSync(new URL('../test/ranking-goldens.json', import.meta.url), 'utf8'),
) as Golden[];
const at = (values: readonly { k: number; value: number }[]) =>
  Object.fromEntries(values.map(({ k, value }) => [String(k), value]));

describe('rankingFigures', () => {
  it('equals scikit-learn on random rankings', () => {
    expect(goldens).toHaveLength(40);
    for (const golden of goldens) {
      const found = rankingFigures(golden.queries);
      expect(found.map).toBeCloseTo(golden.map, 9);
      expect(found.medianRank).toBe(golden.medianRank);
      for (const [k, value] of Object.entries(golden.ndcg)) expect(at(found.ndcgAt)[k]).toBeCloseTo(value, 9);
      for (const [k, value] of Object.entries(golden.hit)) expect(at(found.hitAt)[k]).toBeCloseTo(value, 9);
    }
  });

  it('is worked out by hand for one query', () => {
    // Places: 1 for position 2, then 0, then 3 and 1 (equal scores: the lower position first is position 1).
    const found = rankingFigures([{ relevant: [0, 3], scores: [0.5, 0.1, 0.9, 0.1] }], { ks: [1, 2, 4] });
    expect(found.ranks).toEqual([{ query: 0, rank: 2 }]);
    expect(found.hitAt.map(({ value }) => value)).toEqual([0, 1, 1]);
    expect(found.recallAt.map(({ value }) => value)).toEqual([0, 0.5, 1]);
    expect(found.map).toBeCloseTo((1 / 2 + 2 / 4) / 2, 12);
    expect(found.ndcgAt[2]?.value).toBeCloseTo(
      (1 / Math.log2(3) + 1 / Math.log2(5)) / (1 + 1 / Math.log2(3)),
      12,
    );
  });

  it('leaves the query itself out, and queries with nothing to find', () => {
    const found = rankingFigures([
      { relevant: [0, 1], scores: [1, 0.4, 0.6], self: 0 },
      { relevant: [1], scores: [0.1, 1], self: 1 },
      { relevant: [], scores: [0.1, 1] },
    ]);
    expect(found.queries).toBe(1);
    expect(found.ranks).toEqual([{ query: 0, rank: 2 }]);
  });

  it('says NaN without queries', () => expect(rankingFigures([]).map).toBeNaN());

  it('a better score never makes a ranking worse', () =>
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 30 }),
        fc.nat(),
        (scores, seed) => {
          const relevant = [seed % scores.length];
          const better = scores.map((score, i) => (i === relevant[0] ? score + 0.5 : score));
          const before = rankingFigures([{ relevant, scores }]);
          const after = rankingFigures([{ relevant, scores: better }]);
          expect(after.map).toBeGreaterThanOrEqual(before.map);
        },
      ),
    ));

  it.each([
    ['a relevant position without a score', { relevant: [3], scores: [1, 2] }],
    ['a score that is NaN', { relevant: [0], scores: [1, Number.NaN] }],
  ])('refuses %s', (_what, query) => expect(() => rankingFigures([query])).toThrow(RangeError));
  it('refuses k = 0', () => expect(() => rankingFigures([], { ks: [0] })).toThrow(RangeError));
});

describe('indexRecall', () => {
  it('is the share of the exact answers that was found', () =>
    expect(
      indexRecall(
        [
          [1, 2, 3],
          [9, 8],
        ],
        [
          [1, 2, 4],
          [8, 9],
        ],
      ),
    ).toBeCloseTo((2 / 3 + 1) / 2, 12));
  it('refuses lists of different length', () => expect(() => indexRecall([], [[1]])).toThrow(RangeError));
});
