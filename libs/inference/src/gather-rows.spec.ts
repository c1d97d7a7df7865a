import { float32, int64 } from '@fovea/testing';
import { expect, it } from 'vitest';
import { gatherRows } from './gather-rows.ts';

it('takes rows in the order named, again and again', () => {
  expect(gatherRows(float32([1, 2, 3, 4, 5, 6], [3, 2]), [2, 0, 2])).toEqual(
    float32([5, 6, 1, 2, 5, 6], [3, 2]),
  );
  expect(gatherRows(int64([7, 8], [2]), [1])).toEqual(int64([8], [1]));
});

it('takes none, and rows without elements', () => {
  expect(gatherRows(float32([1, 2], [2, 1]), [])).toEqual(float32([], [0, 1]));
  expect(gatherRows(float32([], [2, 3, 0]), [1, 1, 0])).toEqual(float32([], [3, 3, 0]));
});

it.each([[-1], [2], [0.5], [NaN]])('has no row %s', (row) => {
  expect(() => gatherRows(float32([1, 2], [2, 1]), [row])).toThrow(RangeError);
});
