import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boxToImage,
  boxToModel,
  centreCropFrame,
  cropFrame,
  frameContent,
  frameRegion,
  letterboxFrame,
  rotatedCropFrame,
  stretchFrame,
  toImage,
  toModel,
} from './frames.ts';
import { imagePoint, modelPoint } from './points.ts';

const length = fc.integer({ min: 1, max: 5000 });
const size = fc.record({ width: length, height: length });
const box = fc.record({
  x: fc.integer({ min: -500, max: 5000 }),
  y: fc.integer({ min: -500, max: 5000 }),
  width: length,
  height: length,
});
const frame = fc.oneof(
  fc
    .tuple(size, size, fc.constantFrom('center' as const, 'top-left' as const))
    .map(([s, t, align]) => letterboxFrame(s, t, { align })),
  fc.tuple(size, size).map(([s, t]) => stretchFrame(s, t)),
  fc
    .tuple(size, size, fc.double({ min: 0.1, max: 1, noNaN: true }))
    .map(([s, t, fraction]) => centreCropFrame(s, t, { fraction })),
  fc.tuple(size, box, size).map(([s, b, t]) => cropFrame(s, b, t)),
);
const rotated = fc
  .tuple(size, box, size, fc.double({ min: -7, max: 7, noNaN: true }))
  .map(([s, b, target, rotationRad]) => rotatedCropFrame(s, b, { target, rotationRad }));

describe('frames', () => {
  it('toImage inverts toModel', () => {
    fc.assert(
      fc.property(
        fc.oneof(frame, rotated),
        fc.integer({ min: -500, max: 6000 }),
        fc.integer({ min: -500, max: 6000 }),
        (each, x, y) => {
          const back = toImage(each, toModel(each, imagePoint(x, y)));
          expect(back.x).toBeCloseTo(x, 4);
          expect(back.y).toBeCloseTo(y, 4);
        },
      ),
    );
  });
  it('boxToImage inverts boxToModel where nothing is turned', () => {
    fc.assert(
      fc.property(frame, box, (each, given) => {
        const back = boxToImage(each, boxToModel(each, given));
        for (const key of ['x', 'y', 'width', 'height'] as const)
          expect(back[key]).toBeCloseTo(given[key], 4);
      }),
    );
  });
  it('fill the target with their region', () => {
    fc.assert(
      fc.property(frame, (each) => {
        const filled = boxToModel(each, frameRegion(each));
        expect(filled.x).toBeCloseTo(0, 5);
        expect(filled.y).toBeCloseTo(0, 5);
        expect(filled.width).toBeCloseTo(each.targetWidth, 5);
        expect(filled.height).toBeCloseTo(each.targetHeight, 5);
      }),
    );
  });
});

describe('letterboxFrame', () => {
  it('lays the whole picture on whole pixels inside the target, touching two sides', () => {
    fc.assert(
      fc.property(
        size,
        size,
        fc.constantFrom('center' as const, 'top-left' as const),
        (source, target, align) => {
          const { x, y, width, height } = frameContent(letterboxFrame(source, target, { align }));
          expect([x, y, width, height].every(Number.isInteger)).toBe(true);
          expect(x >= 0 && y >= 0 && x + width <= target.width && y + height <= target.height).toBe(true);
          expect(width === target.width || height === target.height).toBe(true);
        },
      ),
    );
  });
  it('centres or not', () => {
    const [source, target] = [
      { width: 640, height: 480 },
      { width: 320, height: 320 },
    ];
    expect(letterboxFrame(source, target, { align: 'center' })).toMatchObject({
      scaleX: 0.5,
      scaleY: 0.5,
      offsetX: 0,
      offsetY: 40,
    });
    expect(letterboxFrame(source, target, { align: 'top-left' })).toMatchObject({ offsetX: 0, offsetY: 0 });
  });
  it('keeps at least one pixel of a thin picture', () => {
    expect(
      frameContent(
        letterboxFrame({ width: 10_000, height: 1 }, { width: 64, height: 64 }, { align: 'center' }),
      ),
    ).toEqual({ x: 0, y: 31, width: 64, height: 1 });
  });
  it.each([
    [0, 1],
    [1, 0],
    [-1, 1],
    [NaN, 1],
    [Infinity, 1],
  ])('refuses a source of %s x %s', (width, height) => {
    expect(() => letterboxFrame({ width, height }, { width: 1, height: 1 }, { align: 'center' })).toThrow(
      RangeError,
    );
    expect(() => stretchFrame({ width: 1, height: 1 }, { width, height })).toThrow(RangeError);
    expect(() =>
      cropFrame({ width: 1, height: 1 }, { x: 0, y: 0, width, height }, { width: 1, height: 1 }),
    ).toThrow(RangeError);
  });
});

describe('centreCropFrame', () => {
  it('is the card of EfficientNet-Lite0: min side * 224/256', () => {
    const cropped = centreCropFrame(
      { width: 640, height: 480 },
      { width: 224, height: 224 },
      { fraction: 224 / (224 + 32) },
    );
    expect(frameRegion(cropped)).toEqual({ x: 110, y: 30, width: 420, height: 420 });
  });
  it('may lie between pixels', () => {
    const region = frameRegion(
      centreCropFrame({ width: 3, height: 2 }, { width: 10, height: 10 }, { fraction: 0.75 }),
    );
    expect([region.x, region.y, region.width].map((value) => value.toFixed(6))).toEqual([
      '0.750000',
      '0.250000',
      '1.500000',
    ]);
  });
  it.each([0, 1.01, NaN])('refuses a fraction of %s', (fraction) => {
    expect(() => centreCropFrame({ width: 9, height: 9 }, { width: 9, height: 9 }, { fraction })).toThrow(
      RangeError,
    );
  });
});

describe('rotatedCropFrame', () => {
  const [source, target] = [
    { width: 100, height: 100 },
    { width: 50, height: 50 },
  ];
  it('without a rotation is a crop', () => {
    fc.assert(
      fc.property(box, fc.integer({ min: -99, max: 99 }), (region, x) => {
        const point = imagePoint(x, 2 * x);
        const turned = toModel(rotatedCropFrame(source, region, { target, rotationRad: 0 }), point);
        const straight = toModel(cropFrame(source, region, target), point);
        expect(turned.x).toBeCloseTo(straight.x, 6);
        expect(turned.y).toBeCloseTo(straight.y, 6);
      }),
    );
  });
  it('a quarter turn clockwise puts the top of the turned box on top', () => {
    const turned = rotatedCropFrame(
      source,
      { x: 40, y: 40, width: 20, height: 20 },
      { target, rotationRad: Math.PI / 2 },
    );
    // The upright box's top, turned clockwise, looks to the right.
    const top = toModel(turned, imagePoint(60, 50));
    expect(top.x).toBeCloseTo(25, 9);
    expect(top.y).toBeCloseTo(0, 9);
    const corner = toImage(turned, modelPoint(0, 0));
    expect([corner.x, corner.y].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([60, 40]);
  });
  it('gives the upright box around a turned one', () => {
    const turned = rotatedCropFrame(
      source,
      { x: 40, y: 40, width: 20, height: 20 },
      { target, rotationRad: Math.PI / 4 },
    );
    const around = boxToImage(turned, { x: 0, y: 0, width: 50, height: 50 });
    expect(around.width).toBeCloseTo(20 * Math.SQRT2, 9);
    expect(around.x).toBeCloseTo(50 - 10 * Math.SQRT2, 9);
  });
  it('refuses a rotation that is not finite', () => {
    expect(() =>
      rotatedCropFrame(source, { x: 0, y: 0, width: 1, height: 1 }, { target, rotationRad: NaN }),
    ).toThrow(RangeError);
  });
});
