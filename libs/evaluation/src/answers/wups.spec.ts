import { describe, expect, it } from 'vitest';
import { readNouns, wordnetNouns } from './wordnet.ts';
import { wordSimilarity, wups } from './wups.ts';

/** A taxonomy in WordNet's own format; places are bytes. */
function tinyNouns() {
  const kinds: readonly (readonly [string, readonly string[]])[] = [
    ['thing', []],
    ['furniture', ['thing']],
    ['seat', ['furniture']],
    ['chair', ['seat']],
    ['armchair', ['chair']],
    ['table', ['furniture']],
    ['animal', ['thing']],
    ['dog', ['animal']],
    ['rex', ['dog']],
  ];
  const place = (at: number) => String(at).padStart(8, '0');
  const places = new Map<string, number>();
  let data = '';
  for (const [name, above] of kinds) {
    places.set(name, data.length);
    const sign = name === 'rex' ? '@i' : '@';
    const pointers = above.map((parent) => `${sign} ${place(places.get(parent)!)} n 0000 `).join('');
    data += `${place(data.length)} 06 n 01 ${name} 0 ${String(above.length).padStart(3, '0')} ${pointers}| a ${name}  \n`;
  }
  const index = kinds.map(([name]) => `${name} n 1 1 @ 1 0 ${place(places.get(name)!)}  \n`).join('');
  return readNouns({ index: `  1 licence\n${index}`, data });
}

describe('a small taxonomy, by hand', () => {
  const nouns = tinyNouns();

  it.each([
    ['chair', 'chair', 1],
    // chair is at depth 4: 2 * 4 / (4 + 5).
    ['chair', 'armchair', 8 / 9],
    // furniture is at depth 2, the ways are 2 and 1: 2 * 2 / (4 + 3).
    ['chair', 'table', 4 / 7],
    // thing is at depth 1, the ways are 4 and 2: 2 / (2 + 6).
    ['armchair', 'dog', 2 / 8],
    // An instance is a kind, too.
    ['rex', 'dog', 6 / 7],
    // Plurals are looked up as their singular.
    ['chairs', 'tables', 4 / 7],
    ['unheard', 'chair', 0],
    ['unheard', 'unheard', 1],
  ])('%s and %s: %d', (a, b, similarity) => expect(wordSimilarity(a, b, nouns)).toBeCloseTo(similarity, 12));

  it('counts a tenth below the threshold', () => {
    expect(wups('chair', 'table', { nouns, threshold: 0 })).toBeCloseTo(4 / 7, 12);
    expect(wups('chair', 'table', { nouns })).toBeCloseTo(0.4 / 7, 12);
    expect(wups('chair', 'armchair', { nouns, threshold: 0.8 })).toBeCloseTo(8 / 9, 12);
  });

  it('multiplies over sets, both ways', () => {
    // From the answer: 1; from the truth: chair 1, table 4/7.
    expect(wups('chair', 'chair, table', { nouns, threshold: 0 })).toBeCloseTo(4 / 7, 12);
    expect(wups('table, chair', 'chair, table', { nouns })).toBe(1);
    expect(wups('', 'chair', { nouns })).toBe(0);
  });

  it('refuses a threshold that is none', () =>
    expect(() => wups('chair', 'chair', { nouns, threshold: 2 })).toThrow(RangeError));

  it('says where data.noun does not fit', () => expect(() => nouns.aboveOf(3)).toThrow(/no meaning at 3/));
});

describe('WordNet 3.1', () => {
  it('knows what is a kind of what', () => {
    const nouns = wordnetNouns();
    expect(nouns.meaningsOf('dog')).toHaveLength(7);
    expect(nouns.meaningsOf('coffee machine')).toEqual([]);
    expect(nouns.meaningsOf('coffee_maker')).toEqual(nouns.meaningsOf('coffee maker'));
    expect(nouns.aboveOf(nouns.meaningsOf('entity')[0]!)).toEqual([]);
  });

  // As NLTK counts: carnivore stands at depth 12 (entity 1), two steps above each: 2 * 12 / (24 + 4).
  it('finds dog and cat near', () => expect(wordSimilarity('dog', 'cat')).toBeCloseTo(24 / 28, 12));
  it('finds an armchair nearly right for a chair', () =>
    expect(wups('armchair', 'chair')).toBeCloseTo(20 / 21, 12));
});
