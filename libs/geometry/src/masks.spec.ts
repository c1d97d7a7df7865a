import { readFileSync } from 'node:fs';
import type { Box, Rle } from '@fovea/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeMask,
  decodeMaskBox,
  encodeMask,
  maskArea,
  maskBox,
  maskFromRuns,
  maskIou,
  mergeMasks,
} from './masks.ts';
import { polygonsToMask } from './polygons.ts';

// coco-goldens.json holds what pycocotools 2.0.11 says about seeded random masks and polygons, made by
//   r = mask.encode(np.asfortranarray(bitmap)); mask.area(r); mask.toBbox(r)              -> masks
//   mask.merge([a, b], intersect=0 | 1); mask.iou([a], [b], [0 | 1])                      -> pairs
//   mask.merge(mask.frPyObjects(polygons, height, width))                                 -> polygons
interface Goldens {
  masks: (Rle & { bitmap?: string; area: number; box: number[] })[];
  pairs: { a: Rle; b: string; union: string; intersection: string; iou: number; crowdIou: number }[];
  polygons: { polygons: number[][]; size: [number, number]; counts: string }[];
}
const goldens = JSON.parse(readFileSync(new URL('coco-goldens.json', import.meta.url), 'utf8')) as Goldens;
const asBox = ([x, y, width, height]: number[]) => ({ x, y, width, height }) as Box;

describe('masks agree with pycocotools', () => {
  it('encode and decode', () => {
    for (const { bitmap, size, counts } of goldens.masks) {
      if (bitmap === undefined) continue;
      const data = Uint8Array.from(bitmap, Number);
      expect(encodeMask(data, size[1], size[0])).toEqual({ size, counts });
      expect(decodeMask({ size, counts })).toEqual(data);
    }
    expect(goldens.masks.filter(({ bitmap }) => bitmap !== undefined)).toHaveLength(47);
  });
  it('a large mask survives decoding and encoding', () => {
    for (const { size, counts } of goldens.masks.slice(-2))
      expect(encodeMask(decodeMask({ size, counts }), size[1], size[0]).counts).toBe(counts);
  });
  it('area and box', () => {
    for (const { area, box, ...mask } of goldens.masks) {
      expect(maskArea(mask)).toBe(area);
      expect(maskBox(mask)).toEqual(asBox(box));
    }
  });
  it('union, intersection, IoU, crowd IoU', () => {
    for (const { a, b: counts, union, intersection, iou, crowdIou } of goldens.pairs) {
      const b = { size: a.size, counts };
      expect(mergeMasks([a, b], 'union').counts).toBe(union);
      expect(mergeMasks([a, b], 'intersection').counts).toBe(intersection);
      expect(maskIou(a, b)).toBe(iou);
      expect(maskIou(a, b, { crowd: true })).toBe(crowdIou);
    }
  });
  it.each(goldens.polygons.map((golden, i) => [i, golden] as const))(
    'polygon %i',
    (_, { polygons, size, counts }) => {
      expect(polygonsToMask(polygons, { width: size[1], height: size[0] })).toEqual({ size, counts });
    },
  );
});

const bitmap = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      a: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }),
      b: fc.uint8Array({ minLength: width * height, maxLength: width * height, max: 1 }),
    }),
  );

describe('masks', () => {
  it('decode to what was encoded', () => {
    fc.assert(
      fc.property(bitmap, ({ a, width, height }) => {
        expect(decodeMask(encodeMask(a, width, height))).toEqual(a);
      }),
    );
  });
  it('merge and compare as their bitmaps do', () => {
    fc.assert(
      fc.property(bitmap, ({ a, b, width, height }) => {
        const [first, second] = [encodeMask(a, width, height), encodeMask(b, width, height)];
        const [union, shared] = [a.map((value, i) => value | b[i]!), a.map((value, i) => value & b[i]!)];
        const count = (bits: Uint8Array) => bits.reduce((sum, value) => sum + value, 0);
        expect(decodeMask(mergeMasks([first, second], 'union'))).toEqual(union);
        expect(decodeMask(mergeMasks([first, second], 'intersection'))).toEqual(shared);
        expect(maskIou(first, second)).toBe(count(shared) === 0 ? 0 : count(shared) / count(union));
      }),
    );
  });
  it('decode their box only', () => {
    fc.assert(
      fc.property(bitmap, ({ a, width, height }) => {
        const part = decodeMaskBox(encodeMask(a, width, height));
        const whole = new Uint8Array(width * height);
        part.data.forEach((value, i) => {
          const [x, y] = [part.left + (i % part.width), part.top + Math.floor(i / part.width)];
          whole[y * width + x] = value;
        });
        expect(whole).toEqual(a);
      }),
    );
  });
  it('take anything but 0 as inside', () => {
    expect(decodeMask(encodeMask(Uint8Array.of(0, 255, 7, 0), 2, 2))).toEqual(Uint8Array.of(0, 1, 1, 0));
  });
  it('merge more than two', () => {
    const dots = [0, 1, 2].map((i) =>
      encodeMask(
        Uint8Array.from({ length: 3 }, (_, j) => Number(i === j)),
        3,
        1,
      ),
    );
    expect(maskArea(mergeMasks(dots, 'union'))).toBe(3);
    expect(maskArea(mergeMasks(dots, 'intersection'))).toBe(0);
  });
  it('of no pixels are empty', () => {
    const none = encodeMask(new Uint8Array(0), 0, 5);
    expect([none, maskArea(none), decodeMask(none).length]).toEqual([{ size: [5, 0], counts: '0' }, 0, 0]);
    expect(maskBox(none)).toEqual({ x: 0, y: 0, width: 0, height: 0 });
    expect(maskIou(none, none)).toBe(0);
  });
  it('hold runs of more than 100 million pixels', () => {
    const huge = maskFromRuns([150_000_000, 1, 49_999_999], { width: 20_000, height: 10_000 });
    expect([maskArea(huge), maskBox(huge)]).toEqual([1, { x: 15_000, y: 0, width: 1, height: 1 }]);
  });
  it('refuse what does not fit together', () => {
    expect(() => encodeMask(new Uint8Array(3), 2, 2)).toThrow('a bitmap of 2 x 2 needs 4 elements, got 3');
    expect(() => decodeMask({ size: [2, 2], counts: '5' })).toThrow(RangeError);
    expect(() => mergeMasks([], 'union')).toThrow(RangeError);
    expect(() => maskIou({ size: [1, 2], counts: '2' }, { size: [2, 1], counts: '2' })).toThrow(RangeError);
  });
  it.each(['P', '!', 'é', 'o', 'ooooooooo0', 'O', '0OO00'])('refuse counts %j', (counts) => {
    expect(() => decodeMask({ size: [1, 1], counts })).toThrow(RangeError);
  });
});
