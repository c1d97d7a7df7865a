import { fixture, greyDistance } from '@fovea/testing';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { cropImage } from './crop.ts';
import { decodeImage } from './decode.ts';
import { fitImage } from './fit.ts';
import { sharp } from './native.ts';
import { openPicture, pixelsOf } from './picture.ts';

const SQUARE = { mode: 'centre-crop', width: 96, height: 96, cropFraction: 0.875 } as const;
let jpeg: Buffer;
beforeAll(async () => {
  jpeg = await readFile(fixture('coffee.jpg'));
});

describe('openPicture', () => {
  it('puts off decoding an upright JPEG, and says what it is', async () => {
    const picture = await openPicture(jpeg);
    const { rgb: _rgb, ...facts } = await decodeImage(jpeg);
    expect(picture).not.toHaveProperty('rgb');
    expect({ ...facts, ...picture }).toEqual(facts);
    expect(picture).toMatchObject({
      width: facts.width,
      height: facts.height,
      mime: 'image/jpeg',
      pages: 1,
      orientation: 1,
    });
  });

  it('gives the same pixels straight from the file as decoded', async () => {
    const image = await decodeImage(jpeg);
    const direct = await fitImage(await openPicture(jpeg), SQUARE);
    expect(greyDistance(direct, await fitImage(image, SQUARE))).toBe(0);
    expect(direct.frame).toEqual((await fitImage(image, SQUARE)).frame);
  });

  it('serves several users', async () => {
    const picture = await openPicture(jpeg);
    const image = await decodeImage(jpeg);
    const [first, second] = await Promise.all([
      fitImage(picture, SQUARE),
      fitImage(picture, { ...SQUARE, mode: 'stretch' }),
    ]);
    expect(greyDistance(first, await fitImage(image, SQUARE))).toBe(0);
    expect(greyDistance(second, await fitImage(image, { ...SQUARE, mode: 'stretch' }))).toBe(0);
    const pixels = await pixelsOf(picture);
    expect(greyDistance(pixels, image)).toBe(0);
    expect(await pixelsOf(picture)).toBe(pixels);
    expect((await cropImage(picture, { x: 5, y: 6, width: 7, height: 8 })).rgb).toHaveLength(7 * 8 * 3);
  });

  it.each([
    ['a grey JPEG', () => sharp(jpeg).greyscale().toColourspace('b-w').jpeg().toBuffer()],
    ['a JPEG with a wide profile', () => sharp(jpeg).withIccProfile('p3').jpeg().toBuffer()],
    ['a progressive JPEG', () => sharp(jpeg).jpeg({ progressive: true }).toBuffer()],
    ['a turned JPEG', () => sharp(jpeg).withMetadata({ orientation: 6 }).jpeg().toBuffer()],
    ['a CMYK JPEG', () => sharp(jpeg).toColourspace('cmyk').jpeg().toBuffer()],
    ['a PNG with alpha', () => sharp(jpeg).ensureAlpha(0.5).png().toBuffer()],
  ])('sees %s as decodeImage does', async (_what, make) => {
    const bytes = await make();
    const [picture, image] = await Promise.all([openPicture(bytes), decodeImage(bytes)]);
    expect([picture.width, picture.height]).toEqual([image.width, image.height]);
    expect(greyDistance(await fitImage(picture, SQUARE), await fitImage(image, SQUARE))).toBeLessThan(0.5);
  });

  it('refuses at once what is cut short, too large or no picture', async () => {
    await expect(openPicture(jpeg.subarray(0, jpeg.length - 2))).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_CORRUPT' }),
    );
    await expect(openPicture(jpeg, { maxPixels: 100 })).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_TOO_LARGE' }),
    );
    await expect(openPicture(Buffer.from('text'))).rejects.toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED_MEDIA' }),
    );
    await expect(openPicture(Buffer.alloc(0))).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_CORRUPT' }),
    );
  });

  it('finds damage when the pixels are needed', async () => {
    const damaged = Buffer.from(jpeg);
    damaged.fill(
      0x55,
      jpeg.indexOf(Buffer.from([0xff, 0xc4])) + 4,
      jpeg.indexOf(Buffer.from([0xff, 0xc4])) + 24,
    ); // Huffman tables
    const picture = await openPicture(damaged);
    await expect(fitImage(picture, SQUARE)).rejects.toThrow(
      expect.objectContaining({ code: 'IMAGE_CORRUPT' }),
    );
    await expect(pixelsOf(picture)).rejects.toThrow(expect.objectContaining({ code: 'IMAGE_CORRUPT' }));
  });

  it('pixelsOf refuses what is no picture', () =>
    expect(pixelsOf({ width: 1, height: 1 })).rejects.toThrow(TypeError));
});
