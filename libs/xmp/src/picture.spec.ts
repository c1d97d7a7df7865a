import { VisionError } from '@fovea/contracts';
import fc from 'fast-check';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { joinBytes, latin } from './bytes.ts';
import { crc32 } from './crc.ts';
import { withCaption } from './caption.ts';
import { readPacket } from './packet.ts';
import { openXmp } from './picture.ts';

const packet = withCaption(undefined, { text: 'a dog runs', model: 'captioner' });
const other = packet.replaceAll('dog', 'elephant');
const be16 = (value: number) => Uint8Array.of(value >> 8, value & 0xff);
const be32 = (value: number) => joinBytes([be16(value >>> 16), be16(value & 0xffff)]);
const le32 = (value: number) => be32(value).toReversed();
const utf8 = (text: string) => new TextEncoder().encode(text);

const segment = (marker: number, data: Uint8Array) =>
  joinBytes([Uint8Array.of(0xff, marker), be16(data.length + 2), data]);
const SOI = Uint8Array.of(0xff, 0xd8);
const EOI = Uint8Array.of(0xff, 0xd9);
const jfif = segment(0xe0, latin('JFIF\0\x01\x02\0\0\x01\0\x01\0\0'));
const exif = segment(0xe1, latin('Exif\0\0II*\0\x08\0\0\0\0\0'));
const icc = segment(0xe2, latin('ICC_PROFILE\0\x01\x01whatever'));
const mpf = segment(0xe2, latin('MPF\0II*\0\x08\0\0\0'));
const xmp = (text: string | Uint8Array) =>
  segment(
    0xe1,
    joinBytes([latin('http://ns.adobe.com/xap/1.0/\0'), typeof text === 'string' ? utf8(text) : text]),
  );
const extension = segment(
  0xe1,
  joinBytes([
    latin('http://ns.adobe.com/xmp/extension/\0'),
    latin('A'.repeat(32)),
    be32(5),
    be32(0),
    latin('parts'),
  ]),
);
/** Coded data with a stuffed 0xff, a restart, fill bytes and a second scan. */
const scan = joinBytes([
  segment(0xda, latin('\x01\x01\0\0\x3f\0')),
  Uint8Array.of(1, 0xff, 0x00, 2, 0xff, 0xd0, 3, 0xff),
  segment(0xda, latin('\x01\x01\0\0\x3f\0')),
  Uint8Array.of(4, 5),
]);
const jpeg = (...parts: Uint8Array[]) => joinBytes([SOI, ...parts, scan, EOI]);

const chunk = (type: string, data: Uint8Array) =>
  joinBytes([be32(data.length), latin(type), data, be32(zlibCrc32(joinBytes([latin(type), data])))]);
const SIGNATURE = latin('\x89PNG\r\n\x1a\n');
const IHDR = chunk('IHDR', latin('\0\0\0\x01\0\0\0\x01\x08\0\0\0\0'));
const IDAT = chunk('IDAT', latin('pixels'));
const IEND = chunk('IEND', new Uint8Array());
const itxt = (text: string, flags = '\0\0\0\0') =>
  chunk('iTXt', joinBytes([latin(`XML:com.adobe.xmp\0${flags}`), utf8(text)]));
const png = (...parts: Uint8Array[]) => joinBytes([SIGNATURE, IHDR, ...parts, IEND]);

const riff = (...chunks: [type: string, data: Uint8Array][]) => {
  const body = joinBytes(
    chunks.flatMap(([type, data]) => [latin(type), le32(data.length), data, new Uint8Array(data.length % 2)]),
  );
  return joinBytes([latin('RIFF'), le32(body.length + 4), latin('WEBP'), body]);
};
/** 300 by 3616 and 300 by 2000: both bytes of either count. */
const vp8 = latin('\x10\x02\0\x9d\x01\x2a\x2c\x01\x20\x0edata!');
const vp8l = joinBytes([latin('\x2f'), le32((1 << 28) | (1999 << 14) | 299), latin('data')]);
const vp8x = (flags: number) => Uint8Array.of(flags, 0, 0, 0, 9, 0, 0, 19, 0, 0);

const put = (bytes: Uint8Array, text: string): Uint8Array => {
  const written = openXmp(bytes)?.put(text);
  if (!written) throw new TypeError('the packet does not fit');
  return written;
};
const packetIn = (bytes: Uint8Array): string | undefined => {
  const found = openXmp(bytes)?.packet;
  return found && readPacket(found);
};
const messageOf = (bytes: Uint8Array): string => {
  try {
    openXmp(bytes);
  } catch (error) {
    if (error instanceof VisionError && error.code === 'IMAGE_CORRUPT') return error.message;
    throw error;
  }
  return 'nothing was wrong';
};

describe('XMP of a JPEG', () => {
  it('goes behind JFIF and EXIF, before all else', () => {
    const trailer = latin('\xff\xd8 a second picture \xff\xd9');
    const file = joinBytes([jpeg(jfif, exif, icc, mpf), trailer]);
    expect(put(file, packet)).toEqual(joinBytes([jpeg(jfif, exif, xmp(packet), icc, mpf), trailer]));
    expect(put(jpeg(), packet)).toEqual(jpeg(xmp(packet)));
    expect(put(jpeg(icc, exif), packet)).toEqual(jpeg(icc, exif, xmp(packet)));
    expect(put(jpeg(mpf, exif), packet)).toEqual(jpeg(xmp(packet), mpf, exif));
  });

  it('is replaced where it stands; Extended XMP stays', () => {
    const file = jpeg(jfif, icc, xmp(packet), extension);
    expect(packetIn(file)).toBe(packet);
    expect(openXmp(file)?.extended).toEqual(latin('parts'));
    expect(put(file, other)).toEqual(jpeg(jfif, icc, xmp(other), extension));
    expect(put(put(file, other), packet)).toEqual(file);
  });

  it('does not fit beyond 65,502 bytes, but gives up padding before', () => {
    const padded = (spaces: number) => packet.replace('<?xpacket end', `${' '.repeat(spaces)}<?xpacket end`);
    const room = 65_502 - utf8(packet).length;
    expect(packetIn(put(jpeg(), padded(room)))).toBe(padded(room));
    expect(packetIn(put(jpeg(), padded(room + 9)))).toBe(padded(room));
    const long = packet.replaceAll('dog', 'd'.repeat(30_000));
    expect(openXmp(jpeg())?.put(long)).toBeUndefined();
  });

  it('keeps its length behind an MPF segment, or does not fit', () => {
    const room = packet.replace('<?xpacket end', `${' '.repeat(100)}<?xpacket end`);
    const file = jpeg(mpf, xmp(room));
    expect(put(file, other)).toHaveLength(file.length);
    expect(packetIn(put(file, other))?.replace(/ +(?=<\?xpacket end)/, '')).toBe(other);
    expect(openXmp(jpeg(mpf, xmp(packet)))?.put(other)).toBeUndefined();
  });

  it('is not written into what is damaged', () => {
    const whole = jpeg(jfif, exif);
    for (let length = 3; length < whole.length; length++)
      expect(messageOf(whole.subarray(0, length)), `${length} bytes`).toMatch(/JPEG/);
    expect(messageOf(joinBytes([SOI, jfif, EOI]))).toMatch(/no picture/);
    expect(messageOf(joinBytes([SOI, Uint8Array.of(0xff, 0xe0, 0, 1), scan, EOI]))).toMatch(/cannot be/);
    expect(messageOf(jpeg(jfif, latin('junk')))).toMatch(/where one should/);
    expect(messageOf(jpeg(xmp(packet), xmp(packet)))).toMatch(/two XMP packets/);
  });
});

describe('XMP of a PNG', () => {
  it('goes behind the header; all else stays', () => {
    const trailer = latin('trailer');
    const file = joinBytes([png(IDAT), trailer]);
    expect(put(file, packet)).toEqual(joinBytes([png(itxt(packet), IDAT), trailer]));
    expect(put(png(IDAT, itxt(packet, '\0\0en\0xmp\0')), other)).toEqual(png(IDAT, itxt(other)));
    expect(packetIn(png(itxt(packet, '\0\0en\0xmp\0')))).toBe(packet);
  });

  it('is not written into what is damaged', () => {
    const whole = png(itxt(packet), IDAT);
    for (let length = 8; length < whole.length; length += 7)
      expect(messageOf(whole.subarray(0, length)), `${length} bytes`).toMatch(/PNG/);
    const wrong = whole.slice();
    wrong[40] = (wrong[40] as number) ^ 1;
    expect(messageOf(wrong)).toMatch(/checksum/);
    expect(messageOf(png(itxt('xyz', '\x01\0\0\0'), IDAT))).toMatch(/compressed/);
    expect(messageOf(png(itxt('', '\0\0en'), IDAT))).toMatch(/cut short/);
    expect(messageOf(png(itxt(packet), itxt(packet)))).toMatch(/two XMP packets/);
    expect(messageOf(joinBytes([SIGNATURE, IEND]))).toMatch(/no header/);
  });

  it('has checksums as zlib makes them', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(crc32(bytes)).toBe(zlibCrc32(bytes));
      }),
    );
  });
});

describe('XMP of a WebP', () => {
  it('gives a simple file the extended header', () => {
    expect(put(riff(['VP8 ', vp8]), packet)).toEqual(
      riff(
        ['VP8X', Uint8Array.of(0x04, 0, 0, 0, 0x2b, 0x01, 0, 0x1f, 0x0e, 0)],
        ['VP8 ', vp8],
        ['XMP ', utf8(packet)],
      ),
    );
    expect(put(riff(['VP8L', vp8l]), packet)).toEqual(
      riff(
        ['VP8X', Uint8Array.of(0x14, 0, 0, 0, 0x2b, 0x01, 0, 0xcf, 0x07, 0)],
        ['VP8L', vp8l],
        ['XMP ', utf8(packet)],
      ),
    );
  });

  it('goes behind EXIF and before what is not known; flags and frames stay', () => {
    const [anim, frame, meta] = [latin('\0\0\0\0\0\0'), latin('frame'), latin('Exif')];
    const before = riff(
      ['VP8X', vp8x(0x1a)],
      ['ANIM', anim],
      ['ANMF', frame],
      ['EXIF', meta],
      ['abcd', frame],
    );
    const after = (text: string) =>
      riff(
        ['VP8X', vp8x(0x1e)],
        ['ANIM', anim],
        ['ANMF', frame],
        ['EXIF', meta],
        ['XMP ', utf8(text)],
        ['abcd', frame],
      );
    expect(put(before, packet)).toEqual(after(packet));
    expect(put(after(packet), other)).toEqual(after(other));
    expect(packetIn(after(other))).toBe(other);
    const trailer = latin('trailer');
    expect(put(joinBytes([before, trailer]), packet)).toEqual(joinBytes([after(packet), trailer]));
  });

  it('is not written into what is damaged', () => {
    const whole = riff(['VP8X', vp8x(0x04)], ['VP8 ', vp8], ['XMP ', utf8(packet)]);
    for (let length = 12; length < whole.length; length += 7)
      expect(messageOf(whole.subarray(0, length)), `${length} bytes`).toMatch(/WebP/);
    const overrun = whole.slice();
    overrun[17] = 0xff;
    expect(messageOf(overrun)).toMatch(/cannot be/);
    expect(messageOf(riff(['abcd', vp8]))).toMatch(/no picture/);
    expect(() => openXmp(riff(['VP8 ', latin('x'.repeat(12))]))?.put(packet)).toThrow(/VP8/);
  });
});

it('reads any bytes after a signature, or says what is wrong', () => {
  const starts = [latin('\xff\xd8\xff'), SIGNATURE, joinBytes([latin('RIFF'), le32(64), latin('WEBPVP8 ')])];
  fc.assert(
    fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }), (start, rest) => {
      expect(messageOf(joinBytes([start, rest]))).toBeTypeOf('string');
    }),
    { numRuns: 500 },
  );
});

it('holds none in other formats', () => {
  expect(openXmp(latin('GIF89a'))).toBeUndefined();
  expect(openXmp(latin('RIFF\0\0\0\0WAVE'))).toBeUndefined();
  expect(openXmp(new Uint8Array())).toBeUndefined();
});
