import { deflateSync, crc32 } from 'node:zlib';
import { VisionError } from '@fovea/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeImage } from './decode.ts';
import { sharp } from './native.ts';

/** 4 x 3 blocks of 8 pixels, each of a colour of its own, so that any turn or flip shows. */
const WIDTH = 32;
const HEIGHT = 24;
const colourAt = (x: number, y: number): [number, number, number] => [
  40 + (x >> 3) * 50,
  30 + (y >> 3) * 80,
  120,
];
const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
for (let y = 0; y < HEIGHT; y++)
  for (let x = 0; x < WIDTH; x++) pixels.set(colourAt(x, y), (y * WIDTH + x) * 3);
const blocks = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
const flat = (red: number, green: number, blue: number, alpha = 1) =>
  sharp({ create: { width: 40, height: 30, channels: 4, background: { r: red, g: green, b: blue, alpha } } });
const noise = (width: number, height: number) =>
  sharp({
    create: {
      width,
      height,
      channels: 3,
      background: '#808080',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  });

const meanDifference = (a: Uint8Array, b: Uint8Array): number => {
  expect(a.length).toBe(b.length);
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
};
const firstPixel = async (bytes: Uint8Array): Promise<number[]> => [
  ...(await decodeImage(bytes)).rgb.subarray(0, 3),
];
const problem = async (bytes: Uint8Array, options = {}): Promise<VisionError> => {
  const error: unknown = await decodeImage(bytes, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof VisionError)) throw new TypeError(`expected a VisionError, got ${String(error)}`);
  return error;
};
/** Each channel within so many levels. */
const expectNear = (pixel: readonly number[], wanted: readonly number[], tolerance: number): void => {
  for (const [channel, value] of wanted.entries())
    expect(Math.abs(pixel[channel]! - value), `${pixel} against ${wanted}`).toBeLessThanOrEqual(tolerance);
};

/** A PNG whose header claims a size and whose pixels are `rows` of nothing. */
function claimedPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('what is read', () => {
  it.each([
    ['jpeg', 5],
    ['png', 0],
    ['webp', 6],
    ['avif', 3],
    ['gif', 0],
    ['tiff', 5],
  ] as const)('%s', async (format, tolerance) => {
    const image = await decodeImage(await blocks().toFormat(format).toBuffer());
    expect(image).toMatchObject({
      format,
      mime: `image/${format}`,
      width: WIDTH,
      height: HEIGHT,
      pages: 1,
      orientation: 1,
    });
    expect(image.rgb).toBeInstanceOf(Uint8Array);
    expect(meanDifference(image.rgb, pixels)).toBeLessThanOrEqual(tolerance);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'EXIF orientation %i of JPEG, PNG, WebP and TIFF',
    async (orientation) => {
      // Where pixel (x, y) of the picture as seen stands in the file (EXIF 2.32, tag 0x0112).
      const [across, down] = [WIDTH - 1, HEIGHT - 1];
      const stored = {
        1: (x: number, y: number) => colourAt(x, y),
        2: (x: number, y: number) => colourAt(across - x, y),
        3: (x: number, y: number) => colourAt(across - x, down - y),
        4: (x: number, y: number) => colourAt(x, down - y),
        5: (x: number, y: number) => colourAt(y, x),
        6: (x: number, y: number) => colourAt(y, down - x),
        7: (x: number, y: number) => colourAt(across - y, down - x),
        8: (x: number, y: number) => colourAt(across - y, x),
      }[orientation]!;
      const [width, height] = orientation < 5 ? [WIDTH, HEIGHT] : [HEIGHT, WIDTH];
      const wanted = new Uint8Array(pixels.length);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) wanted.set(stored(x, y), (y * width + x) * 3);
      for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
        const image = await decodeImage(
          await blocks().withMetadata({ orientation }).toFormat(format).toBuffer(),
        );
        expect(image, format).toMatchObject({ width, height, orientation });
        expect(meanDifference(image.rgb, wanted), format).toBeLessThan(7);
      }
    },
  );

  it('grey, 8 and 16 bits: scaled, not clipped', async () => {
    for (const space of ['b-w', 'grey16'])
      for (const format of ['png', 'tiff'] as const) {
        const [pixel] = await firstPixel(
          await flat(77, 77, 77).removeAlpha().toColourspace(space).toFormat(format).toBuffer(),
        );
        expect(Math.abs(pixel! - 77), `${space} ${format}`).toBeLessThanOrEqual(1);
      }
    expectNear(
      await firstPixel(await flat(77, 77, 77).removeAlpha().greyscale().jpeg().toBuffer()),
      [77, 77, 77],
      1,
    );
  });

  it('16-bit RGB in PNG and TIFF', async () => {
    for (const format of ['png', 'tiff'] as const)
      expectNear(
        await firstPixel(
          await flat(200, 100, 50).removeAlpha().toColourspace('rgb16').toFormat(format).toBuffer(),
        ),
        [200, 100, 50],
        1,
      );
  });

  it('alpha over white: RGBA, grey, 16 bits, wholly transparent', async () => {
    expectNear(await firstPixel(await flat(200, 100, 0, 0.5).png().toBuffer()), [227, 177, 127], 2);
    expectNear(
      await firstPixel(await flat(200, 100, 0, 0.5).webp({ lossless: true }).toBuffer()),
      [227, 177, 127],
      2,
    );
    expectNear(
      await firstPixel(await flat(100, 100, 100, 0.5).toColourspace('b-w').png().toBuffer()),
      [177, 177, 177],
      2,
    );
    expectNear(
      await firstPixel(await flat(200, 100, 0, 0.5).toColourspace('rgb16').png().toBuffer()),
      [227, 177, 127],
      2,
    );
    expect(await firstPixel(await flat(0, 0, 0, 0).png().toBuffer())).toEqual([255, 255, 255]);
  });

  it('a palette', async () => {
    const image = await decodeImage(await blocks().png({ palette: true }).toBuffer());
    expect(meanDifference(image.rgb, pixels)).toBeLessThan(2);
  });

  it('CMYK with and without a profile', async () => {
    const cmyk = flat(200, 100, 50).removeAlpha().toColourspace('cmyk');
    for (const bytes of [
      await cmyk.clone().jpeg().toBuffer(),
      await cmyk.clone().withIccProfile('cmyk').jpeg().toBuffer(),
      await cmyk.clone().tiff().toBuffer(),
    ]) {
      const [red, green, blue] = await firstPixel(bytes);
      expect([red! > 170, green! > 70 && green! < 130, blue! < 80]).toEqual([true, true, true]);
    }
  });

  it('a wide-gamut profile comes back as the sRGB it was, and as stored numbers on demand', async () => {
    const bytes = await flat(200, 60, 50).removeAlpha().withIccProfile('p3').png().toBuffer();
    expectNear(await firstPixel(bytes), [200, 60, 50], 2);
    const stored = await decodeImage(bytes, { colourManaged: false });
    expect(Math.abs(stored.rgb[0]! - 200)).toBeGreaterThan(8);
  });

  it.each(['gif', 'webp'] as const)('the first frame of an animated %s', async (format) => {
    const frames = [flat(250, 10, 10), flat(10, 250, 10), flat(10, 10, 250)];
    const stack = Buffer.concat(await Promise.all(frames.map((frame) => frame.raw().toBuffer())));
    const bytes = await sharp(stack, { raw: { width: 40, height: 90, channels: 4, pageHeight: 30 } })
      [format]({ loop: 0, delay: [100, 100, 100] })
      .toBuffer();
    const image = await decodeImage(bytes);
    expect(image).toMatchObject({ width: 40, height: 30, pages: 3 });
    expectNear([...image.rgb.subarray(0, 3)], [250, 10, 10], 8);
  });

  it('the first page of a TIFF of several', async () => {
    const image = await decodeImage(twoPageTiff());
    expect(image).toMatchObject({ width: 1, height: 1, pages: 2 });
    expect([...image.rgb]).toEqual([10, 10, 10]);
  });

  it.each([
    [1, 1],
    [1, 2000],
    [400, 20],
  ])('%i x %i', async (width, height) => {
    const image = await decodeImage(await noise(width, height).png().toBuffer());
    expect(image).toMatchObject({ width, height });
    expect(image.rgb.length).toBe(width * height * 3);
  });

  it('a JPEG with mere warnings: bytes before a marker, junk after the end', async () => {
    const bytes = await noise(64, 64).jpeg().toBuffer();
    const scan = bytes.indexOf(Buffer.from([0xff, 0xda]));
    const warning = Buffer.concat([
      bytes.subarray(0, scan),
      Buffer.from('extraneous'),
      bytes.subarray(scan),
      Buffer.alloc(100),
    ]);
    expect(await decodeImage(warning)).toMatchObject({ width: 64, height: 64 });
  });

  it('a view into a larger buffer', async () => {
    const bytes = await blocks().png().toBuffer();
    const whole = Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(5)]);
    const image = await decodeImage(new Uint8Array(whole.buffer, whole.byteOffset + 3, bytes.length));
    expect(meanDifference(image.rgb, pixels)).toBe(0);
  });
});

describe('what is refused', () => {
  it('nothing, one byte, noise', async () => {
    expect(await problem(new Uint8Array())).toMatchObject({
      code: 'IMAGE_CORRUPT',
      message: 'the file is empty: 0 bytes',
    });
    expect((await problem(Buffer.from([0xff]))).message).toContain('ff (1 bytes sent)');
    expect((await problem(Buffer.from([0x9c, 1, 2, 0xfe, 0x80]))).code).toBe('IMAGE_CORRUPT');
  });

  describe('cut short', () => {
    const files = new Map<string, Buffer>();
    beforeAll(async () => {
      for (const format of ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const)
        files.set(format, await noise(200, 150).toFormat(format).toBuffer());
      files.set('progressive', await noise(200, 150).jpeg({ progressive: true }).toBuffer());
    });
    it.each(['jpeg', 'progressive', 'png', 'webp', 'avif', 'gif', 'tiff'])(
      '%s at 10, 50, 95 and 99.9 percent',
      async (name) => {
        const bytes = files.get(name)!;
        for (const part of [0.1, 0.5, 0.95, 0.999]) {
          const { code, message } = await problem(bytes.subarray(0, Math.floor(bytes.length * part)));
          expect(code, `${part}`).toBe('IMAGE_CORRUPT');
          expect(message.length, message).toBeLessThan(400);
          expect(message).not.toContain('bad seek');
        }
      },
    );
    it('names how far it got', async () => {
      const half = (name: string): Buffer => files.get(name)!.subarray(0, files.get(name)!.length >> 1);
      const { length } = files.get('webp')!;
      expect((await problem(half('webp'))).message).toContain(`ends after ${length >> 1} of ${length} bytes`);
      expect((await problem(half('png'))).message).toMatch(
        /PNG picture of 200 x 150 pixels ends after \d+ of \d+ bytes/,
      );
      expect((await problem(half('avif'))).message).toMatch(/ends after \d+ of \d+ bytes/);
      expect((await problem(half('jpeg'))).message).toMatch(
        /JPEG picture of 200 x 150 pixels ends after \d+ bytes, without its end marker/,
      );
    });
  });

  it('damaged in the middle', async () => {
    const png = await noise(100, 100).png().toBuffer();
    png[png.length >> 1]! ^= 0xff;
    expect(await problem(png)).toMatchObject({
      code: 'IMAGE_CORRUPT',
      message: expect.stringContaining('is damaged within its') as string,
    });
  });

  it('more pixels than the limit, from the header alone', async () => {
    const before = process.memoryUsage().rss;
    const error = await problem(claimedPng(30_000, 30_000));
    expect(error).toMatchObject({ code: 'IMAGE_TOO_LARGE', status: 413 });
    expect(error.message).toBe(
      'the PNG picture of 30000 x 30000 pixels is too large: at most 100 million pixels are read',
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
    expect((await problem(claimedPng(2 ** 31 - 1, 2 ** 31 - 1))).status).toBeLessThan(500);
  });

  it('the limit is inclusive and adjustable', async () => {
    const bytes = await noise(100, 50).jpeg().toBuffer();
    expect(await decodeImage(bytes, { maxPixels: 5000 })).toMatchObject({ width: 100 });
    expect(await decodeImage(bytes, { maxPixels: Infinity })).toMatchObject({ width: 100 });
    expect((await problem(bytes, { maxPixels: 4999 })).code).toBe('IMAGE_TOO_LARGE');
  });

  it.each([
    ['svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /SVG/],
    ['text', Buffer.from('this is a text, renamed to .jpg'), /text\/plain/],
    ['pdf', Buffer.from('%PDF-1.7\n%âãÏÓ'), /application\/pdf/],
    ['heic', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), /HEIC/],
    ['mp4', Buffer.from('\0\0\0\x10ftypisom\0\0\0\0', 'latin1'), /video\/mp4/],
  ])('%s is named', async (_, bytes, message) => {
    const error = await problem(bytes);
    expect(error).toMatchObject({ code: 'UNSUPPORTED_MEDIA', status: 415 });
    expect(error.message).toMatch(message);
    expect(error.hint).not.toBe('');
  });

  it('wrong use by code', async () => {
    await expect(decodeImage('cat.jpg' as unknown as Uint8Array)).rejects.toThrow(TypeError);
    await expect(decodeImage(Buffer.from('x'), { maxPixels: 0 })).rejects.toThrow(RangeError);
  });
});

describe('cancelling', () => {
  it('before the start and while it runs', async () => {
    const bytes = await noise(1500, 1000).png().toBuffer();
    expect((await problem(bytes, { signal: AbortSignal.abort() })).code).toBe('CANCELLED');
    const controller = new AbortController();
    const running = problem(bytes, { signal: controller.signal });
    controller.abort(new VisionError('DEADLINE_EXCEEDED', 'too late'));
    expect((await running).code).toBe('DEADLINE_EXCEEDED');
  });
});

/** Two pages of one grey pixel each: 10 and 200; little endian, uncompressed. */
function twoPageTiff(): Buffer {
  const entries = (at: number): number[][] => [
    [256, 1],
    [257, 1],
    [258, 8],
    [259, 1],
    [262, 1],
    [273, at],
    [277, 1],
    [278, 1],
    [279, 1],
  ];
  const page = (start: number, grey: number, last: boolean): Buffer => {
    const list = entries(start + 2 + 9 * 12 + 4);
    const out = Buffer.alloc(2 + list.length * 12 + 4 + 2);
    out.writeUInt16LE(list.length, 0);
    for (const [index, [tag, value]] of list.entries()) {
      out.writeUInt16LE(tag!, 2 + index * 12);
      out.writeUInt16LE(4, 4 + index * 12);
      out.writeUInt32LE(1, 6 + index * 12);
      out.writeUInt32LE(value!, 10 + index * 12);
    }
    out.writeUInt32LE(last ? 0 : start + out.length, out.length - 6);
    out[out.length - 2] = grey;
    return out;
  };
  const first = page(8, 10, false);
  return Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), first, page(8 + first.length, 200, true)]);
}
