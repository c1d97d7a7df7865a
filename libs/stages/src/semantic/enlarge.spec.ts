import type { Size } from '@fovea/geometry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enlargedAlpha, largestPlane, type Planes } from './enlarge.ts';

/** One plane enlarged to the picture, every pixel by itself. */
function enlarged({ data, width, height }: Planes, plane: number, picture: Size): Float64Array {
  const on = (pixel: number, pixels: number, points: number) => {
    const at = Math.min(points - 1, Math.max(0, ((pixel + 0.5) * points) / pixels - 0.5));
    const low = Math.min(Math.max(0, points - 2), Math.floor(at));
    return [low, Math.min(points - 1, low + 1), at - low] as const;
  };
  const at = (x: number, y: number) => data[(plane * height + y) * width + x]!;
  return Float64Array.from({ length: picture.width * picture.height }, (_, i) => {
    const [left, right, partX] = on(i % picture.width, picture.width, width);
    const [top, bottom, partY] = on(Math.floor(i / picture.width), picture.height, height);
    const first = at(left, top) * (1 - partY) + at(left, bottom) * partY;
    const second = at(right, top) * (1 - partY) + at(right, bottom) * partY;
    return first * (1 - partX) + second * partX;
  });
}

const grids = (planes: fc.Arbitrary<number>) =>
  fc
    .record({ planes, width: fc.integer({ min: 1, max: 7 }), height: fc.integer({ min: 1, max: 7 }) })
    .chain((shape) => {
      const length = shape.planes * shape.width * shape.height;
      const value = fc.oneof(fc.constantFrom(-1, 0, 0.5, 1), fc.float({ min: -9, max: 9, noNaN: true }));
      return fc
        .array(value, { minLength: length, maxLength: length })
        .map((values): Planes => ({ ...shape, data: Float32Array.from(values) }));
    });
const pictures = fc.record({
  width: fc.integer({ min: 1, max: 50 }),
  height: fc.integer({ min: 1, max: 50 }),
});

describe('largestPlane', () => {
  it('is exactly what enlarging every plane and comparing gives', async () => {
    await fc.assert(
      fc.asyncProperty(grids(fc.integer({ min: 1, max: 6 })), pictures, async (grid, picture) => {
        const all = Array.from({ length: grid.planes }, (_, plane) => enlarged(grid, plane, picture));
        const expected = all[0]!.map((_, pixel) =>
          all.reduce((best, values, plane) => (values[pixel]! > all[best]![pixel]! ? plane : best), 0),
        );
        const { ids, counts } = await largestPlane(grid, picture);
        expect([...ids]).toEqual([...expected]);
        expect(counts).toEqual(all.map((_, plane) => expected.filter((id) => id === plane).length));
      }),
      { numRuns: 500 },
    );
  });
  it('finds a plane that wins nowhere on the grid but between its points', async () => {
    const grid = { data: Float32Array.of(10, 0, 0, 10, 6, 6), planes: 3, width: 2, height: 1 };
    const { ids } = await largestPlane(grid, { width: 20, height: 1 });
    expect([...new Set(ids)]).toEqual([0, 2, 1]);
  });
  it('takes the first of equals', async () => {
    const grid = { data: new Float32Array(8).fill(3), planes: 2, width: 2, height: 2 };
    expect((await largestPlane(grid, { width: 5, height: 3 })).counts).toEqual([15, 0]);
  });
  it('gives way to others on a large picture', async () => {
    const grid = {
      data: Float32Array.from({ length: 4 * 64 }, (_, i) => i % 7),
      planes: 4,
      width: 8,
      height: 8,
    };
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const { counts } = await largestPlane(grid, { width: 2000, height: 1500 });
    isDone = true;
    expect(counts.reduce((sum, each) => sum + each)).toBe(3_000_000);
    expect(turns).toBeGreaterThan(5);
  });
  it('refuses planes that do not fill their size', async () => {
    const picture = { width: 2, height: 2 };
    const grid = { data: new Float32Array(7), planes: 2, width: 2, height: 2 };
    await expect(largestPlane(grid, picture)).rejects.toThrow('2 planes of 2 x 2 do not have 7 values');
    await expect(largestPlane({ ...grid, planes: 257 }, picture)).rejects.toThrow('1 to 256 classes');
  });
});

describe('enlargedAlpha', () => {
  const ramp = { from: 0.25, to: 0.75 };
  it('is exactly the ramp of the enlarged plane', async () => {
    await fc.assert(
      fc.asyncProperty(grids(fc.constant(1)), pictures, async (grid, picture) => {
        const expected = [...enlarged(grid, 0, picture)].map((value) =>
          Math.round(Math.min(255, Math.max(0, (value - ramp.from) * (255 / 0.5)))),
        );
        expect([...(await enlargedAlpha(grid, picture, ramp))]).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
  it('takes one plane only', () =>
    expect(
      enlargedAlpha(
        { data: new Float32Array(2), planes: 2, width: 1, height: 1 },
        { width: 1, height: 1 },
        ramp,
      ),
    ).rejects.toThrow('one plane, got 2'));
});
