import type { StageModel } from '@fovea/application';
import { tensor } from '@fovea/tensor';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreement, withoutEachCell } from './agreement.ts';
import { combine, unitVector } from './combine.ts';
import { duplicatesCutoff, searchCutoff } from './cutoffs.ts';
import { diversify } from './diversity.ts';
import { groupsOf } from './groups.ts';
import { labelsOf } from './import-files.ts';
import { isPictureName } from './picture-names.ts';

const invalid = expect.objectContaining({ code: 'INVALID_PARAMETER' }) as Error;
const length = (vector: Float32Array) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
const space = { key: 'visual:0123456789ab', dimension: 2 };

describe('combine', () => {
  it('averages what is wanted and takes away what is not', () => {
    const [x, y] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
    expect([...combine([x, y], [])]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(Math.SQRT1_2)]);
    expect([...combine([x], [y])]).toEqual([Math.fround(Math.SQRT1_2), -Math.fround(Math.SQRT1_2)]);
  });
  it('refuses parts that cancel each other out', () =>
    expect(() => combine([Float32Array.of(1, 0)], [Float32Array.of(1, 0)])).toThrow(invalid));
});

describe('unitVector', () => {
  it('brings any length to 1, also the smallest and the largest', () =>
    fc.assert(
      fc.property(fc.constantFrom(1e-38, 1e-10, 1, 1e10, 3e38), (scale) => {
        expect(length(unitVector([3 * scale * 0.1, 4 * scale * 0.1], space))).toBeCloseTo(1, 5);
      }),
    ));
  it.each([[[1]], [[1, 2, 3]], [[0, 0]], [[1e39, 0]], [[Number.NaN, 1]]])('refuses %j', (values) =>
    expect(() => unitVector(values, space)).toThrow(invalid),
  );
});

describe('diversify', () => {
  const at = (degrees: number, score: number) => ({
    score,
    vector: Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)),
  });
  const candidates = [at(0, 0.9), at(1, 0.89), at(80, 0.6)];
  it('is the order of relevance without diversity', () =>
    expect(diversify(candidates, { k: 3, diversity: 0 }).map(({ score }) => score)).toEqual([
      0.9, 0.89, 0.6,
    ]));
  it('prefers what is unlike those chosen', () =>
    expect(diversify(candidates, { k: 2, diversity: 0.7 }).map(({ score }) => score)).toEqual([0.9, 0.6]));
  it('gives all there are where more are wanted', () =>
    expect(diversify(candidates, { k: 9, diversity: 1 })).toHaveLength(3));
});

describe('groupsOf', () => {
  it('hangs together what is alike over others; the largest first', () =>
    expect(
      groupsOf([
        { a: 8, b: 9, score: 0.99 },
        { a: 1, b: 2, score: 0.9 },
        { a: 2, b: 5, score: 0.95 },
      ]),
    ).toEqual([
      { ordinals: [1, 2, 5], score: 0.9 },
      { ordinals: [8, 9], score: 0.99 },
    ]));
  it('puts everything into one group, whatever the order of the pairs', () =>
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), (order) => {
        const pairs = order.map((n) => ({ a: n, b: n + 1, score: 0.9 }));
        expect(groupsOf(pairs).map(({ ordinals }) => ordinals)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7]]);
      }),
    ));
});

describe('agreement', () => {
  // Two channels, 1 x 3 cells.
  const features = tensor('float32', [1, 2, 1, 3], Float32Array.of(1, 0, 2, 0, 3, 1));
  it('falls apart into what each cell adds to the cosine', () => {
    const { values } = agreement(features, Float32Array.of(0.6, 0.8));
    const mean = [1, 4 / 3];
    const cosine = (0.6 * mean[0]! + 0.8 * mean[1]!) / Math.hypot(...mean);
    expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(cosine, 6);
    expect([...values].indexOf(Math.max(...values))).toBe(1);
  });
  it('shows nothing of a picture in which nothing is seen', () =>
    expect([
      ...agreement(tensor('float32', [1, 1, 1, 2], new Float32Array(2)), Float32Array.of(1)).values,
    ]).toEqual([0, 0]));
  it('empties one cell after the other', () => {
    const { dims, data } = withoutEachCell(features);
    expect(dims).toEqual([3, 2, 1, 3]);
    expect([...data.subarray(6, 12)]).toEqual([1, 0, 2, 0, 0, 1]);
  });
});

describe('cut-offs', () => {
  const model = {
    calibrations: [
      {
        space: 'visual',
        query: 'picture',
        dataset: 'test',
        cutoffs: [
          { score: 0.2, matchingKept: 1, othersKept: 0.5 },
          { score: 0.5, matchingKept: 0.98, othersKept: 0.01 },
          { score: 0.8, matchingKept: 0.76, othersKept: 0 },
          { score: 0.9, matchingKept: 0.4, othersKept: 0 },
        ],
      },
    ],
  } as unknown as StageModel;
  it('of a search parts best', () =>
    expect(searchCutoff([model], { space: 'visual', query: 'picture' })).toBe(0.5));
  it('of duplicates keeps three quarters', () => expect(duplicatesCutoff([model], 'visual')).toBe(0.8));
  it('that were never measured are refused', () => {
    expect(() => searchCutoff([model], { space: 'visual', query: 'text' })).toThrow(invalid);
    expect(() => duplicatesCutoff([], 'visual')).toThrow(invalid);
  });
});

describe('an import', () => {
  it.each([
    ['a/b.JPG', true],
    ['photo', true],
    ['notes.txt', false],
    ['.hidden.jpg', false],
    ['a/.b/c.jpg', false],
    ['__MACOSX/a.jpg', false],
    ['../a.jpg', false],
    ['a/', false],
  ])('takes %s: %s', (name, taken) => expect(isPictureName(name)).toBe(taken));

  it('names what was found in a run, each once', () => {
    const box = { x: 0, y: 0, width: 1, height: 1 };
    const found = (label: string) => ({ label, classId: 0, score: 1, box });
    expect(labelsOf({ kind: 'boxes', items: [found('dog'), found('dog'), found('cat')] })).toEqual([
      'dog',
      'cat',
    ]);
    expect(labelsOf({ kind: 'vector', space: 'visual', values: [] })).toEqual([]);
  });
});
