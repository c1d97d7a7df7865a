import { readFile } from 'node:fs/promises';
import type { Image } from '@fovea/application';
import { imagePoint, toModel } from '@fovea/geometry';
import { beforeAll, describe, expect, it } from 'vitest';
import { cropImage, cropRotated } from './crop.ts';
import { decodeImage } from './decode.ts';

const golden = async (name: string): Promise<Image> =>
  decodeImage(await readFile(new URL(`../../../test/fixtures/imaging/${name}.png`, import.meta.url)));
const meanDifference = (a: Uint8Array, b: Uint8Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
};
const pixelOf = (image: Image, x: number, y: number): number[] => [
  ...image.rgb.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
];
const solid = (width: number, height: number, value: number): Image => ({
  rgb: new Uint8Array(width * height * 3).fill(value),
  width,
  height,
});

let source: Image;
beforeAll(async () => {
  source = await golden('source-161x121');
});

describe('cropImage', () => {
  it('gives the pixels as they are without a target, also of an uneven box', async () => {
    const crop = await cropImage(source, { x: 9.7, y: 20.2, width: 30.4, height: 12.6 });
    expect(crop).toMatchObject({ width: 30, height: 13 });
    for (const [x, y] of [
      [0, 0],
      [29, 12],
      [7, 3],
    ] as const)
      expect(pixelOf(crop, x, y)).toEqual(pixelOf(source, 10 + x, 20 + y));
  });

  it('is the whole picture for the whole box', async () => {
    const crop = await cropImage(source, { x: 0, y: 0, width: 161, height: 121 });
    expect(meanDifference(crop.rgb, source.rgb)).toBe(0);
  });

  it('pads what lies outside, on every side', async () => {
    const crop = await cropImage(
      solid(10, 10, 200),
      { x: -5, y: -5, width: 20, height: 20 },
      { width: 40, height: 40, padValue: 127 },
    );
    expect(
      [
        pixelOf(crop, 0, 20),
        pixelOf(crop, 9, 20),
        pixelOf(crop, 10, 20),
        pixelOf(crop, 29, 20),
        pixelOf(crop, 30, 20),
      ].map(([red]) => red),
    ).toEqual([127, 127, 200, 200, 127]);
    expect(
      [pixelOf(crop, 20, 9), pixelOf(crop, 20, 10), pixelOf(crop, 20, 29), pixelOf(crop, 20, 30)].map(
        ([red]) => red,
      ),
    ).toEqual([127, 200, 200, 127]);
    const beside = await cropImage(
      solid(10, 10, 200),
      { x: 50, y: 0, width: 5, height: 5 },
      { padValue: [1, 2, 3] },
    );
    expect(pixelOf(beside, 4, 4)).toEqual([1, 2, 3]);
  });

  it('stretches a box to the target', async () => {
    const side = (121 * 56) / 64;
    const box = { x: (161 - side) / 2, y: (121 - side) / 2, width: side, height: side };
    const crop = await cropImage(source, box, { width: 56, height: 56, kernel: 'bilinear' });
    expect(meanDifference(crop.rgb, (await golden('pillow-bilinear-box-56x56')).rgb)).toBeLessThan(0.3);
    expect(toModel(crop.frame, imagePoint(box.x, box.y))).toEqual({ x: 0, y: 0 });
  });

  it('names a box without a size', async () => {
    await expect(
      cropImage(source, { x: 0, y: 0, width: 0, height: 5 }, { width: 9, height: 9 }),
    ).rejects.toThrow(RangeError);
  });
});

describe('cropRotated', () => {
  it('agrees with Pillow', async () => {
    const box = { centreX: 80, centreY: 60, width: 70, height: 70, angleRad: Math.PI / 6 };
    const crop = await cropRotated(source, box, { width: 48, height: 48 });
    expect(meanDifference(crop.rgb, (await golden('pillow-rotated-48x48')).rgb)).toBeLessThan(1);
  });

  it('not turned, at its own size, is the pixels themselves', async () => {
    const crop = await cropRotated(
      source,
      { centreX: 40, centreY: 30, width: 20, height: 10, angleRad: 0 },
      { width: 20, height: 10 },
    );
    expect(pixelOf(crop, 0, 0)).toEqual(pixelOf(source, 30, 25));
    expect(pixelOf(crop, 19, 9)).toEqual(pixelOf(source, 49, 34));
  });

  it('turned by a right angle clockwise: what was above the box’s right is its top', async () => {
    const crop = await cropRotated(
      source,
      { centreX: 50, centreY: 50, width: 20, height: 20, angleRad: Math.PI / 2 },
      { width: 20, height: 20 },
    );
    // The box's own right points down in the picture, its down to the left.
    expect(pixelOf(crop, 0, 0)).toEqual(pixelOf(source, 59, 40));
    expect(pixelOf(crop, 19, 0)).toEqual(pixelOf(source, 59, 59));
    const { x, y } = toModel(crop.frame, imagePoint(59.5, 40.5));
    expect([x, y].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([0.5, 0.5]);
  });

  it('outside is the pad value, or the edge goes on', async () => {
    const image = solid(20, 20, 100);
    const box = { centreX: 0, centreY: 10, width: 20, height: 20, angleRad: 0.3 };
    const target = { width: 20, height: 20 };
    expect(pixelOf(await cropRotated(image, box, { ...target, padValue: [9, 8, 7] }), 0, 10)).toEqual([
      9, 8, 7,
    ]);
    const clamped = await cropRotated(image, box, { ...target, outside: 'clamp' });
    expect(clamped.rgb.every((value) => value === 100)).toBe(true);
    const away = { centreX: 500, centreY: 500, width: 90, height: 90, angleRad: 1 };
    expect(
      (await cropRotated(image, away, { ...target, padValue: 5 })).rgb.every((value) => value === 5),
    ).toBe(true);
    expect(
      (await cropRotated(image, away, { ...target, outside: 'clamp' })).rgb.every((value) => value === 100),
    ).toBe(true);
  });

  it('a fine pattern shrunk far is its mean, not an alias', async () => {
    const stripes = solid(400, 400, 0);
    for (let at = 0; at < stripes.rgb.length; at += 6) stripes.rgb.fill(255, at, at + 3);
    const crop = await cropRotated(
      stripes,
      { centreX: 200, centreY: 200, width: 250, height: 250, angleRad: 0.7 },
      { width: 25, height: 25 },
    );
    expect(crop.rgb.every((value) => Math.abs(value - 127.5) < 8)).toBe(true);
  });

  it('wrong use and abort', async () => {
    const box = { centreX: 5, centreY: 5, width: 5, height: 5, angleRad: 0 };
    await expect(
      cropRotated(source, { ...box, angleRad: Number.NaN }, { width: 5, height: 5 }),
    ).rejects.toThrow(RangeError);
    await expect(cropRotated(source, box, { width: 0, height: 5 })).rejects.toThrow(RangeError);
    await expect(
      cropRotated(source, box, { width: 5, height: 5, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
