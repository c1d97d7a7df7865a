/** What the segments of a JPEG say, read without decoding. */
export interface JpegLayout {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 colour, 4 CMYK. */
  readonly components: number;
  /** Bits of a sample. */
  readonly precision: number;
}

/** Start of frame: baseline, extended, progressive (the kinds that everybody writes). */
const FRAME_MARKERS = new Set([0xc0, 0xc1, 0xc2]);
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);

/**
 * The layout of a JPEG that is whole: its segments can be followed to the first scan, and an end marker comes after
 * it (coded data never contains one; bytes that follow the end are ignored, as decoders do).
 * @returns undefined for any other file
 */
export function wholeJpegLayout(bytes: Uint8Array): JpegLayout | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let layout: JpegLayout | undefined;
  for (let at = 2; at + 4 <= buffer.length && buffer[at] === 0xff;) {
    const marker = buffer[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // fill bytes may stand before a marker
      continue;
    }
    const length = buffer.readUInt16BE(at + 2);
    if (marker === START_OF_SCAN)
      return buffer.indexOf(END_OF_IMAGE, at + 2 + length) < 0 ? undefined : layout;
    if (FRAME_MARKERS.has(marker) && length >= 8 && at + 10 <= buffer.length)
      layout = {
        precision: buffer[at + 4] ?? 0,
        height: buffer.readUInt16BE(at + 5),
        width: buffer.readUInt16BE(at + 7),
        components: buffer[at + 9] ?? 0,
      };
    if (length < 2) return undefined;
    at += 2 + length;
  }
  return undefined;
}
