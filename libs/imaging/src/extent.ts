// How far a damaged file got, as its own container declares it.

/**
 * A clause for an error: where the file ends, against where it should.
 * @returns e.g. "ends after 512 of 4096 bytes" or "is damaged within its 4096 bytes"
 */
export function whereItEnds(bytes: Uint8Array, format: string): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = declaredLength(view, format);
  if (declared !== undefined && declared > bytes.length)
    return `ends after ${bytes.length} of ${declared} bytes`;
  if (declared === undefined && !hasEndMarker(bytes, format))
    return `ends after ${bytes.length} bytes, without its end marker`;
  return `is damaged within its ${bytes.length} bytes`;
}

/** The length the container declares, or at least of the part that it declares last; undefined where it declares none. */
function declaredLength(view: DataView, format: string): number | undefined {
  if (format === 'webp') return view.byteLength >= 8 ? view.getUint32(4, true) + 8 : undefined;
  // PNG: 4 bytes length, 4 bytes type, the data, 4 bytes check sum.
  if (format === 'png') return walk(view, 8, { header: 8, lengthOf: (at) => view.getUint32(at) + 12 });
  if (format === 'avif' || format === 'heic')
    // ISO boxes: a length of 1 stands for a 64-bit one after the type, 0 for "to the end".
    return walk(view, 0, {
      header: 16,
      lengthOf: (at) => {
        const short = view.getUint32(at);
        if (short === 1) return Number(view.getBigUint64(at + 8));
        return short === 0 ? view.byteLength - at : short;
      },
    });
  return undefined;
}

function walk(view: DataView, start: number, part: { header: number; lengthOf(at: number): number }): number {
  let at = start;
  while (at + part.header <= view.byteLength) at += Math.max(part.header, part.lengthOf(at));
  return at;
}

function hasEndMarker(bytes: Uint8Array, format: string): boolean {
  if (format === 'jpeg') return bytes.at(-2) === 0xff && bytes.at(-1) === 0xd9;
  if (format === 'gif') return bytes.at(-1) === 0x3b;
  return true;
}
