const ORIENTATION_TAG = 0x0112;

/**
 * The EXIF orientation of a JPEG, read from its first segments: quicker than a second pass of libvips over the file.
 * @returns 1..8; 1 where there is none or it cannot be read
 */
export function jpegOrientation(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // After the two bytes of the start, segments: 0xff, a marker, the length with its own two bytes, the data.
  for (let at = 2; at + 4 <= view.byteLength && view.getUint8(at) === 0xff;) {
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0xda || marker === 0xd9) break;
    const length = view.getUint16(at + 2);
    if (length < 2 || at + 2 + length > view.byteLength) break;
    const segment = new DataView(bytes.buffer, bytes.byteOffset + at + 4, length - 2);
    if (marker === 0xe1 && segment.byteLength >= 14 && segment.getUint32(0) === 0x45786966 /* Exif */)
      return orientationIn(segment);
    at += 2 + length;
  }
  return 1;
}

/** `Exif\0\0`, then a TIFF header, then the first directory of 12-byte entries. */
function orientationIn(segment: DataView): number {
  const tiff = 6;
  const little = segment.getUint16(tiff) === 0x4949;
  const directory = tiff + segment.getUint32(tiff + 4, little);
  if (directory + 2 > segment.byteLength) return 1;
  const entries = segment.getUint16(directory, little);
  for (let at = directory + 2; at + 12 <= segment.byteLength && at < directory + 2 + entries * 12; at += 12) {
    if (segment.getUint16(at, little) !== ORIENTATION_TAG) continue;
    const value = segment.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}
