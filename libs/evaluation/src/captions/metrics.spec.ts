import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bleu } from './bleu.ts';
import { cider } from './cider.ts';
import { meteorExact } from './meteor.ts';
import { rougeL } from './rouge.ts';
import { captionTokens } from './tokenize.ts';

const words = (text: string) => text.split(' ').filter((word) => word !== '');
const one = (candidate: string, ...references: string[]) => ({
  candidate: words(candidate),
  references: references.map(words),
});

describe('by hand', () => {
  it('BLEU clips counts and punishes what is too short', () => {
    // Papineni et al., examples 2 and 3: 2/7; "the cat" against 6 words: 1 - 6/2.
    expect(bleu([one('the the the the the the the', 'the cat is on the mat')]).corpus[0]).toBeCloseTo(
      2 / 7,
      6,
    );
    expect(bleu([one('the cat', 'the cat is on the mat')]).corpus[0]).toBeCloseTo(Math.exp(-2), 6);
  });

  it('ROUGE-L takes the best precision and the best recall', () => {
    // Lin 2004: "police kill the gunman", "police killed the gunman" share 3 words in order.
    expect(rougeL([one('police kill the gunman', 'police killed the gunman')]).corpus).toBeCloseTo(0.75, 12);
    // Precision 1 (of "a b"), recall 2/4: (1 + 1.44) * 0.5 / (0.5 + 1.44).
    expect(rougeL([one('a b', 'a x b y')]).corpus).toBeCloseTo((2.44 * 0.5) / 1.94, 12);
  });

  it('CIDEr weighs by rarity', () => {
    const items = [one('a b c d', 'a b c d'), one('e f g h', 'e f g h'), one('a', 'w x y z')];
    expect(cider(items).sentences).toEqual([expect.closeTo(10, 9), expect.closeTo(10, 9), 0]);
    // Only one picture: every word stands in all of them.
    expect(cider([one('a b', 'a b')]).corpus).toBe(0);
  });

  it('plain CIDEr does not mind the length', () => {
    const items = [one('a a a a', 'a'), one('x', 'y')];
    // One word of four n-grams: a cosine of 1 for n = 1, nothing else.
    expect(cider(items, { variant: 'plain' }).sentences[0]).toBeCloseTo(2.5, 9);
    // Clipped to 1 of 4; 3 pairs against none.
    expect(cider(items).sentences[0]).toBeCloseTo((2.5 / 4) * Math.exp(-9 / 72), 9);
  });

  it('METEOR punishes what is scattered', () => {
    expect(meteorExact([one('a b c d', 'a b c d')]).corpus).toBe(1);
    // All matched in two runs: 1 - 0.6 * (2/4)^0.2.
    expect(meteorExact([one('c d a b', 'a b c d')]).corpus).toBeCloseTo(1 - 0.6 * 0.5 ** 0.2, 12);
    expect(meteorExact([one('x', 'a b c d'), one('', 'a')]).sentences).toEqual([0, 0]);
  });
});

const sentence = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 7 });
describe('always', () => {
  it('figures lie within their range, and a candidate that is a reference is the best', () => {
    fc.assert(
      fc.property(sentence, fc.array(sentence, { minLength: 1, maxLength: 3 }), (candidate, references) => {
        const items = [{ candidate, references }, one('q r s t', 'q r s t')];
        for (const value of [...bleu(items).corpus, rougeL(items).corpus, meteorExact(items).corpus]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1 + 1e-9);
        }
        expect(cider(items).corpus).toBeLessThanOrEqual(10 + 1e-9);
        const same = meteorExact([{ candidate, references: [...references, candidate] }]);
        expect(same.corpus).toBe(candidate.length === 0 ? 0 : 1);
      }),
    );
  });

  it('words are in lower case and have no blanks', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const token of captionTokens(text)) {
          expect(token).toBe(token.toLowerCase());
          expect(token).toMatch(/^\S+$/u);
        }
      }),
    );
  });
});
