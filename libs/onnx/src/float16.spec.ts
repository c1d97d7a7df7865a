import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brainsToFloats, floatsToBrains, floatsToHalves, halvesToFloats, numberToHalf } from './float16.ts';

describe('float16', () => {
  it('reads the known bit patterns', () => {
    const bits = Uint16Array.of(
      0x0000,
      0x8000,
      0x3c00,
      0xc000,
      0x7bff,
      0x0400,
      0x0001,
      0x7c00,
      0xfc00,
      0x7e00,
      0x3555,
    );
    expect([...halvesToFloats(bits)]).toEqual([
      0,
      -0,
      1,
      -2,
      65504,
      2 ** -14,
      2 ** -24,
      Infinity,
      -Infinity,
      NaN,
      0.333251953125,
    ]);
  });

  it('gives back every one of the 65,536 patterns (NaNs become the one quiet NaN of their sign)', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
    const back = floatsToHalves(halvesToFloats(all));
    const differing = all.filter((bits, i) => back[i] !== bits);
    expect(differing.every((bits) => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0)).toBe(true);
  });

  it('rounds to nearest, ties to even, and overflows to infinity', () => {
    expect(numberToHalf(2049)).toBe(numberToHalf(2048));
    expect(numberToHalf(2051)).toBe(numberToHalf(2052));
    expect(numberToHalf(65519)).toBe(0x7bff);
    expect(numberToHalf(65520)).toBe(0x7c00);
    expect(numberToHalf(-1e10)).toBe(0xfc00);
    expect(numberToHalf(2 ** -25)).toBe(0);
    expect(numberToHalf(1.5 * 2 ** -24)).toBe(2);
    expect(numberToHalf(-(2 ** -24))).toBe(0x8001);
    expect(numberToHalf(2 ** -14 - 2 ** -26)).toBe(0x0400);
  });

  it('finds the closest value that float16 has', () => {
    fc.assert(
      fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
        const bits = numberToHalf(value);
        const at = (pattern: number) => halvesToFloats(Uint16Array.of(pattern))[0] as number;
        const error = Math.abs(at(bits) - value);
        const [below, above] = [
          at(Math.max(0, (bits & 0x7fff) - 1)),
          at(Math.min(0x7bff, (bits & 0x7fff) + 1)),
        ];
        return error <= Math.abs(below - Math.abs(value)) && error <= Math.abs(above - Math.abs(value));
      }),
    );
  });
});

describe('bfloat16', () => {
  it('is the upper half of a float32, rounded to nearest even', () => {
    expect([...brainsToFloats(Uint16Array.of(0x3f80, 0xc000, 0x7f80))]).toEqual([1, -2, Infinity]);
    expect([...floatsToBrains(Float32Array.of(1, -2, 1 + 2 ** -8, 1 + 3 * 2 ** -8))]).toEqual([
      0x3f80, 0xc000, 0x3f80, 0x3f82,
    ]);
    expect(brainsToFloats(floatsToBrains(Float32Array.of(NaN)))[0]).toBeNaN();
  });
});
