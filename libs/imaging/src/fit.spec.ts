import { readFile } from 'node:fs/promises';
import type { Image } from '@fovea/application';
import { imagePoint, toImage, toModel, modelPoint } from '@fovea/geometry';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from './decode.ts';
import { fitImage } from './fit.ts';
import { planReduction, reduce } from './reduce.ts';
import { resample, type Kernel } from './resample.ts';

const golden = async (name: string): Promise<Image> =>
  decodeImage(await readFile(new URL(`../../../test/fixtures/imaging/${name}.png`, import.meta.url)));
const sample = async (name: string): Promise<Image> =>
  decodeImage(await readFile(new URL(`../../../test/fixtures/samples/${name}.jpg`, import.meta.url)));
const meanDifference = (a: Uint8Array, b: Uint8Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
};
const solid = (width: number, height: number, value: number): Image => ({
  rgb: new Uint8Array(width * height * 3).fill(value),
  width,
  height,
});
/** Red grows with x, green with y. */
const ramp = (width: number, height: number): Image => {
  const rgb = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      rgb.set(
        [Math.round((x / (width - 1)) * 255), Math.round((y / (height - 1)) * 255), 0],
        (y * width + x) * 3,
      );
  return { rgb, width, height };
};

let source: Image;
beforeAll(async () => {
  source = await golden('source-161x121');
});

/** What libvips makes of a box, or undefined where it cannot. */
function reduceNatively(...[image, box, how]: Parameters<typeof resample>): Promise<Uint8Array> | undefined {
  const plan = planReduction(image, box, how);
  return plan && reduce(image, plan, undefined);
}

describe('agreement with Pillow', () => {
  const side = (121 * 56) / 64;
  const square = { x: (161 - side) / 2, y: (121 - side) / 2, width: side, height: side };
  const whole = { x: 0, y: 0, width: 161, height: 121 };

  it.each([
    ['bicubic', 'down-57x41'],
    ['bilinear', 'down-57x41'],
    ['lanczos', 'down-57x41'],
    ['area', 'down-57x41'],
    ['bicubic', 'box-56x56'],
    ['bilinear', 'box-56x56'],
    ['lanczos', 'box-56x56'],
    ['area', 'box-56x56'],
    ['bicubic', 'up-203x150'],
    ['bilinear', 'up-203x150'],
    ['nearest', 'up-203x150'],
    ['bicubic', 'mixed-40x150'],
    ['bicubic', 'far-11x9'],
    ['bilinear', 'far-11x9'],
  ] as const)('the exact resampler: %s %s, to the bit', async (kernel, name) => {
    const { rgb, width, height } = await golden(`pillow-${kernel}-${name}`);
    const ours = await resample(source, name.startsWith('box') ? square : whole, { width, height, kernel });
    expect(meanDifference(ours, rgb)).toBe(0);
  });

  it.each([
    ['bicubic', 'down-57x41'],
    ['bilinear', 'down-57x41'],
    ['lanczos', 'down-57x41'],
    ['bicubic', 'box-56x56'],
    ['bilinear', 'box-56x56'],
    ['lanczos', 'box-56x56'],
  ] as const)('the native one: %s %s, within 0.3 grey levels', async (kernel, name) => {
    const { rgb, width, height } = await golden(`pillow-${kernel}-${name}`);
    const ours = await reduceNatively(source, name.startsWith('box') ? square : whole, {
      width,
      height,
      kernel,
    });
    expect(meanDifference(ours!, rgb)).toBeLessThan(0.3);
  });

  it.each(['bicubic', 'bilinear', 'lanczos'] as const)(
    'the native one at 3 to 6 source pixels to one: %s',
    async (kernel) => {
      const image = await sample('coffee');
      for (const target of [160, 100]) {
        const box = { x: 0, y: 0, width: image.width, height: image.height };
        const how = { width: target, height: target, kernel };
        const native = await reduceNatively(image, box, how);
        expect(meanDifference(native!, await resample(image, box, how)), `${target}`).toBeLessThan(1);
      }
    },
  );

  it('fitImage: crop, letterbox and stretch', async () => {
    const crop = await fitImage(source, {
      mode: 'centre-crop',
      width: 56,
      height: 56,
      cropFraction: 56 / 64,
    });
    expect(meanDifference(crop.rgb, (await golden('pillow-bicubic-box-56x56')).rgb)).toBeLessThan(0.3);
    const boxed = await fitImage(source, {
      mode: 'letterbox',
      width: 64,
      height: 64,
      kernel: 'bilinear',
      padValue: 114,
    });
    expect(meanDifference(boxed.rgb, (await golden('pillow-letterbox-64x64')).rgb)).toBeLessThan(0.3);
    const stretched = await fitImage(source, { mode: 'stretch', width: 57, height: 41, kernel: 'area' });
    expect(meanDifference(stretched.rgb, (await golden('pillow-area-down-57x41')).rgb)).toBe(0);
  });
});

describe('the native path', () => {
  const box = { x: 0.5, y: 0.5, width: 300, height: 300 };
  it('is taken where its grid hits a box between pixels', async () => {
    const image = await sample('coffee');
    const fractional = { x: 87.5, y: 24.9375, width: 350.125, height: 350.125 };
    const how = { width: 224, height: 224, kernel: 'bicubic' } as const;
    const native = await reduceNatively(image, fractional, how);
    expect(meanDifference(native!, await resample(image, fractional, how))).toBeLessThan(0.5);
  });
  it('is left where it cannot: enlarging, no such kernel, a grid that never hits', () => {
    const image = solid(301, 301, 9);
    expect(
      reduceNatively(image, { ...box, width: 50, height: 50 }, { width: 60, height: 60, kernel: 'bicubic' }),
    ).toBeUndefined();
    expect(reduceNatively(image, box, { width: 100, height: 100, kernel: 'area' })).toBeUndefined();
    expect(reduceNatively(image, box, { width: 300, height: 300, kernel: 'bicubic' })).toBeUndefined();
  });
});

describe('fitImage', () => {
  it.each(['bicubic', 'bilinear', 'lanczos', 'nearest', 'area'] as const)(
    '%s keeps a flat colour flat, however it scales',
    async (kernel) => {
      for (const [width, height] of [
        [1, 1],
        [3, 2000],
        [500, 300],
        [20, 1],
      ] as const)
        for (const mode of ['centre-crop', 'stretch', 'resize-short-side'] as const) {
          const { rgb } = await fitImage(solid(width, height, 77), { mode, width: 32, height: 24, kernel });
          expect(rgb.length).toBe(32 * 24 * 3);
          expect(
            rgb.every((value) => Math.abs(value - 77) <= 1),
            `${mode} ${width} x ${height}`,
          ).toBe(true);
        }
    },
  );

  it.each([
    ['centre-crop', { cropFraction: 0.8 }],
    ['letterbox', {}],
    ['letterbox', { align: 'top-left' }],
    ['stretch', {}],
    ['resize-short-side', { shortSide: 150 }],
  ] as const)('%s: the frame tells where every pixel came from %o', async (mode, extra) => {
    for (const [width, height] of [
      [641, 480],
      [90, 120],
    ] as const)
      for (const kernel of ['bilinear', 'bicubic', 'nearest'] as Kernel[]) {
        const { rgb, frame } = await fitImage(ramp(width, height), {
          mode,
          width: 128,
          height: 96,
          kernel,
          ...extra,
        });
        const corner = toModel(frame, imagePoint(width / 2, height / 2));
        for (const [dx, dy] of [
          [0, 0],
          [-20, 10],
          [15, -18],
        ] as const) {
          const [u, v] = [Math.floor(corner.x) + dx, Math.floor(corner.y) + dy];
          const { x, y } = toImage(frame, modelPoint(u + 0.5, v + 0.5));
          const at = (v * 128 + u) * 3;
          // Nearest may be half a pixel off, and a level of red is up to 2.5 pixels.
          expect(Math.abs(rgb[at]! - ((x - 0.5) / (width - 1)) * 255)).toBeLessThan(2);
          expect(Math.abs(rgb[at + 1]! - ((y - 0.5) / (height - 1)) * 255)).toBeLessThan(2);
        }
      }
  });

  it('letterbox pads with the colour, on the side asked for', async () => {
    const wide = solid(40, 10, 200);
    const centred = await fitImage(wide, { mode: 'letterbox', width: 20, height: 20, padValue: [1, 2, 3] });
    expect([...centred.rgb.subarray(0, 3)]).toEqual([1, 2, 3]);
    expect([...centred.rgb.subarray(10 * 60, 10 * 60 + 3)]).toEqual([200, 200, 200]);
    expect([...centred.rgb.subarray(19 * 60, 19 * 60 + 3)]).toEqual([1, 2, 3]);
    const top = await fitImage(wide, { mode: 'letterbox', width: 20, height: 20, align: 'top-left' });
    expect([top.rgb[0], top.rgb[4 * 60], top.rgb[5 * 60]]).toEqual([200, 200, 0]);
  });

  it('a short side shorter than the target is padded, not stretched', async () => {
    const { rgb, frame } = await fitImage(solid(100, 100, 50), {
      mode: 'resize-short-side',
      width: 20,
      height: 20,
      shortSide: 10,
    });
    expect(frame.scaleX).toBeCloseTo(0.1);
    expect([rgb[0], rgb[(10 * 20 + 10) * 3]]).toEqual([0, 50]);
  });

  it('gives way to the event loop while it works on a large picture', async () => {
    let turns = 0;
    const fitting = fitImage(solid(2000, 1500, 9), {
      mode: 'stretch',
      width: 224,
      height: 224,
      kernel: 'area',
    });
    const count = setInterval(() => (turns += 1), 0);
    await fitting;
    clearInterval(count);
    expect(turns).toBeGreaterThan(0);
  });

  it('stops between turns when it is aborted', async () => {
    const controller = new AbortController();
    const fitting = fitImage(solid(2000, 1500, 9), {
      mode: 'stretch',
      width: 224,
      height: 224,
      kernel: 'area',
      signal: controller.signal,
    });
    setImmediate(() => controller.abort());
    await expect(fitting).rejects.toMatchObject({ code: 'CANCELLED' });
    const aborted = AbortSignal.abort();
    await expect(
      fitImage(source, { mode: 'stretch', width: 9, height: 9, signal: aborted }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('wrong use is named', async () => {
    const target = { width: 10, height: 10 };
    await expect(fitImage(source, { mode: 'stretch', width: 0, height: 10 })).rejects.toThrow(/target width/);
    await expect(fitImage(source, { mode: 'stretch', width: 1.5, height: 10 })).rejects.toThrow(RangeError);
    await expect(fitImage(source, { mode: 'centre-crop', cropFraction: 1.1, ...target })).rejects.toThrow(
      /cropFraction/,
    );
    await expect(fitImage(source, { mode: 'resize-short-side', shortSide: 0, ...target })).rejects.toThrow(
      /shortSide/,
    );
    await expect(fitImage(source, { mode: 'zoom' as 'stretch', ...target })).rejects.toThrow(
      /mode must be one of/,
    );
    await expect(
      fitImage(source, { mode: 'stretch', kernel: 'cubic' as 'bicubic', ...target }),
    ).rejects.toThrow(/kernel must be one of/);
    await expect(fitImage({ ...source, width: 160 }, { mode: 'stretch', ...target })).rejects.toThrow(
      /needs 58080 bytes/,
    );
  });
});
