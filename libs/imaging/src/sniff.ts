export interface SniffedMedia {
  /** As the bytes say, whatever the name or the header of the upload said. */
  readonly mime: string;
  /** Short lower-case name: `jpeg`, `png`, `pdf`, `mp4`, … */
  readonly format: string;
  readonly kind: 'image' | 'audio' | 'video' | 'document' | 'archive' | 'text';
}

const media = (format: string, mime: string): SniffedMedia => {
  const kind = mime.split('/')[0];
  if (kind === 'image' || kind === 'audio' || kind === 'video' || kind === 'text')
    return { mime, format, kind };
  return { mime, format, kind: format === 'pdf' ? 'document' : 'archive' };
};

/** Signatures by what stands at an offset, as Latin-1. */
const SIGNATURES: readonly (readonly [offset: number, signature: string, found: SniffedMedia])[] = [
  [0, '\xff\xd8\xff', media('jpeg', 'image/jpeg')],
  [0, '\x89PNG\r\n\x1a\n', media('png', 'image/png')],
  [0, 'GIF87a', media('gif', 'image/gif')],
  [0, 'GIF89a', media('gif', 'image/gif')],
  [0, 'II*\0', media('tiff', 'image/tiff')],
  [0, 'MM\0*', media('tiff', 'image/tiff')],
  [0, 'II+\0', media('tiff', 'image/tiff')],
  [0, 'MM\0+', media('tiff', 'image/tiff')],
  [0, '\0\0\x01\0', media('ico', 'image/x-icon')],
  [0, '\xff\x0a', media('jxl', 'image/jxl')],
  [0, '\0\0\0\x0cJXL \r\n\x87\n', media('jxl', 'image/jxl')],
  [0, '\0\0\0\x0cjP  \r\n\x87\n', media('jp2', 'image/jp2')],
  [0, '\xff\x4f\xff\x51', media('jp2', 'image/jp2')],
  [0, '8BPS', media('psd', 'image/vnd.adobe.photoshop')],
  [0, '\x76\x2f\x31\x01', media('exr', 'image/x-exr')],
  [0, '#?RADIANCE', media('hdr', 'image/vnd.radiance')],
  [0, '%PDF-', media('pdf', 'application/pdf')],
  [0, 'OggS', media('ogg', 'audio/ogg')],
  [0, 'fLaC', media('flac', 'audio/flac')],
  [0, 'ID3', media('mp3', 'audio/mpeg')],
  [0, '\x1a\x45\xdf\xa3', media('webm', 'video/webm')],
  [0, 'PK\x03\x04', media('zip', 'application/zip')],
  [0, '\x1f\x8b', media('gzip', 'application/gzip')],
  [0, '7z\xbc\xaf\x27\x1c', media('7z', 'application/x-7z-compressed')],
];
/** What a RIFF file holds. */
const RIFF: Readonly<Record<string, SniffedMedia>> = {
  WEBP: media('webp', 'image/webp'),
  WAVE: media('wav', 'audio/wav'),
  'AVI ': media('avi', 'video/x-msvideo'),
};
/** Brands of an ISO base media file; the first that is known decides, the major brand before the compatible ones. */
const BRANDS: readonly (readonly [RegExp, SniffedMedia])[] = [
  [/^avi[fs]$/, media('avif', 'image/avif')],
  [/^he[iv][cxms]$/, media('heic', 'image/heic')],
  [/^crx $/, media('cr3', 'image/x-canon-cr3')],
  [/^qt {2}$/, media('mov', 'video/quicktime')],
  [/^M4[AB] $/, media('m4a', 'audio/mp4')],
  [/^(isom|iso\d|mp4\d|avc1|M4V |dash|3gp\d)$/, media('mp4', 'video/mp4')],
];
/** Sizes of the header that follows a BMP's file header. */
const BMP_HEADERS = new Set([12, 40, 52, 56, 64, 108, 124]);

/**
 * What bytes are, told from how they begin.
 * @returns undefined where nothing known begins so
 * @example sniffMedia(bytes) // { mime: 'image/jpeg', format: 'jpeg', kind: 'image' }
 */
export function sniffMedia(bytes: Uint8Array): SniffedMedia | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024));
  const latin = head.toString('latin1');
  for (const [offset, signature, found] of SIGNATURES) if (latin.startsWith(signature, offset)) return found;
  if (latin.startsWith('RIFF')) return RIFF[latin.slice(8, 12)];
  if (latin.startsWith('ftyp', 4)) return isoMedia(head, latin);
  if (latin.startsWith('BM') && head.length >= 18 && BMP_HEADERS.has(head.readUInt32LE(14)))
    return media('bmp', 'image/bmp');
  // An MPEG audio frame: 11 bits of sync, then neither the reserved version nor the reserved layer.
  if (
    head.length > 2 &&
    head[0] === 0xff &&
    (head[1]! & 0xe0) === 0xe0 &&
    (head[1]! & 0x18) !== 0x08 &&
    (head[1]! & 0x06) !== 0
  )
    return media('mp3', 'audio/mpeg');
  return text(head);
}

function isoMedia(head: Buffer, latin: string): SniffedMedia {
  const end = Math.min(head.length, head.readUInt32BE(0));
  const brands = [latin.slice(8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(latin.slice(at, at + 4));
  for (const brand of brands) {
    const known = BRANDS.find(([pattern]) => pattern.test(brand));
    if (known) return known[1];
  }
  return media('mp4', 'video/mp4');
}

/** A tag at the start of a document, after a byte order mark, declarations and comments. */
const opens = (tag: string): RegExp =>
  new RegExp(
    `^\\uFEFF?\\s*(<\\?[^>]*\\?>\\s*|<!--[^]*?-->\\s*|<!doctype[^[>]*(\\[[^]*?\\]\\s*)?>\\s*)*<(\\w+:)?${tag}[\\s>/]`,
    'i',
  );
const SVG = opens('svg');
const HTML = opens('html');

function text(head: Buffer): SniffedMedia | undefined {
  // The cut at the end of `head` may split a character: that is not an error (stream: true).
  let characters: string;
  try {
    characters = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(head, { stream: true });
  } catch {
    return undefined;
  }
  // eslint-disable-next-line no-control-regex -- control characters are what tells binary from text
  if (characters.length < 2 || /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(characters)) return undefined;
  if (SVG.test(characters)) return media('svg', 'image/svg+xml');
  if (HTML.test(characters) || /^\s*<!doctype html/i.test(characters)) return media('html', 'text/html');
  return media('text', 'text/plain');
}
