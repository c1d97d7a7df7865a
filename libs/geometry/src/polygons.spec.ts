import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskContours, signedArea } from './contours.ts';
import { decodeMask, encodeMask, maskArea, maskIou } from './masks.ts';
import { maskToPolygons, polygonArea, polygonsToMask, simplifyPolygon } from './polygons.ts';

const drawn = (...rows: string[]) =>
  encodeMask(
    Uint8Array.from(rows.join(''), (each) => Number(each === '#')),
    rows[0]!.length,
    rows.length,
  );
const masks = fc
  .record({ width: fc.integer({ min: 1, max: 12 }), height: fc.integer({ min: 1, max: 12 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height, max: 1 })
      .map((bits) => ({ mask: encodeMask(bits, width, height), width, height })),
  );
const disc = encodeMask(
  Uint8Array.from({ length: 200 * 150 }, (_, i) =>
    Number(Math.hypot((i % 200) - 100, Math.floor(i / 200) - 75) < 60),
  ),
  200,
  150,
);

describe('maskContours', () => {
  it('walks one pixel clockwise', () => {
    expect(maskContours(drawn('...', '.#.'))).toEqual({ outer: [[2, 1, 2, 2, 1, 2, 1, 1]], holes: [] });
  });
  it('of nothing is nothing', () => expect(maskContours(drawn('..'))).toEqual({ outer: [], holes: [] }));
  it('finds holes', () => {
    const { outer, holes } = maskContours(drawn('###', '#.#', '###'));
    expect([outer.length, holes.length, signedArea(holes[0]!)]).toEqual([1, 1, -1]);
  });
  it('parts pixels that touch at a corner', () => {
    expect(maskContours(drawn('#.', '.#')).outer).toHaveLength(2);
    expect(maskContours(drawn('.#', '#.')).outer).toHaveLength(2);
  });
  it('areas add up to the mask, and outlines filled even-odd are the mask', () => {
    fc.assert(
      fc.property(masks, ({ mask, width, height }) => {
        const { outer, holes } = maskContours(mask);
        const lines = [...outer, ...holes];
        expect(lines.reduce((sum, line) => sum + signedArea(line), 0)).toBe(maskArea(mask));
        const parity = new Uint8Array(width * height);
        for (const line of lines)
          decodeMask(polygonsToMask([line], { width, height })).forEach((bit, i) => (parity[i]! ^= bit));
        expect(parity).toEqual(decodeMask(mask));
      }),
    );
  });
});

describe('maskToPolygons', () => {
  it('and back gives the mask with its holes filled', () => {
    const [ring, filled] = [
      drawn('.....', '.###.', '.#.#.', '.###.'),
      drawn('.....', '.###.', '.###.', '.###.'),
    ];
    expect(polygonsToMask(maskToPolygons(ring), { width: 5, height: 4 })).toEqual(filled);
  });
  it('puts the largest first and leaves small ones out', () => {
    const mask = drawn('#....', '...##', '...##');
    expect(maskToPolygons(mask).map(polygonArea)).toEqual([4, 1]);
    expect(maskToPolygons(mask, { minArea: 2 }).map(polygonArea)).toEqual([4]);
  });
  it('simplifies a disc to few points that still cover it', () => {
    const [exact] = maskToPolygons(disc);
    const [simple] = maskToPolygons(disc, { tolerance: 1 });
    expect(simple!.length).toBeLessThan(exact!.length / 4);
    expect(maskIou(polygonsToMask([simple!], { width: 200, height: 150 }), disc)).toBeGreaterThan(0.97);
  });
});

describe('simplifyPolygon', () => {
  const coordinate = fc.integer({ min: 0, max: 60 });
  const polygon = fc
    .array(fc.tuple(coordinate, coordinate), { minLength: 3, maxLength: 30 })
    .map((points) => points.flat());
  it('keeps every point within the tolerance of the new outline', () => {
    fc.assert(
      fc.property(polygon, fc.integer({ min: 1, max: 12 }), (given, tolerance) => {
        const simple = simplifyPolygon(given, tolerance);
        expect(simple.length).toBeGreaterThanOrEqual(6);
        for (let i = 0; i < given.length; i += 2)
          expect(distanceToOutline(simple, given[i]!, given[i + 1]!)).toBeLessThanOrEqual(tolerance + 1e-9);
      }),
    );
  });
  it('drops points on straight lines', () => {
    expect(simplifyPolygon([0, 0, 5, 0, 10, 0, 10, 10, 5, 10, 0, 10], 0.1)).toEqual([
      0, 0, 10, 0, 10, 10, 0, 10,
    ]);
  });
  it('leaves one that would vanish as it is', () => {
    const square = [0, 0, 1, 0, 1, 1, 0, 1];
    expect(simplifyPolygon(square, 50)).toEqual(square);
  });
  it.each([-1, NaN])('refuses a tolerance of %s', (tolerance) => {
    expect(() => simplifyPolygon([0, 0, 1, 0, 1, 1], tolerance)).toThrow(RangeError);
  });
});

describe('polygons', () => {
  it('have an area, whichever way round', () => {
    expect([polygonArea([0, 0, 4, 0, 0, 3]), polygonArea([0, 3, 4, 0, 0, 0])]).toEqual([6, 6]);
    expect([polygonArea([]), polygonArea([1, 1]), polygonArea([0, 0, 5, 5])]).toEqual([0, 0, 0]);
    expect(polygonArea([0, 0, NaN, 0, 1, 1])).toBeNaN();
  });
  it('that enclose nothing, and none at all, give an empty mask', () => {
    const size = { width: 4, height: 3 };
    expect(polygonsToMask([], size)).toEqual({
      size: [3, 4],
      counts: encodeMask(new Uint8Array(12), 4, 3).counts,
    });
    expect(maskArea(polygonsToMask([[1, 1, 2, 2]], size))).toBe(0);
    expect(maskArea(polygonsToMask([[9, 9, 12, 9, 12, 12]], size))).toBe(0);
  });
  it('are refused with NaN or a size between pixels', () => {
    expect(() => polygonsToMask([[0, 0, NaN, 1, 1, 1]], { width: 4, height: 4 })).toThrow(RangeError);
    expect(() => polygonsToMask([], { width: 4.5, height: 4 })).toThrow(RangeError);
  });
});

function distanceToOutline(polygon: readonly number[], x: number, y: number): number {
  let nearest = Infinity;
  for (let i = 0; i < polygon.length; i += 2) {
    const [ax, ay] = [polygon[i]!, polygon[i + 1]!];
    const j = (i + 2) % polygon.length;
    const [dx, dy] = [polygon[j]! - ax, polygon[j + 1]! - ay];
    const squared = dx * dx + dy * dy;
    const t = squared === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / squared));
    nearest = Math.min(nearest, Math.hypot(x - ax - t * dx, y - ay - t * dy));
  }
  return nearest;
}
