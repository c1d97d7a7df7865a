import { readFile } from 'node:fs/promises';
import type { Image } from '@fovea/application';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode.ts';
import { encodeImage, ENCODE_FORMATS, thumbnail } from './encode.ts';
import { sharp } from './native.ts';
import { renderOverlay } from './overlay.ts';
import { sniffMedia } from './sniff.ts';

const sample = async (name: string): Promise<Buffer> =>
  readFile(new URL(`../../../test/fixtures/samples/${name}.jpg`, import.meta.url));
const meanDifference = (a: Uint8Array, b: Uint8Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
};
const solid = (width: number, height: number, value: number): Image => ({
  rgb: new Uint8Array(width * height * 3).fill(value),
  width,
  height,
});
const pixelOf = (image: Image, x: number, y: number): number[] => [
  ...image.rgb.subarray((y * image.width + x) * 3, (y * image.width + x) * 3 + 3),
];

describe('encodeImage', () => {
  it.each(ENCODE_FORMATS)('%s comes back', async (format) => {
    const image = await decodeImage(await sample('coffee'));
    const { bytes, ...rest } = await encodeImage(image, { format });
    expect(rest).toEqual({ mime: `image/${format}`, width: image.width, height: image.height });
    expect(sniffMedia(bytes)?.mime).toBe(`image/${format}`);
    expect(meanDifference((await decodeImage(bytes)).rgb, image.rgb)).toBeLessThan(
      format === 'png' ? 1e-9 : 4,
    );
  });
  it('a lower quality is smaller', async () => {
    const image = await decodeImage(await sample('coffee'));
    const [low, high] = await Promise.all(
      [20, 95].map((quality) => encodeImage(image, { format: 'jpeg', quality })),
    );
    expect(low!.bytes.length).toBeLessThan(high!.bytes.length / 3);
  });
  it('wrong use is named', async () => {
    const image = solid(2, 2, 0);
    await expect(encodeImage(image, { format: 'bmp' as 'png' })).rejects.toThrow(/format must be one of/);
    await expect(encodeImage(image, { format: 'jpeg', quality: 0 })).rejects.toThrow(/quality/);
    await expect(encodeImage(solid(16_384, 1, 0), { format: 'webp' })).rejects.toThrow(/at most 16383/);
    await expect(encodeImage({ ...image, width: 3 }, { format: 'png' })).rejects.toThrow(/needs 18 bytes/);
    await expect(encodeImage(image, { format: 'png', signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});

describe('thumbnail', () => {
  it('is a WebP of the size, turned as seen', async () => {
    const turned = await sharp(await sample('coffee'))
      .resize(300, 200)
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const { bytes, ...rest } = await thumbnail(turned, { size: 150 });
    expect(rest).toEqual({ mime: 'image/webp', width: 100, height: 150 });
    expect(await decodeImage(bytes)).toMatchObject({
      format: 'webp',
      width: 100,
      height: 150,
      orientation: 1,
    });
  });
  it('is never larger than the picture, nor of no pixels', async () => {
    const png = async (width: number, height: number) =>
      (await encodeImage(solid(width, height, 9), { format: 'png' })).bytes;
    expect(await thumbnail(await png(20, 10))).toMatchObject({ width: 20, height: 10 });
    expect(await thumbnail(await png(1, 2000), { size: 100 })).toMatchObject({ width: 1, height: 100 });
  });
  it('refuses what decoding refuses', async () => {
    await expect(thumbnail(new Uint8Array())).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' });
    await expect(thumbnail(await sample('coffee'), { maxPixels: 100 })).rejects.toMatchObject({
      code: 'IMAGE_TOO_LARGE',
    });
    await expect(thumbnail(Buffer.from('<svg/>'))).rejects.toMatchObject({ code: 'UNSUPPORTED_MEDIA' });
    await expect(thumbnail((await sample('coffee')).subarray(0, 9000), { size: 32 })).rejects.toMatchObject({
      code: 'IMAGE_CORRUPT',
    });
    await expect(thumbnail(await sample('coffee'), { size: 0 })).rejects.toThrow(RangeError);
  });
});

describe('renderOverlay', () => {
  const svg = (width: number, height: number, inner: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${inner}</svg>`;

  it('lays the drawing over the picture, and leaves the rest as it was', async () => {
    const picture = await encodeImage(solid(60, 40, 200), { format: 'png' });
    const drawing = svg(60, 40, '<rect x="10" y="10" width="20" height="10" fill="#ff0000"/>');
    const { bytes, ...rest } = await renderOverlay({ picture: picture.bytes, svg: drawing });
    expect(rest).toEqual({ mime: 'image/png', width: 60, height: 40 });
    const image = await decodeImage(bytes);
    expect([
      pixelOf(image, 9, 15),
      pixelOf(image, 10, 15),
      pixelOf(image, 29, 15),
      pixelOf(image, 30, 15),
    ]).toEqual([
      [200, 200, 200],
      [255, 0, 0],
      [255, 0, 0],
      [200, 200, 200],
    ]);
  });

  it('draws on the picture as seen, from bytes or a decoded picture, in any format', async () => {
    const turned = await sharp(await sample('coffee'))
      .resize(300, 200)
      .withMetadata({ orientation: 8 })
      .jpeg()
      .toBuffer();
    const drawing = svg(200, 300, '<rect x="0" y="250" width="200" height="50" fill="#00ff00"/>');
    for (const format of ENCODE_FORMATS)
      for (const picture of [turned, await decodeImage(turned)]) {
        const image = await decodeImage((await renderOverlay({ picture, svg: drawing, format })).bytes);
        expect(image).toMatchObject({ format, width: 200, height: 300 });
        const [red, green] = pixelOf(image, 100, 290);
        expect([red! < 40, green! > 220]).toEqual([true, true]);
      }
  });

  it('shrinks a large picture, and the drawing stays sharp with it', async () => {
    const drawing = svg(400, 200, '<rect x="200" y="0" width="200" height="200" fill="#000"/>');
    const { bytes, ...rest } = await renderOverlay({
      picture: solid(400, 200, 255),
      svg: drawing,
      maxSide: 100,
    });
    expect(rest).toMatchObject({ width: 100, height: 50 });
    const image = await decodeImage(bytes);
    expect([pixelOf(image, 49, 25)[0], pixelOf(image, 50, 25)[0]]).toEqual([255, 0]);
  });

  it('draws text', async () => {
    const drawing = svg(
      120,
      40,
      '<text x="4" y="30" font-size="28" font-family="sans-serif" fill="#000">Wq</text>',
    );
    const image = await decodeImage(
      (await renderOverlay({ picture: solid(120, 40, 255), svg: drawing })).bytes,
    );
    expect(image.rgb.filter((value) => value < 64).length).toBeGreaterThan(100);
  });

  it('opens nothing that the drawing names', async () => {
    const address = new URL('../../../test/fixtures/samples/coffee.jpg', import.meta.url).href;
    const drawing = svg(20, 20, `<image href="${address}" width="20" height="20"/>`);
    const image = await decodeImage(
      (await renderOverlay({ picture: solid(20, 20, 255), svg: drawing })).bytes,
    );
    expect(image.rgb.every((value) => value === 255)).toBe(true);
  });

  it('refuses what decoding refuses, and wrong use', async () => {
    const drawing = svg(9, 9, '');
    await expect(renderOverlay({ picture: new Uint8Array(), svg: drawing })).rejects.toMatchObject({
      code: 'IMAGE_CORRUPT',
    });
    await expect(
      renderOverlay({ picture: await sample('coffee'), svg: drawing, maxPixels: 9 }),
    ).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
    await expect(renderOverlay({ picture: solid(9, 9, 0), svg: drawing, maxSide: 0 })).rejects.toThrow(
      /maxSide/,
    );
    await expect(
      renderOverlay({ picture: solid(9, 9, 0), svg: drawing, signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
