import { describe, expect, it } from 'vitest';
import { sniffMedia } from './sniff.ts';

const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const iso = (...brands: string[]): Uint8Array => {
  const length = String.fromCharCode(16 + (brands.length - 1) * 4);
  return latin(`\0\0\0${length}ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}\0\0\0\x08mdat`);
};
const bmp = Buffer.alloc(30);
bmp.write('BM');
bmp.writeUInt32LE(40, 14);

describe('sniffMedia', () => {
  it.each([
    ['jpeg', 'image/jpeg', latin('\xff\xd8\xff\xe0\0\x10JFIF')],
    ['png', 'image/png', latin('\x89PNG\r\n\x1a\n')],
    ['gif', 'image/gif', latin('GIF89a')],
    ['webp', 'image/webp', latin('RIFF\0\0\0\0WEBPVP8 ')],
    ['avif', 'image/avif', iso('avif', 'mif1')],
    ['avif', 'image/avif', iso('mif1', 'avif')],
    ['heic', 'image/heic', iso('heic', 'mif1')],
    ['heic', 'image/heic', iso('mif1', 'heic')],
    ['tiff', 'image/tiff', latin('II*\0\x08')],
    ['tiff', 'image/tiff', latin('MM\0*')],
    ['bmp', 'image/bmp', bmp],
    ['ico', 'image/x-icon', latin('\0\0\x01\0\x01\0')],
    ['jxl', 'image/jxl', latin('\xff\x0a')],
    ['svg', 'image/svg+xml', latin('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    [
      'svg',
      'image/svg+xml',
      Buffer.from(
        '\uFEFF<?xml version="1.0"?>\n<!-- made by hand -->\n<!DOCTYPE svg PUBLIC "a" "b">\n<svg:svg>',
      ),
    ],
    ['html', 'text/html', latin('<!doctype html><html><body><svg>')],
    ['text', 'text/plain', Buffer.from('Grüße, this is no picture')],
    ['pdf', 'application/pdf', latin('%PDF-1.7')],
    ['mp4', 'video/mp4', iso('isom', 'iso2')],
    ['mov', 'video/quicktime', iso('qt  ')],
    ['m4a', 'audio/mp4', iso('M4A ')],
    ['wav', 'audio/wav', latin('RIFF\0\0\0\0WAVEfmt ')],
    ['mp3', 'audio/mpeg', latin('ID3\x04')],
    ['mp3', 'audio/mpeg', latin('\xff\xfb\x90\0')],
    ['webm', 'video/webm', latin('\x1a\x45\xdf\xa3')],
    ['zip', 'application/zip', latin('PK\x03\x04')],
  ])('%s as %s', (format, mime, bytes) => {
    expect(sniffMedia(bytes)).toMatchObject({ format, mime });
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['one byte', latin('\xff')],
    ['binary noise', latin('\x9c\x01\x02\xfe\x80\x81')],
    ['"BM" as a word', latin('BM\x01\x02')],
    ['RIFF of another kind', latin('RIFF\0\0\0\0ABCD')],
  ])('%s is nothing known', (_, bytes) => {
    expect(sniffMedia(bytes)).toBeUndefined();
  });

  it('knows text that the end of what it looks at cuts within a character', () => {
    expect(sniffMedia(Buffer.from('ä'.repeat(2000).slice(1) + 'x'))).toMatchObject({ format: 'text' });
    expect(sniffMedia(Buffer.from(`x${'ä'.repeat(2000)}`))).toMatchObject({ format: 'text' });
  });

  it('reads a view at its own offset', () => {
    const whole = Buffer.concat([Buffer.from('%PDF-1.7 '), latin('\xff\xd8\xff\xe0')]);
    expect(sniffMedia(new Uint8Array(whole.buffer, whole.byteOffset + 9, 4))?.format).toBe('jpeg');
  });
});
