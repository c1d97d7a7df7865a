import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatRows, row, splitRows } from './rows.ts';
import { tensor } from './tensor.ts';

const numbered = (rows: number, columns: number, from = 0) =>
  tensor(
    'float32',
    [rows, columns],
    Float32Array.from({ length: rows * columns }, (_, i) => from + i),
  );

describe('row', () => {
  it('is a view without axis 0', () => {
    const source = numbered(3, 2);
    const second = row(source, 1);
    expect(second.dims).toEqual([2]);
    expect([...second.data]).toEqual([2, 3]);
    second.data[0] = 9;
    expect(source.data[2]).toBe(9);
  });
  it('of a vector is a scalar', () =>
    expect(row(tensor('int32', [2], Int32Array.of(4, 5)), 1)).toMatchObject({ dims: [] }));
  it.each([-1, 3, 0.5, NaN])('refuses index %s', (index) =>
    expect(() => row(numbered(3, 2), index)).toThrow(RangeError),
  );
  it('refuses a scalar', () => expect(() => row(tensor('int8', [], Int8Array.of(1)), 0)).toThrow(RangeError));
});

describe('concatRows and splitRows', () => {
  it('are inverse', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }), fc.nat(3), (counts, columns) => {
        const pieces = counts.map((count, i) => numbered(count, columns, 100 * i));
        const whole = concatRows(pieces);
        expect(whole.dims).toEqual([counts.reduce((a, b) => a + b), columns]);
        expect(splitRows(whole, counts)).toEqual(pieces);
      }),
    );
  });
  it('work on every element type', () => {
    const pieces = [
      tensor('int64', [1, 2], BigInt64Array.of(1n, 2n)),
      tensor('int64', [1, 2], BigInt64Array.of(3n, 4n)),
    ];
    expect(concatRows(pieces)).toEqual(tensor('int64', [2, 2], BigInt64Array.of(1n, 2n, 3n, 4n)));
  });
  it('splitting copies nothing', () => {
    const whole = numbered(3, 2);
    expect(splitRows(whole, [1, 2]).every((piece) => piece.data.buffer === whole.data.buffer)).toBe(true);
  });
  it('a single tensor is not copied', () => {
    const only = numbered(2, 2);
    expect(concatRows([only])).toBe(only);
  });
  it('refuse no tensors, scalars, other types and other dims', () => {
    expect(() => concatRows([])).toThrow(RangeError);
    expect(() => concatRows([tensor('uint8', [], new Uint8Array(1))])).toThrow(RangeError);
    expect(() => concatRows([numbered(1, 2), tensor('float64', [1, 2], new Float64Array(2))])).toThrow(
      'types float32 and float64',
    );
    expect(() => concatRows([numbered(1, 2), numbered(1, 3)])).toThrow('dims [1, 2] and [1, 3]');
    expect(() => concatRows([numbered(1, 1), tensor('float32', [1], new Float32Array(1))])).toThrow(
      RangeError,
    );
  });
  it.each([[[1, 1]], [[4]], [[-1, 4]], [[1.5, 1.5]], [[]]])('refuses to split 3 rows into %j', (counts) => {
    expect(() => splitRows(numbered(3, 2), counts)).toThrow(RangeError);
  });
});
