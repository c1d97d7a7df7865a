import { describe, expect, it } from 'vitest';
import { answerSet, isSameSet, namesOne, openAccuracy, questionType } from './accuracy.ts';
import { normalizeAnswer } from './normalize.ts';

describe('normalizeAnswer', () => {
  it.each([
    ['The two dogs.', '2 dogs'],
    ['A dog', 'dog'],
    ['an', ''],
    ['None', '0'],
    ['eleven', 'eleven'],
    ['dont know', "don't know"],
    ["isn't", "isn't"],
    ['its', 'its'],
    ['were', 'were'],
    ['3,000', '3000'],
    ['1.5 m', '1.5 m'],
    ['.5', '.5'],
    ['U.S.', 'us'],
    ['light-blue', 'light blue'],
    ['yes!', 'yes'],
    ['red , black', 'red black'],
    ['red,black', 'red black'],
    ['(left)', 'left'],
    ['10:30', '10:30'],
    ['garbage_bin', 'garbage bin'],
    ['\tblack\n and  white ', 'black and white'],
    ["man's", "man's"],
  ])('%j is %j', (answer, normal) => expect(normalizeAnswer(answer)).toBe(normal));
});

describe('openAccuracy', () => {
  const people = (count: number, answer: string) => new Array<string>(count).fill(answer);

  it.each([
    // Of ten, n agree: n times the others have n - 1 who agree, 10 - n times n.
    [0, 0],
    [1, (9 * (1 / 3)) / 10],
    [2, (2 * (1 / 3) + 8 * (2 / 3)) / 10],
    [3, (3 * (2 / 3) + 7 * 1) / 10],
    [4, 1],
    [10, 1],
  ])('%i of ten agree: %d', (count, accuracy) =>
    expect(openAccuracy('dog', [...people(count, 'A dog.'), ...people(10 - count, 'cat')])).toBeCloseTo(
      accuracy,
      12,
    ),
  );

  it('is right or wrong with one truth', () => {
    expect(openAccuracy('Two', ['2'])).toBe(1);
    expect(openAccuracy('3', ['2'])).toBe(0);
  });

  it('needs somebody', () => expect(() => openAccuracy('2', [])).toThrow(RangeError));
});

describe('sets of answers', () => {
  it('have no order', () => {
    expect(answerSet(' table,the Chair , chair,')).toEqual(['chair', 'table']);
    expect(isSameSet('chair, table', 'table, chair')).toBe(true);
    expect(isSameSet('garbage bin', 'garbage_bin')).toBe(true);
    expect(isSameSet('chair', 'table, chair')).toBe(false);
  });

  it('can be named in part', () => {
    expect(namesOne('chair', 'table, chair')).toBe(true);
    expect(namesOne('lamp', 'table, chair')).toBe(false);
    expect(namesOne('chair, lamp', 'table, chair')).toBe(false);
    expect(namesOne('', 'table')).toBe(false);
  });
});

describe('questionType', () => {
  it.each([
    ['Is there a dog?', 'yes/no'],
    ['is the dog’s colour brown?', 'yes/no'],
    ['is it a cat or a dog?', 'other'],
    ['how many dogs are there?', 'number'],
    ['what is the number of chairs?', 'number'],
    ['What colors are the chairs?', 'colour'],
    ['what colour is it?', 'colour'],
    ['where is this?', 'where'],
    ['who is that?', 'who'],
    ['whose hat is it?', 'who'],
    ['what is the man doing?', 'doing'],
    ['which chair is broken?', 'which'],
    ['what is on the table?', 'what'],
    ['what is on the colourful table?', 'what'],
    ['name it', 'other'],
  ] as const)('%s is %s', (question, type) => expect(questionType(question)).toBe(type));
});
