import { repositoryRoot } from '@fovea/testing';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { basicWords } from './basic-words.ts';
import { wordPiece } from './word-piece.ts';

// The goldens are the reference's: libs/text/test/README.md.
interface Goldens {
  readonly classes: Readonly<Record<'dropped' | 'blank' | 'alone' | 'kept', readonly [number, number][]>>;
  readonly cases: readonly { text: string; maxLength: number; ids: number[]; truncated: boolean }[];
}
const readJson = (path: string): unknown => JSON.parse(readFileSync(join(repositoryRoot, path), 'utf8'));
const { classes, cases } = readJson('libs/text/test/word-piece-goldens.json') as Goldens;
const { tokens } = readJson('models/weights/text/wordpiece-vocab.json') as { tokens: string[] };
const tokenizer = wordPiece(tokens);
const [PAD, CLS, SEP, UNK] = [0, 101, 102, 100];

describe('as the reference', () => {
  it('hundreds of awkward texts', () => {
    const different = cases.filter(({ text, maxLength, ids, truncated }) => {
      const ours = tokenizer.encode(text, { maxLength });
      return String(ours.ids) !== String(ids) || ours.truncated !== truncated;
    });
    expect(different).toEqual([]);
    expect(cases.length).toBeGreaterThan(400);
  });

  it('every character of Unicode 3.2 but four that were put in another class since', () => {
    const classOf = (character: string): string => {
      const words = [...basicWords(`a${character}b`)];
      if (words.length === 1) return words[0] === 'ab' ? 'dropped' : 'kept';
      return words.length === 2 ? 'blank' : 'alone';
    };
    const different: string[] = [];
    for (const [name, ranges] of Object.entries(classes))
      for (const [from, to] of ranges)
        for (let code = from; code <= to; code++)
          if (classOf(String.fromCodePoint(code)) !== name) different.push(code.toString(16));
    // Po → So, Mn → Mc and twice Lo → Mn: the tables of the reference are older than those of Node.
    expect(different.sort()).toEqual(['166d', '1734', '1885', '1886']);
  });
});

describe('wordPiece', () => {
  it('cuts words into the longest pieces', () => {
    expect(tokenizer.encode('a dog runs over the grass').ids).toEqual([
      CLS,
      1037,
      3899,
      3216,
      2058,
      1996,
      5568,
      SEP,
    ]);
    expect(tokenizer.encode('unaffable').ids.map((id) => tokens[id])).toEqual([
      '[CLS]',
      'una',
      '##ffa',
      '##ble',
      '[SEP]',
    ]);
  });
  it('reads the names of special tokens as plain text', () =>
    expect(tokenizer.encode('[SEP]').ids.map((id) => tokens[id])).toEqual([
      '[CLS]',
      '[',
      'sep',
      ']',
      '[SEP]',
    ]));
  it('takes a lone surrogate for a character to drop', () =>
    expect(tokenizer.encode('do\ud800g\udc00')).toEqual(tokenizer.encode('dog')));
  it('gives an empty text its two marks', () =>
    expect(tokenizer.encode('')).toEqual({ ids: [CLS, SEP], truncated: false }));
  it.each([
    [2, [CLS, SEP], true],
    [3, [CLS, 3899, SEP], true],
    [4, [CLS, 3899, 3899, SEP], false],
  ])('cuts to %i ids', (maxLength, ids, truncated) =>
    expect(tokenizer.encode('dog dog', { maxLength })).toEqual({ ids, truncated }),
  );
  it('is made once for a vocabulary', () => expect(wordPiece(tokens)).toBe(tokenizer));
  it('names what is wrong', () => {
    expect(() => tokenizer.encode('dog', { maxLength: 1 })).toThrow(/maxLength/);
    expect(() => tokenizer.encodeBatch([])).toThrow(/at least one text/);
    expect(() => wordPiece(['[PAD]', '[UNK]', '[CLS]'])).toThrow('[SEP]');
  });

  it('any text: within its limits, and nothing throws', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 2, max: 40 }),
        (text, maxLength) => {
          const { ids, truncated } = tokenizer.encode(text, { maxLength });
          expect(ids.length).toBeLessThanOrEqual(maxLength);
          expect([ids.at(0), ids.at(-1)]).toEqual([CLS, SEP]);
          const { ids: whole } = tokenizer.encode(text, { maxLength: 10_000 });
          expect(truncated).toBe(whole.length > maxLength);
          expect(whole.slice(0, ids.length - 1)).toEqual(ids.slice(0, -1));
        },
      ),
    ));
  it('any words of the vocabulary: read back letter by letter', () => {
    const plain = tokens.filter((token) => /^[a-z0-9]+$/.test(token));
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...plain), { maxLength: 20 }), (words) => {
        const { ids } = tokenizer.encode(words.join(' ').toUpperCase());
        expect(ids.slice(1, -1).map((id) => tokens[id])).toEqual(words);
      }),
    );
  });
});

describe('encodeBatch', () => {
  const { inputIds, attentionMask, truncated } = tokenizer.encodeBatch(['dog', 'a dog runs', ''], {
    maxLength: 4,
  });
  it('pads to the longest', () => {
    expect(inputIds.dims).toEqual([3, 4]);
    expect([...inputIds.data].map(Number)).toEqual(
      [
        [CLS, 3899, SEP, PAD],
        [CLS, 1037, 3899, SEP],
        [CLS, SEP, PAD, PAD],
      ].flat(),
    );
  });
  it('masks the padding', () =>
    expect([...attentionMask.data].map(Number)).toEqual([1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0]));
  it('says which were cut', () => expect(truncated).toEqual([false, true, false]));
  it('an unknown word is one id', () =>
    expect(tokenizer.encode('𝕒'.repeat(101)).ids).toEqual([CLS, UNK, SEP]));
});
