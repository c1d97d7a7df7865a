import { inflateSync } from 'node:zlib';
import type { ClassMap } from '../dataset.ts';
import { damaged } from './files.ts';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Of one class map: far more than any has, far less than would fill the memory. */
const MAX_PIXELS = 2 ** 28;

/**
 * The palette indices of a PNG as VOC keeps class maps: 8 bits, palette or grey, not interlaced. Decoders of pictures
 * give the palette's colours instead; the classes are the indices.
 * @param file named in errors
 * @throws INVALID_PARAMETER naming file and byte offset when it is another kind of picture or damaged
 */
export function readIndexedPng(file: string, bytes: Buffer): ClassMap {
  const wrong = (offset: number, detail: string, cause?: unknown) =>
    damaged(`${file} at byte ${offset}`, detail, {
      cause,
      hint: 'Class maps are PNG pictures with 8-bit palette indices.',
    });
  if (!bytes.subarray(0, 8).equals(SIGNATURE)) throw wrong(0, 'is not a PNG picture');
  let header: { width: number; height: number } | undefined;
  const parts: Buffer[] = [];
  let at = 8;
  for (let type = ''; type !== 'IEND';) {
    if (at + 12 > bytes.length) throw wrong(at, 'the file is cut short');
    const length = bytes.readUInt32BE(at);
    type = bytes.toString('latin1', at + 4, at + 8);
    const body = bytes.subarray(at + 8, at + 8 + length);
    if (body.length < length) throw wrong(at, 'the file is cut short');
    if (type === 'IHDR' && length === 13) {
      header = { width: body.readUInt32BE(0), height: body.readUInt32BE(4) };
      const [depth, colour, interlace] = [body[8], body[9], body[12]];
      if (depth !== 8 || (colour !== 3 && colour !== 0) || interlace !== 0)
        throw wrong(at + 16, `has depth ${depth}, colour type ${colour}, interlace ${interlace}`);
      if (header.width * header.height > MAX_PIXELS)
        throw wrong(at + 8, `has more than ${MAX_PIXELS} pixels`);
    } else if (type === 'IDAT') parts.push(body);
    at += 12 + length;
  }
  if (!header) throw wrong(8, 'has no header');
  const { width, height } = header;
  let rows: Buffer;
  try {
    rows = inflateSync(Buffer.concat(parts), { maxOutputLength: (width + 1) * height + 1 });
  } catch (cause) {
    throw wrong(
      at,
      `its pixels cannot be unpacked (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    );
  }
  if (rows.length !== (width + 1) * height)
    throw wrong(at, `has ${rows.length} bytes of pixels, needs ${(width + 1) * height}`);
  return { data: unfilter(rows, width, height, (detail) => wrong(at, detail)), width, height };
}

/** Undoes PNG's row filters (specification, section 9) for one byte a pixel. */
function unfilter(rows: Buffer, width: number, height: number, wrong: (detail: string) => Error): Uint8Array {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (width + 1)]!;
    if (filter > 4) throw wrong(`row ${y} has the unknown filter ${filter}`);
    for (let x = 0; x < width; x++) {
      const to = y * width + x;
      const left = x > 0 ? data[to - 1]! : 0;
      const up = y > 0 ? data[to - width]! : 0;
      const upLeft = x > 0 && y > 0 ? data[to - width - 1]! : 0;
      const guess = [0, left, up, (left + up) >> 1, filter === 4 ? paeth(left, up, upLeft) : 0][filter]!;
      data[to] = rows[y * (width + 1) + 1 + x]! + guess;
    }
  }
  return data;
}

/** Whichever neighbour is nearest to left + up - upLeft; ties in that order. */
function paeth(left: number, up: number, upLeft: number): number {
  const guess = left + up - upLeft;
  const [toLeft, toUp, toUpLeft] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - upLeft)];
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}
