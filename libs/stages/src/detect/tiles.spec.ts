import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSightings, type Sighting } from './merge.ts';
import { planTiles } from './tiles.ts';

const size = fc.record({
  width: fc.integer({ min: 1, max: 3000 }),
  height: fc.integer({ min: 1, max: 3000 }),
});
const grid = fc.record({
  side: fc.integer({ min: 64, max: 700 }),
  overlap: fc.integer({ min: 0, max: 9 }).map((n) => n / 10),
});
const all = (plan: ReturnType<typeof planTiles>) =>
  Array.from({ length: plan.count }, (_, i) => plan.tile(i));

describe('planTiles', () => {
  it('covers the picture with tiles of one size, inside it, neighbours sharing at least the overlap', () =>
    fc.assert(
      fc.property(size, grid, (picture, { side, overlap }) => {
        const plan = planTiles(picture, { side, overlap });
        fc.pre(plan.count <= 5000);
        const tiles = all(plan);
        for (const { x, y, width, height } of tiles) {
          expect([width, height]).toEqual([Math.min(side, picture.width), Math.min(side, picture.height)]);
          expect(x >= 0 && y >= 0 && x + width <= picture.width && y + height <= picture.height).toBe(true);
        }
        for (const [axis, extent] of [
          ['x', 'width'],
          ['y', 'height'],
        ] as const) {
          const starts = [...new Set(tiles.map((tile) => tile[axis]))].sort((a, b) => a - b);
          expect(starts[0]).toBe(0);
          expect((starts.at(-1) as number) + Math.min(side, picture[extent])).toBe(picture[extent]);
          const steps = starts.slice(1).map((start, i) => start - (starts[i] as number));
          // The product may lie a rounding below a whole number.
          expect(Math.max(0, ...steps)).toBeLessThanOrEqual(Math.max(1, side * (1 - overlap) + 1e-9));
        }
        expect(new Set(tiles.map(({ x, y }) => `${x} ${y}`)).size).toBe(plan.count);
      }),
    ));
  it('moves the last tile back into the picture', () =>
    expect(
      all(planTiles({ width: 1000, height: 600 }, { side: 640, overlap: 0.2 })).map(({ x }) => x),
    ).toEqual([0, 360]));
  it('counts without making them', () =>
    expect(planTiles({ width: 10_000, height: 10_000 }, { side: 64, overlap: 0.9 }).count).toBe(1657 ** 2));
  it('refuses nonsense', () => {
    expect(() => planTiles({ width: 9, height: 9 }, { side: 0, overlap: 0 })).toThrow(RangeError);
    expect(() => planTiles({ width: 9, height: 9 }, { side: 9, overlap: 1 })).toThrow(RangeError);
  });
});

const picture = { width: 1152, height: 640 };
const left = { x: 0, y: 0, width: 640, height: 640 };
const right = { x: 512, y: 0, width: 640, height: 640 };
const whole = { x: 0, y: 0, ...picture };
const seen = (
  region: Sighting['region'],
  box: [number, number, number, number],
  score = 0.5,
  classId = 0,
): Sighting => {
  const [x, y, width, height] = box;
  return { region, detection: { label: `class ${classId}`, classId, score, box: { x, y, width, height } } };
};
const boxes = (sightings: Sighting[], classAware = true) =>
  mergeSightings(sightings, { picture, classAware }).map(({ box, score }) => [
    box.x,
    box.y,
    box.width,
    box.height,
    score,
  ]);

describe('mergeSightings', () => {
  it('makes one of an object that a border cut', () =>
    expect(boxes([seen(left, [300, 100, 340, 200], 0.6), seen(right, [512, 104, 488, 200], 0.8)])).toEqual([
      [300, 104, 700, 200, 0.8],
    ]));
  it('makes one of what two tiles saw whole', () =>
    expect(boxes([seen(left, [530, 100, 60, 60], 0.6), seen(right, [532, 100, 60, 60], 0.8)])).toEqual([
      [532, 100, 60, 60, 0.8],
    ]));
  it('gives the parts of a large object to the whole', () =>
    expect(
      boxes([
        seen(whole, [100, 50, 1000, 500], 0.5),
        seen(left, [98, 50, 542, 505], 0.9),
        seen(right, [512, 300, 300, 340], 0.4),
      ]),
    ).toEqual([[98, 50, 1002, 505, 0.9]]));
  it('keeps a small object before a large one of its kind, and neighbours', () =>
    expect(
      boxes([
        seen(whole, [100, 50, 1000, 500], 0.9),
        seen(left, [200, 300, 50, 80], 0.8),
        seen(left, [470, 200, 70, 100], 0.7),
        seen(right, [540, 200, 70, 100], 0.6),
      ]),
    ).toHaveLength(4));
  it('joins other labels only where it is told to', () => {
    const sightings = [seen(left, [530, 100, 60, 60], 0.6, 1), seen(right, [530, 100, 60, 60], 0.8, 2)];
    expect(boxes(sightings)).toHaveLength(2);
    expect(boxes(sightings, false)).toEqual([[530, 100, 60, 60, 0.8]]);
  });
  it('gives back an object of any place once, however many tiles saw a part of it, and in any order', () =>
    fc.assert(
      fc.property(
        grid,
        fc.record({
          x: fc.integer({ min: 0, max: 900 }),
          y: fc.integer({ min: 0, max: 900 }),
          width: fc.integer({ min: 20, max: 500 }),
          height: fc.integer({ min: 20, max: 500 }),
        }),
        fc.infiniteStream(fc.nat(1000)),
        ({ side, overlap }, box, random) => {
          const size = { width: 1400, height: 1400 };
          const plan = planTiles(size, { side, overlap });
          fc.pre(plan.count <= 400 && overlap >= 0.2);
          const views = all(plan).flatMap((region) => {
            const [x, y] = [Math.max(box.x, region.x), Math.max(box.y, region.y)];
            const width = Math.min(box.x + box.width, region.x + region.width) - x;
            const height = Math.min(box.y + box.height, region.y + region.height) - y;
            return width > 0 && height > 0
              ? [seen(region, [x, y, width, height], 0.5 + (random.next().value as number) / 2001)]
              : [];
          });
          const merged = mergeSightings(views, { picture: size });
          expect(merged).toHaveLength(1);
          const [one] = merged;
          // A side that lies within 2 % of a tile's end counts as cut there.
          for (const name of ['x', 'y', 'width', 'height'] as const)
            expect(Math.abs((one?.box[name] as number) - box[name])).toBeLessThanOrEqual(0.04 * side + 1);
          expect(one?.score).toBe(Math.max(...views.map(({ detection }) => detection.score)));
          expect(mergeSightings(views.toReversed(), { picture: size })).toEqual(merged);
        },
      ),
    ));
  it('has nothing to merge in nothing', () => expect(boxes([])).toEqual([]));
});
