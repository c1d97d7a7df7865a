import { joinBytes, latin, standsAt, viewOf } from './bytes.ts';
import { crc32 } from './crc.ts';
import { damaged } from './damage.ts';
import type { XmpHolder } from './holder.ts';

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly data: number;
  readonly dataEnd: number;
  /** Behind its checksum. */
  readonly end: number;
}

const SIGNATURE_BYTES = 8;
const TYPE = latin('iTXt');
const KEYWORD = latin('XML:com.adobe.xmp\0');
/** Not compressed, no language, no translated keyword (XMP part 3, 1.1.5). */
const PLAIN = latin('\0\0\0\0');
/** What chunks may hold: 31 bits of length. */
const MAX_BYTES = 2 ** 31 - 1 - KEYWORD.length - PLAIN.length;

/**
 * A PNG and its XMP. Only that one chunk is ever changed; all others, those of animations too, and what follows the
 * end stay.
 * @throws IMAGE_CORRUPT where the file is cut short, a checksum is wrong, or its XMP is compressed
 */
export function openPng(bytes: Uint8Array): XmpHolder {
  const chunks = chunksOf(bytes);
  const [own, second] = chunks.filter(
    ({ type, data, dataEnd }) =>
      type === 'iTXt' && data + KEYWORD.length <= dataEnd && standsAt(bytes, data, KEYWORD),
  );
  if (second) throw damaged('it has two XMP packets');
  const header = chunks.find(({ type }) => type === 'IHDR') as Chunk;
  return {
    format: 'png',
    packet: own && textOf(bytes, own),
    extended: undefined,
    put(packet) {
      const content = new TextEncoder().encode(packet);
      if (content.length > MAX_BYTES) return undefined;
      return joinBytes([
        bytes.subarray(0, own?.start ?? header.end),
        chunkWith(joinBytes([KEYWORD, PLAIN, content])),
        bytes.subarray(own?.end ?? header.end),
      ]);
    },
  };
}

function textOf(bytes: Uint8Array, { data, dataEnd }: Chunk): Uint8Array {
  const flag = data + KEYWORD.length;
  if (bytes[flag] !== 0) throw damaged('its XMP is compressed, which XMP in PNG must not be');
  // A language and a translated keyword, each ended by a NUL, stand before the text.
  const language = bytes.indexOf(0, flag + 2);
  const translated = language < 0 ? -1 : bytes.indexOf(0, language + 1);
  if (translated < 0 || translated >= dataEnd) throw damaged('its iTXt chunk of XMP is cut short');
  return bytes.subarray(translated + 1, dataEnd);
}

function chunkWith(data: Uint8Array): Uint8Array {
  const chunk = joinBytes([new Uint8Array(4), TYPE, data, new Uint8Array(4)]);
  const view = viewOf(chunk);
  view.setUint32(0, data.length);
  view.setUint32(chunk.length - 4, crc32(chunk.subarray(4, -4)));
  return chunk;
}

function chunksOf(bytes: Uint8Array): Chunk[] {
  const view = viewOf(bytes);
  const chunks: Chunk[] = [];
  for (let at = SIGNATURE_BYTES; ;) {
    if (at + 12 > bytes.length)
      throw damaged(`the PNG ends without its end chunk, after ${bytes.length} bytes`);
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const dataEnd = at + 8 + length;
    if (dataEnd + 4 > bytes.length)
      throw damaged(`the PNG chunk at byte ${at} says that it has ${length} bytes, which cannot be`);
    if (view.getUint32(dataEnd) !== crc32(bytes.subarray(at + 4, dataEnd)))
      throw damaged(`the checksum of the PNG chunk at byte ${at} is wrong`);
    chunks.push({ type, start: at, data: at + 8, dataEnd, end: dataEnd + 4 });
    at = dataEnd + 4;
    if (type === 'IEND') break;
  }
  if (!chunks.some(({ type }) => type === 'IHDR')) throw damaged('the PNG has no header');
  return chunks;
}
