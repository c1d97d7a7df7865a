import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argmax, cosine, l2Normalize, softmax, topK } from './vectors.ts';

const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });
const floats = (minLength = 1) => fc.array(float, { minLength, maxLength: 60 });

describe('softmax', () => {
  it('adds up to 1 and keeps the order', () => {
    fc.assert(
      fc.property(floats(), (values) => {
        const logits = Float32Array.from(values);
        const probabilities = softmax(logits);
        expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
        expect(probabilities[argmax(logits)]).toBe(Math.max(...probabilities));
      }),
    );
  });
  it('does not change when all logits are shifted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1 }),
        fc.integer({ min: -9000, max: 9000 }),
        (values, shift) => {
          expect(softmax(Float32Array.from(values, (v) => v + shift))).toEqual(
            softmax(Float32Array.from(values)),
          );
        },
      ),
    );
  });
  it('agrees with its definition', () => {
    const [a, b, c] = softmax(Float32Array.of(1, 2, 3));
    expect([a, b, c].map((p) => p?.toFixed(6))).toEqual(['0.090031', '0.244728', '0.665241']);
  });
  it('reads a window', () => {
    expect(softmax(Float32Array.of(9, 0, 0, 9), { offset: 1, length: 2 })).toEqual(Float32Array.of(0.5, 0.5));
    expect(softmax(Float32Array.of(9, 0, 0), { offset: 1 })).toEqual(Float32Array.of(0.5, 0.5));
  });
  it('temperature flattens', () => {
    expect(softmax(Float32Array.of(0, 2), { temperature: 2 })).toEqual(softmax(Float32Array.of(0, 1)));
  });
  it('is defined at its edges', () => {
    expect(softmax(new Float32Array(0))).toEqual(new Float32Array(0));
    expect(softmax(Float32Array.of(1e38, -1e38))).toEqual(Float32Array.of(1, 0));
    expect(softmax(Float32Array.of(Infinity, 0, Infinity))).toEqual(Float32Array.of(0.5, 0, 0.5));
    expect(softmax(Float32Array.of(-Infinity, -Infinity))).toEqual(Float32Array.of(0.5, 0.5));
    expect(softmax(Float32Array.of(-Infinity, 0))).toEqual(Float32Array.of(0, 1));
    expect(softmax(Float32Array.of(0, NaN, 5))).toEqual(Float32Array.of(NaN, NaN, NaN));
  });
  it.each([
    { temperature: 0 },
    { temperature: -1 },
    { temperature: NaN },
    { temperature: Infinity },
    { offset: 3 },
    { length: 3 },
    { offset: -1 },
    { length: 0.5 },
  ])('refuses %j', (options) => expect(() => softmax(new Float32Array(2), options)).toThrow(RangeError));
});

describe('topK', () => {
  it('is the head of a stable sort', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 80 }),
        fc.integer({ min: -2, max: 90 }),
        (values, k) => {
          const sorted = values
            .map((score, index) => ({ index, score }))
            .sort((a, b) => b.score - a.score || a.index - b.index);
          expect(topK(Float32Array.from(values), k)).toEqual(sorted.slice(0, Math.max(0, k)));
        },
      ),
    );
  });
  it('never returns NaN', () => {
    expect(topK([NaN, 1, NaN, 2], 4).map((each) => each.index)).toEqual([3, 1]);
    expect(topK([NaN], 1)).toEqual([]);
  });
  it('orders infinities, equal ones too', () => {
    expect(topK([-Infinity, Infinity, 0, Infinity], 3).map((each) => each.index)).toEqual([1, 3, 2]);
  });
  it('Infinity asks for all', () =>
    expect(topK([1, 3, 2], Infinity).map((each) => each.index)).toEqual([1, 2, 0]));
  it.each([1.5, NaN, -Infinity])('refuses k = %s', (k) => expect(() => topK([1], k)).toThrow(TypeError));
});

describe('argmax', () => {
  it('agrees with topK', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(float, fc.constant(NaN))), (values) => {
        expect(argmax(values)).toBe(topK(values, 1)[0]?.index ?? -1);
      }),
    );
  });
  it('of nothing is -1', () => expect([argmax([]), argmax([NaN])]).toEqual([-1, -1]));
  it('finds -Infinity where it is all there is', () => expect(argmax([-Infinity])).toBe(0));
});

describe('cosine', () => {
  it('is symmetric, bounded, 1 with itself and -1 with its opposite', () => {
    fc.assert(
      fc.property(floats(2), floats(2), (first, second) => {
        const length = Math.min(first.length, second.length);
        const [a, b] = [first.slice(0, length), second.slice(0, length)];
        expect(cosine(a, b)).toBe(cosine(b, a));
        expect(Math.abs(cosine(a, b))).toBeLessThanOrEqual(1);
        const nonZero = a.some((value) => Math.abs(value) > 1e-100);
        expect(cosine(a, a)).toBeCloseTo(nonZero ? 1 : 0, 9);
        expect(
          cosine(
            a,
            a.map((value) => -2 * value),
          ),
        ).toBeCloseTo(nonZero ? -1 : 0, 9);
      }),
    );
  });
  it('of a zero vector is 0, of NaN is NaN', () => {
    expect([cosine([0, 0], [1, 2]), cosine([], [])]).toEqual([0, 0]);
    expect([cosine([NaN, 1], [1, 1]), cosine([NaN, 1], [0, 0])]).toEqual([NaN, NaN]);
  });
  it('refuses lengths that differ', () => expect(() => cosine([1], [1, 2])).toThrow('lengths 1 and 2'));
});

describe('l2Normalize', () => {
  it('gives length 1 and the same direction', () => {
    fc.assert(
      fc.property(floats(), (values) => {
        fc.pre(values.some((value) => Math.abs(value) > 1e-3));
        const unit = l2Normalize(values);
        expect(Math.hypot(...unit)).toBeCloseTo(1, 5);
        expect(cosine(unit, values)).toBeCloseTo(1, 5);
      }),
    );
  });
  it('leaves zeros, and the array it was given, alone', () => {
    const given = Float32Array.of(3, 4);
    expect(l2Normalize(given)).toEqual(Float32Array.of(0.6, 0.8));
    expect(given).toEqual(Float32Array.of(3, 4));
    expect(l2Normalize([0, 0])).toEqual(Float32Array.of(0, 0));
  });
});
