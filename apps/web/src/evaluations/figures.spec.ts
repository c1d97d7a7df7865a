import { describe, expect, it } from 'vitest';
import { busiestClasses, figureText, sortedBy } from './figures.ts';

describe('figures', () => {
  it.each([
    [0.30312, '0.303'],
    [1, '1.000'],
    [null, '–'],
  ])('%s reads %s', (value, text) => expect(figureText(value)).toBe(text));
});

describe('sortedBy', () => {
  const rows = [{ v: 2 }, { v: null }, { v: 3 }, { v: 1 }];
  it.each([
    [true, [3, 2, 1, null]],
    [false, [1, 2, 3, null]],
  ])('descending %s, what was not measured last', (descending, order) =>
    expect(sortedBy(rows, ({ v }) => v, descending).map(({ v }) => v)).toEqual(order),
  );
});

describe('busiestClasses', () => {
  const matrix = [
    [5, 0, 1, 0],
    [0, 0, 0, 0],
    [0, 0, 1, 9],
    [0, 0, 0, 0],
  ];
  it('leaves out classes that never occurred', () => expect(busiestClasses(matrix, 9)).toEqual([0, 2, 3]));
  it('keeps those of which there is most, in the matrix’ order', () =>
    expect(busiestClasses(matrix, 2)).toEqual([0, 2]));
});
