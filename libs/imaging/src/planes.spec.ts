import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode.ts';
import { encodeCutout, encodeGrey } from './planes.ts';

describe('encodeGrey', () => {
  it('keeps all 256 values, in a grey PNG of one channel', async () => {
    const data = Uint8Array.from({ length: 512 }, (_, i) => i % 256);
    const { bytes, mime } = await encodeGrey({ data, width: 32, height: 16 });
    expect(mime).toBe('image/png');
    // Colour type of the IHDR chunk: 0 is grey; before it the depth in bits.
    expect([bytes[24], bytes[25]]).toEqual([8, 0]);
    const raw = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    expect(raw.info).toMatchObject({ width: 32, height: 16 });
    const { rgb } = await decodeImage(bytes);
    expect(rgb.filter((_, i) => i % 3 === 0)).toEqual(data);
  });
  it.each([
    [1, 1],
    [1, 700],
    [700, 1],
  ])('holds a map of %i x %i', async (width, height) => {
    const data = new Uint8Array(width * height).fill(15);
    const { bytes } = await encodeGrey({ data, width, height });
    expect((await decodeImage(bytes)).rgb).toEqual(new Uint8Array(width * height * 3).fill(15));
  });
  it('refuses data of another size', () =>
    expect(encodeGrey({ data: new Uint8Array(3), width: 2, height: 2 })).rejects.toThrow(RangeError));
  it('stops when it is told to', () =>
    expect(
      encodeGrey({ data: new Uint8Array(4), width: 2, height: 2 }, { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'CANCELLED' }));
});

describe('encodeCutout', () => {
  const picture = { width: 2, height: 2, rgb: Uint8Array.from({ length: 12 }, (_, i) => 10 * (i + 1)) };
  it('shows what is opaque and keeps nothing of what is not', async () => {
    const { bytes } = await encodeCutout(picture, Uint8Array.of(255, 0, 128, 1));
    expect([bytes[24], bytes[25]]).toEqual([8, 6]);
    const rgba = await sharp(bytes).raw().toBuffer();
    expect([...rgba]).toEqual([10, 20, 30, 255, 0, 0, 0, 0, 70, 80, 90, 128, 100, 110, 120, 1]);
  });
  it('is all transparent where nothing is cut out', async () => {
    const { bytes } = await encodeCutout(picture, new Uint8Array(4));
    expect([...(await sharp(bytes).ensureAlpha().raw().toBuffer())]).toEqual(new Array(16).fill(0));
  });
  it('works in turns on more than a million pixels', async () => {
    const large = { width: 1500, height: 1000, rgb: new Uint8Array(4_500_000).fill(9) };
    const { bytes } = await encodeCutout(large, new Uint8Array(1_500_000).fill(200));
    const rgba = await sharp(bytes).raw().toBuffer();
    expect([...rgba.subarray(-4)]).toEqual([9, 9, 9, 200]);
  });
  it('refuses an opacity of another size', () =>
    expect(encodeCutout(picture, new Uint8Array(3))).rejects.toThrow(RangeError));
});
