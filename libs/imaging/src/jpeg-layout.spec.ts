import { beforeAll, describe, expect, it } from 'vitest';
import { sharp } from './native.ts';
import { wholeJpegLayout } from './jpeg-layout.ts';

const picture = (channels: 3 | 4 = 3) =>
  sharp({ create: { width: 61, height: 37, channels, background: '#4a7' } }).composite([]);

describe('wholeJpegLayout', () => {
  let jpeg: Buffer;
  beforeAll(async () => {
    jpeg = await picture().jpeg().toBuffer();
  });

  it.each([
    ['baseline', { progressive: false }, 3],
    ['progressive', { progressive: true }, 3],
  ])('reads a %s file', async (_kind, options, components) => {
    const file = await picture().jpeg(options).toBuffer();
    expect(wholeJpegLayout(file)).toEqual({ width: 61, height: 37, components, precision: 8 });
  });
  it('tells grey and CMYK', async () => {
    const grey = await picture().greyscale().toColourspace('b-w').jpeg().toBuffer();
    const cmyk = await picture().toColourspace('cmyk').jpeg().toBuffer();
    expect([grey, cmyk].map((file) => wholeJpegLayout(file)?.components)).toEqual([1, 4]);
  });
  it('takes bytes after the end, and a view into a larger buffer', () => {
    const within = Buffer.concat([Buffer.from('before'), jpeg, Buffer.from('after')]).subarray(6);
    expect(wholeJpegLayout(within)?.width).toBe(61);
  });
  it('is not fooled by the end of an embedded preview', async () => {
    const preview = Buffer.concat([Buffer.from('JFXX\0\x10'), jpeg]);
    const segment = Buffer.alloc(4);
    segment.writeUInt16BE(0xffe0);
    segment.writeUInt16BE(preview.length + 2, 2);
    const file = Buffer.concat([jpeg.subarray(0, 2), segment, preview, jpeg.subarray(2)]);
    expect(wholeJpegLayout(file)?.width).toBe(61);
    expect(wholeJpegLayout(file.subarray(0, -2))).toBeUndefined();
  });
  it('knows every cut file for what it is', () => {
    for (let end = 0; end < jpeg.length; end++)
      expect(wholeJpegLayout(jpeg.subarray(0, end))).toBeUndefined();
  });
});
