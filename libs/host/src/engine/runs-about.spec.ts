import { expect, test } from 'vitest';
import { fuse } from './runs-about.ts';

test('what several rankings know comes before what one does', () => {
  expect(fuse([['a', 'b', 'c'], ['c']])).toEqual(['c', 'a', 'b']);
  expect(
    fuse([
      ['a', 'b'],
      ['c', 'd'],
    ]),
  ).toEqual(['a', 'c', 'b', 'd']);
  expect(fuse([[], ['a']])).toEqual(['a']);
  expect(fuse([])).toEqual([]);
});
