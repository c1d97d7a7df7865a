import { describe, expect, it } from 'vitest';
import { joinWords, wordIds } from './caption-words.ts';

const VOCABULARY = ['<pad>', '<start>', '<end>', '<unk>', 'a', 'dog', "'s", 'ball', 't-shirt', 'the'];

describe('joinWords', () => {
  it.each([
    [['a', 'dog'], 'a dog'],
    [['a', 'dog', "'s", 'ball'], "a dog's ball"],
    [[], ''],
  ])('%j is "%s"', (words, text) => expect(joinWords(words)).toBe(text));
});

describe('wordIds', () => {
  it.each([
    ['a dog', [4, 5]],
    ['  The  DOG’s ball,\n', [9, 5, 6, 7]],
    ["a dog's", [4, 5, 6]],
    ['(a) "t-shirt"!', [4, 8]],
    ['', []],
    [' … ', []],
  ])('reads %j', (text, ids) => expect(wordIds(text, VOCABULARY)).toEqual({ ids, unknown: [] }));

  it('names what it does not know, special words included', () =>
    expect(wordIds('a <start> zebra 犬 🐶', VOCABULARY)).toEqual({
      ids: [4],
      unknown: ['start', 'zebra', '犬', '🐶'],
    }));

  it('gives back what it joined', () => {
    const words = ['a', 'dog', "'s", 'ball'];
    expect(wordIds(joinWords(words), VOCABULARY).ids.map((id) => VOCABULARY[id])).toEqual(words);
  });
});
