import type { Box } from '@fovea/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Size } from './boxes.ts';
import { decodeMask, encodeMask, maskArea, maskBox } from './masks.ts';
import { pasteMask, type MaskGrid } from './paste.ts';

/** Pixel by pixel, as one would do it first. */
function plain(
  grid: MaskGrid,
  { region, picture, threshold = 0.5 }: { region: Box; picture: Size; threshold?: number },
): Uint8Array {
  const on = (centre: number, start: number, axis: { side: number; points: number }) => {
    const { side, points } = axis;
    const at = Math.min(points - 1, Math.max(0, ((centre - start) * points) / side - 0.5));
    const low = Math.min(Math.max(0, points - 2), Math.floor(at));
    return { low, high: Math.min(points - 1, low + 1), part: at - low };
  };
  const mix = (a: number, b: number, part: number) => a + (b - a) * part;
  const bitmap = new Uint8Array(picture.width * picture.height);
  for (let y = 0; y < picture.height; y++)
    for (let x = 0; x < picture.width; x++) {
      const [centreX, centreY] = [x + 0.5, y + 0.5];
      if (centreX < region.x || centreX > region.x + region.width) continue;
      if (centreY < region.y || centreY > region.y + region.height) continue;
      const across = on(centreX, region.x, { side: region.width, points: grid.width });
      const down = on(centreY, region.y, { side: region.height, points: grid.height });
      const row = (index: number) =>
        mix(
          grid.data[index * grid.width + across.low]!,
          grid.data[index * grid.width + across.high]!,
          across.part,
        );
      if (mix(row(down.low), row(down.high), down.part) > threshold) bitmap[y * picture.width + x] = 1;
    }
  return bitmap;
}

const sides = { min: 1, max: 40 };
const quarter = (min: number, max: number) => fc.integer({ min: min * 4, max: max * 4 }).map((n) => n / 4);
const cases = fc
  .record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    picture: fc.record({ width: fc.integer(sides), height: fc.integer(sides) }),
    region: fc.record({
      x: quarter(-30, 45),
      y: fc.oneof(quarter(-30, 45), fc.double({ min: -30, max: 45, noNaN: true })),
      width: fc.oneof(quarter(1, 60), fc.double({ min: 0.01, max: 60, noNaN: true })),
      height: quarter(1, 90),
    }),
  })
  .chain(({ width, height, ...rest }) =>
    fc.record({
      ...{ picture: fc.constant(rest.picture), region: fc.constant(rest.region) },
      grid: fc
        .array(fc.oneof(fc.constantFrom(0, 0.25, 0.5, 0.75, 1), fc.float({ min: 0, max: 1, noNaN: true })), {
          minLength: width * height,
          maxLength: width * height,
        })
        .map((values): MaskGrid => ({ data: Float32Array.from(values), width, height })),
    }),
  );

describe('pasteMask', () => {
  it('gives the very mask of the plain way', () => {
    fc.assert(
      fc.property(cases, ({ grid, region, picture }) => {
        const bitmap = plain(grid, { region, picture });
        const expected = bitmap.includes(1) ? encodeMask(bitmap, picture.width, picture.height) : undefined;
        expect(pasteMask(grid, { region, picture })).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });
  it('gives the very mask of the plain way for a large stretch of a smooth grid', () => {
    const data = Float32Array.from(
      { length: 128 * 128 },
      (_, i) => 0.5 + 0.5 * Math.sin((i % 128) / 9) * Math.cos(i / 128 / 7),
    );
    const options = {
      region: { x: -20.3, y: 11.7, width: 700.1, height: 903.4 },
      picture: { width: 640, height: 800 },
    };
    const grid = { data, width: 128, height: 128 };
    const mask = pasteMask(grid, options)!;
    expect(mask).toEqual(encodeMask(plain(grid, options), 640, 800));
    expect(maskArea(mask)).toBeGreaterThan(100_000);
  });
  it('fills a picture that lies in the region', () => {
    const grid = { data: new Float32Array(4).fill(1), width: 2, height: 2 };
    const mask = pasteMask(grid, {
      region: { x: -5, y: -5, width: 20, height: 20 },
      picture: { width: 3, height: 2 },
    });
    expect(mask).toEqual({ size: [2, 3], counts: encodeMask(new Uint8Array(6).fill(1), 3, 2).counts });
  });
  it('joins what ends at the foot of a column with the head of the next', () => {
    const grid = { data: Float32Array.of(1, 1, 0, 1, 1, 0), width: 3, height: 2 };
    const mask = pasteMask(grid, {
      region: { x: 0, y: 0, width: 3, height: 2 },
      picture: { width: 3, height: 2 },
    })!;
    expect(decodeMask(mask)).toEqual(Uint8Array.of(1, 1, 0, 1, 1, 0));
    expect(mask.counts).toBe('042');
  });
  it('meets strips of one pixel', () => {
    const grid = { data: new Float32Array(128 * 128).fill(0.9), width: 128, height: 128 };
    const upright = pasteMask(grid, {
      region: { x: -0.125, y: 10, width: 1.25, height: 50 },
      picture: { width: 1, height: 4000 },
    })!;
    expect(maskBox(upright)).toEqual({ x: 0, y: 10, width: 1, height: 50 });
    const level = pasteMask(grid, {
      region: { x: 10, y: -0.125, width: 50, height: 1.25 },
      picture: { width: 4000, height: 1 },
    })!;
    expect(maskBox(level)).toEqual({ x: 10, y: 0, width: 50, height: 1 });
  });
  it('is nothing where no value is over the threshold, or no pixel in the region', () => {
    const picture = { width: 8, height: 8 };
    const half = { data: new Float32Array(4).fill(0.5), width: 2, height: 2 };
    const region = { x: 1, y: 1, width: 4, height: 4 };
    expect(pasteMask(half, { region, picture })).toBeUndefined();
    expect(maskArea(pasteMask(half, { region, picture, threshold: 0.4 })!)).toBe(16);
    const full = { ...half, data: new Float32Array(4).fill(1) };
    expect(pasteMask(full, { region: { ...region, x: 30 }, picture })).toBeUndefined();
    expect(pasteMask(full, { region: { x: 1.6, y: 1.6, width: 0.5, height: 0.5 }, picture })).toBeUndefined();
  });
  it('refuses a grid or a region without a size', () => {
    const picture = { width: 8, height: 8 };
    const grid = { data: new Float32Array(3), width: 2, height: 2 };
    expect(() => pasteMask(grid, { region: { x: 0, y: 0, width: 4, height: 4 }, picture })).toThrow(
      'a grid of 2 x 2 does not have 3 values',
    );
    expect(() =>
      pasteMask(
        { ...grid, data: new Float32Array(4) },
        { region: { x: 0, y: 0, width: 0, height: 4 }, picture },
      ),
    ).toThrow('region must have a positive size, got 0 x 4');
  });
});
