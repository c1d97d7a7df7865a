import { joinBytes, latin, standsAt, viewOf } from './bytes.ts';
import { damaged } from './damage.ts';
import type { XmpHolder } from './holder.ts';

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly data: number;
  readonly dataEnd: number;
  /** Behind the byte that makes its length even. */
  readonly end: number;
}

const HEADER_BYTES = 12;
const ALPHA_FLAG = 0x10;
const XMP_FLAG = 0x04;
/** After these, and before what nobody knows, XMP comes (WebP container specification). */
const BEFORE_XMP = ['VP8X', 'ICCP', 'ANIM', 'ANMF', 'ALPH', 'VP8 ', 'VP8L', 'EXIF'];
const MAX_RIFF_BYTES = 2 ** 32 - 10;

/**
 * A WebP and its XMP. Beside that chunk only the header changes: the length, and the flag that says that there is XMP
 * (a file of the simple format gets the extended format's header).
 * @throws IMAGE_CORRUPT where the file is cut short, or its chunks cannot be followed
 */
export function openWebp(bytes: Uint8Array): XmpHolder {
  const { chunks, end } = chunksOf(bytes);
  const [own, second] = chunks.filter(({ type }) => type === 'XMP ');
  if (second) throw damaged('it has two XMP packets');
  return {
    format: 'webp',
    packet: own && bytes.subarray(own.data, own.dataEnd),
    extended: undefined,
    put(packet) {
      const first = chunks[0] as Chunk;
      const extended = first.type === 'VP8X';
      const start = extended ? first.end : HEADER_BYTES;
      const place = own?.start ?? chunks.findLast(({ type }) => BEFORE_XMP.includes(type))?.end ?? end;
      const body = joinBytes([
        latin('WEBP'),
        extended ? flagged(bytes.subarray(first.start, first.end)) : extendedHeader(bytes, first),
        bytes.subarray(start, place),
        // The last chunk may lack the byte that makes its length even.
        new Uint8Array(place % 2),
        chunkWith(latin('XMP '), new TextEncoder().encode(packet)),
        bytes.subarray(own?.end ?? place, end),
      ]);
      if (body.length > MAX_RIFF_BYTES) return undefined;
      const length = new Uint8Array(4);
      viewOf(length).setUint32(0, body.length, true);
      return joinBytes([latin('RIFF'), length, body, bytes.subarray(end)]);
    },
  };
}

function flagged(header: Uint8Array): Uint8Array {
  const copy = header.slice();
  copy[8] = (copy[8] as number) | XMP_FLAG;
  return copy;
}

/** The header of the extended format for a picture of the simple one. */
function extendedHeader(bytes: Uint8Array, picture: Chunk): Uint8Array {
  const { width, height, hasAlpha } =
    picture.type === 'VP8L' ? lossless(bytes, picture) : lossy(bytes, picture);
  const data = new Uint8Array(10);
  const view = viewOf(data);
  data[0] = XMP_FLAG | (hasAlpha ? ALPHA_FLAG : 0);
  // Each less one, in 24 bits: the upper byte of the width's 32 is written over by the height.
  view.setUint32(4, width - 1, true);
  view.setUint16(7, (height - 1) & 0xffff, true);
  data[9] = (height - 1) >> 16;
  return chunkWith(latin('VP8X'), data);
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
}

/** VP8: the start code of a key frame, then 14 bits of width and height, each with 2 bits of scale (RFC 6386, 9.1). */
function lossy(bytes: Uint8Array, { data, dataEnd }: Chunk): Canvas {
  if (data + 10 > dataEnd || !standsAt(bytes, data + 3, latin('\x9d\x01\x2a')))
    throw damaged('the WebP’s picture does not begin as VP8 does');
  const view = viewOf(bytes);
  const width = view.getUint16(data + 6, true) & 0x3fff;
  const height = view.getUint16(data + 8, true) & 0x3fff;
  return sized({ width, height, hasAlpha: false });
}

/** VP8L: a signature, then 14 bits each of width and height less one, and a bit that says whether alpha is used. */
function lossless(bytes: Uint8Array, { data, dataEnd }: Chunk): Canvas {
  if (data + 5 > dataEnd || bytes[data] !== 0x2f)
    throw damaged('the WebP’s picture does not begin as VP8L does');
  const bits = viewOf(bytes).getUint32(data + 1, true);
  return sized({
    width: (bits & 0x3fff) + 1,
    height: ((bits >>> 14) & 0x3fff) + 1,
    hasAlpha: ((bits >>> 28) & 1) === 1,
  });
}

function sized(canvas: Canvas): Canvas {
  if (canvas.width === 0 || canvas.height === 0) throw damaged('the WebP says that it has no pixels');
  return canvas;
}

function chunkWith(type: Uint8Array, data: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  viewOf(length).setUint32(0, data.length, true);
  return joinBytes([type, length, data, new Uint8Array(data.length % 2)]);
}

function chunksOf(bytes: Uint8Array): { chunks: Chunk[]; end: number } {
  const view = viewOf(bytes);
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length)
    throw damaged(`the WebP says that it has ${end} bytes, but it ends after ${bytes.length}`);
  const chunks: Chunk[] = [];
  for (let at = HEADER_BYTES; at < end;) {
    if (at + 8 > end) throw damaged(`the WebP ends within a chunk, at byte ${at}`);
    const length = view.getUint32(at + 4, true);
    const dataEnd = at + 8 + length;
    if (dataEnd > end)
      throw damaged(`the WebP chunk at byte ${at} says that it has ${length} bytes, which cannot be`);
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    chunks.push({ type, start: at, data: at + 8, dataEnd, end: Math.min(end, dataEnd + (length % 2)) });
    at = dataEnd + (length % 2);
  }
  const [first] = chunks;
  if (!first || !['VP8 ', 'VP8L', 'VP8X'].includes(first.type)) throw damaged('the WebP holds no picture');
  if (first.type === 'VP8X' && first.dataEnd - first.data < 10)
    throw damaged('the WebP’s header is cut short');
  return { chunks, end };
}
