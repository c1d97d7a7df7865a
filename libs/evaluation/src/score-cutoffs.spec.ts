import { describe, expect, it } from 'vitest';
import { scoreCutoffs } from './score-cutoffs.ts';

describe('scoreCutoffs', () => {
  it('counts what is kept at or above each score', () =>
    expect(scoreCutoffs({ matching: [0.9, 0.5, 0.7], others: [0.1, 0.5] }, { step: 0.25 })).toEqual([
      { score: 0, matchingKept: 1, othersKept: 1 },
      { score: 0.25, matchingKept: 1, othersKept: 0.5 },
      { score: 0.5, matchingKept: 1, othersKept: 0.5 },
      { score: 0.75, matchingKept: 0.3333, othersKept: 0 },
      { score: 1, matchingKept: 0, othersKept: 0 },
    ]));

  it('goes below zero where scores do', () => {
    const [first] = scoreCutoffs({ matching: [0.4], others: [-0.21] }, { step: 0.1 });
    expect(first).toEqual({ score: -0.3, matchingKept: 1, othersKept: 1 });
  });

  it.each([
    ['no pairs that match', { matching: [], others: [0] }],
    ['no others', { matching: [1], others: [] }],
    ['a score that is none', { matching: [Number.NaN], others: [0] }],
  ])('refuses %s', (_what, pairs) => expect(() => scoreCutoffs(pairs)).toThrow(RangeError));
});
