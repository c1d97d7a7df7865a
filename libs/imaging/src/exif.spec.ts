import { describe, expect, it } from 'vitest';
import { jpegOrientation } from './exif.ts';

/** The start of a JPEG with an EXIF segment of one entry. */
function jpeg({ little, tag = 0x0112, value }: { little: boolean; tag?: number; value: number }): Buffer {
  const bytes = Buffer.alloc(2 + 4 + 6 + 8 + 2 + 12 + 2);
  bytes.set([0xff, 0xd8, 0xff, 0xe1, 0, bytes.length - 6]);
  bytes.write('Exif', 6);
  bytes.write(little ? 'II' : 'MM', 12);
  const put16 = (number: number, at: number) =>
    little ? bytes.writeUInt16LE(number, at) : bytes.writeUInt16BE(number, at);
  const put32 = (number: number, at: number) =>
    little ? bytes.writeUInt32LE(number, at) : bytes.writeUInt32BE(number, at);
  put16(42, 14);
  put32(8, 16);
  put16(1, 20);
  put16(tag, 22);
  put16(3, 24);
  put32(1, 26);
  put16(value, 30);
  bytes.set([0xff, 0xd9], bytes.length - 2);
  return bytes;
}

describe('jpegOrientation', () => {
  it.each([true, false])('little endian %s', (little) => {
    for (let value = 1; value <= 8; value++) expect(jpegOrientation(jpeg({ little, value }))).toBe(value);
  });
  it('is 1 for a value that is none, and without the tag', () => {
    expect(jpegOrientation(jpeg({ little: true, value: 9 }))).toBe(1);
    expect(jpegOrientation(jpeg({ little: true, tag: 0x0110, value: 6 }))).toBe(1);
  });
  it('finds it behind another segment and fill bytes', () => {
    const exif = jpeg({ little: false, value: 6 });
    const jfif = Buffer.from([0xff, 0xe0, 0, 4, 1, 2, 0xff]);
    expect(jpegOrientation(Buffer.concat([exif.subarray(0, 2), jfif, exif.subarray(2)]))).toBe(6);
  });
  it('never reads beyond the end, wherever the file is cut', () => {
    const whole = jpeg({ little: true, value: 6 });
    for (let length = 0; length < whole.length; length++)
      expect([1, 6]).toContain(jpegOrientation(whole.subarray(0, length)));
  });
  it('survives any byte being anything', () => {
    const whole = jpeg({ little: true, value: 6 });
    for (let at = 2; at < whole.length; at++)
      for (const byte of [0, 1, 0x7f, 0xff]) {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        expect(jpegOrientation(changed)).toBeGreaterThanOrEqual(1);
      }
  });
});
