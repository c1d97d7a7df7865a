import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boxArea,
  boxCorners,
  boxFromCorners,
  boxIntersection,
  boxIou,
  boxUnion,
  clipBox,
  flattenBoxes,
  isBox,
  scaleBox,
} from './boxes.ts';

const number = fc.integer({ min: -200, max: 200 });
const side = fc.integer({ min: 0, max: 200 });
const box = fc.record({ x: number, y: number, width: side, height: side });
const empty = { x: 3, y: 3, width: 0, height: 5 };
const nan = { x: NaN, y: 0, width: 4, height: 4 };

describe('boxes', () => {
  it('become corners and back', () => {
    fc.assert(
      fc.property(box, (each) => {
        const { left, top, right, bottom } = boxCorners(each);
        expect(boxFromCorners(left, top, right, bottom)).toEqual(each);
        expect(boxFromCorners(right, top, left, bottom)).toEqual(each);
      }),
    );
  });
  it('intersect symmetrically, inside both', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        const shared = boxIntersection(a, b);
        expect(shared).toEqual(boxIntersection(b, a));
        if (!shared) return;
        expect(boxUnion(shared, a)).toEqual(a);
        expect(boxUnion(shared, b)).toEqual(b);
      }),
    );
  });
  it('have an IoU that is symmetric, 0..1 and 1 with itself', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        expect(boxIou(a, b)).toBe(boxIou(b, a));
        expect(boxIou(a, b)).toBeGreaterThanOrEqual(0);
        expect(boxIou(a, b)).toBeLessThanOrEqual(1);
        expect(boxIou(a, a)).toBe(boxArea(a) > 0 ? 1 : 0);
      }),
    );
  });
  it('have an IoU that counts whole pixels', () => {
    const small = fc.record({ x: fc.nat(8), y: fc.nat(8), width: fc.nat(8), height: fc.nat(8) });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const holds = (each: typeof a, x: number, y: number) =>
          x >= each.x && y >= each.y && x < each.x + each.width && y < each.y + each.height;
        let [shared, either] = [0, 0];
        for (let x = 0; x < 16; x++)
          for (let y = 0; y < 16; y++) {
            if (holds(a, x, y) && holds(b, x, y)) shared++;
            if (holds(a, x, y) || holds(b, x, y)) either++;
          }
        expect(boxIou(a, b)).toBeCloseTo(shared === 0 ? 0 : shared / either, 12);
      }),
    );
  });
  it('clip into the picture', () => {
    fc.assert(
      fc.property(box, (each) => {
        const { left, top, right, bottom } = boxCorners(clipBox(each, { width: 100, height: 50 }));
        expect(left >= 0 && top >= 0 && right <= 100 && bottom <= 50 && left <= right && top <= bottom).toBe(
          true,
        );
      }),
    );
    expect(clipBox({ x: -5, y: 10, width: 20, height: 100 }, { width: 100, height: 50 })).toEqual({
      x: 0,
      y: 10,
      width: 15,
      height: 40,
    });
    expect(boxArea(clipBox({ x: 200, y: 0, width: 9, height: 9 }, { width: 100, height: 50 }))).toBe(0);
  });
  it('scale about their centre', () => {
    expect(scaleBox({ x: 10, y: 10, width: 20, height: 20 }, 1.5, 1)).toEqual({
      x: 5,
      y: 10,
      width: 30,
      height: 20,
    });
  });
  it('of no area share nothing', () => {
    const around = { x: 0, y: 0, width: 10, height: 10 };
    expect([boxIntersection(empty, around), boxIou(empty, around), boxIou(empty, empty)]).toEqual([
      undefined,
      0,
      0,
    ]);
  });
  it('that only touch share nothing', () => {
    expect(
      boxIntersection({ x: 0, y: 0, width: 2, height: 2 }, { x: 2, y: 0, width: 2, height: 2 }),
    ).toBeUndefined();
  });
  it('with NaN share nothing and are no boxes', () => {
    expect([boxIntersection(nan, nan), boxIou(nan, nan), isBox(nan), isBox(empty)]).toEqual([
      undefined,
      0,
      false,
      true,
    ]);
    expect([isBox({ ...empty, width: -1 }), isBox({ ...empty, width: Infinity })]).toEqual([false, false]);
    expect(clipBox(nan, { width: 9, height: 9 }).x).toBeNaN();
    expect(boxArea({ x: 0, y: 0, width: -2, height: 3 })).toBe(0);
  });
  it('flatten', () => {
    expect(flattenBoxes([empty, { x: 1, y: 2, width: 3, height: 4 }])).toEqual(
      Float64Array.of(3, 3, 0, 5, 1, 2, 3, 4),
    );
  });
});
