import { joinBytes, latin, standsAt, viewOf } from './bytes.ts';
import { damaged } from './damage.ts';
import type { XmpHolder } from './holder.ts';
import { fitPacket } from './packet.ts';

/** A piece of the file: the whole of it from its 0xff on, and what follows the length. */
interface Segment {
  readonly marker: number;
  readonly start: number;
  readonly data: number;
  readonly end: number;
}

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
/** TEM and the restart markers stand alone, without a length. */
const isAlone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);

const XMP = latin('http://ns.adobe.com/xap/1.0/\0');
const EXTENDED_XMP = latin('http://ns.adobe.com/xmp/extension/\0');
/** After its name: a GUID of 32 characters, the length of the whole and the offset of this part. */
const EXTENDED_HEADER_BYTES = EXTENDED_XMP.length + 32 + 4 + 4;
const EXIF = latin('Exif\0');
const MULTI_PICTURE = latin('MPF\0');
/** XMP part 3, 1.1.3.1. */
const MAX_BYTES = 65_502;

/**
 * A JPEG and its XMP. Only that one segment is ever changed: EXIF, colour profile, Extended XMP, coded data and all
 * that follows the end (further pictures, videos) stay.
 * @throws IMAGE_CORRUPT where the file is cut short, or its segments cannot be followed to the end
 */
export function openJpeg(bytes: Uint8Array): XmpHolder {
  const segments = segmentsOf(bytes);
  const begins = (marker: number, name: Uint8Array) => (one: Segment) =>
    one.marker === marker && standsAt(bytes, one.data, name);
  const [own, second] = segments.filter(begins(APP1, XMP));
  if (second) throw damaged('it has two XMP packets');
  const pictures = segments.find(begins(APP2, MULTI_PICTURE));
  const extended = segments.filter(begins(APP1, EXTENDED_XMP));
  return {
    format: 'jpeg',
    packet: own && bytes.subarray(own.data + XMP.length, own.end),
    extended:
      extended.length > 0
        ? joinBytes(extended.map(({ data, end }) => bytes.subarray(data + EXTENDED_HEADER_BYTES, end)))
        : undefined,
    put(packet) {
      // Offsets of further pictures count from the MPF segment: what follows it must keep its length.
      const isFixed = own !== undefined && pictures !== undefined && own.start > pictures.start;
      const fitted = isFixed
        ? fitPacket(packet, own.end - own.data - XMP.length, { exact: true })
        : fitPacket(packet, MAX_BYTES);
      if (!fitted) return undefined;
      const at = own?.start ?? placeFor(bytes, segments, pictures);
      return joinBytes([bytes.subarray(0, at), segmentWith(fitted), bytes.subarray(own?.end ?? at)]);
    },
  };
}

/** Behind JFIF and EXIF, which must come first. */
function placeFor(bytes: Uint8Array, segments: readonly Segment[], pictures: Segment | undefined): number {
  const first = segments.filter(
    ({ marker, data, start }) =>
      (marker === APP0 || (marker === APP1 && standsAt(bytes, data, EXIF))) &&
      start < (pictures?.start ?? Infinity),
  );
  return first.at(-1)?.end ?? 2;
}

function segmentWith(packet: Uint8Array): Uint8Array {
  const length = 2 + XMP.length + packet.length;
  return joinBytes([Uint8Array.of(0xff, APP1, length >> 8, length & 0xff), XMP, packet]);
}

/** All segments to the end of the picture; coded data between them is stepped over. */
function segmentsOf(bytes: Uint8Array): Segment[] {
  const view = viewOf(bytes);
  const segments: Segment[] = [];
  const cutShort = () => damaged(`the JPEG ends without its end marker, after ${bytes.length} bytes`);
  for (let at = 2; ;) {
    if (at + 2 > bytes.length) throw cutShort();
    if (bytes[at] !== 0xff) throw damaged(`no JPEG segment begins at byte ${at}, where one should`);
    const marker = bytes[at + 1] as number;
    if (marker === 0xff) {
      at += 1; // fill bytes may stand before a marker
      continue;
    }
    if (marker === END_OF_IMAGE) {
      if (!segments.some((one) => one.marker === START_OF_SCAN)) throw damaged('the JPEG holds no picture');
      return segments;
    }
    if (isAlone(marker)) {
      at += 2;
      continue;
    }
    if (marker === 0x00 || marker === 0xd8)
      throw damaged(`no JPEG segment begins at byte ${at}, where one should`);
    if (at + 4 > bytes.length) throw cutShort();
    const length = view.getUint16(at + 2);
    const end = at + 2 + length;
    if (length < 2 || end > bytes.length)
      throw damaged(`the JPEG segment at byte ${at} says that it has ${length} bytes, which cannot be`);
    segments.push({ marker, start: at, data: at + 4, end });
    at = marker === START_OF_SCAN ? endOfScan(bytes, end) : end;
  }
}

/** Where the next marker stands that is neither a stuffed 0xff nor a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at)) {
    const next = bytes[at + 1];
    if (next === 0x00 || (next !== undefined && isAlone(next))) at += 2;
    else if (next === 0xff) at += 1;
    else return at;
  }
  return bytes.length;
}
