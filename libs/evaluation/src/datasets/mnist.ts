import { join, posix } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Dataset, ReadDatasetOptions } from '../dataset.ts';
import { damaged, Fingerprint, listFolder, notThere, readBytes } from './files.ts';
import { labelledPixels } from './labelled-pixels.ts';

/** The first four bytes of an idx file: unsigned bytes in three dimensions, or in one. */
const IMAGES_MAGIC = 0x0803;
const LABELS_MAGIC = 0x0801;
/** Unpacked; MNIST's largest file has 47 MB. */
const MAX_BYTES = 2 ** 30;
const unzip = promisify(gunzip);

/**
 * Reads MNIST's idx files (`t10k-images-idx3-ubyte`, `train-labels-idx1-ubyte`, …, each also with `.gz`), in the folder
 * or in `raw/` or `MNIST/raw/`. Splits are test (the default) and train.
 */
export async function readMnist(folder: string, options: ReadDatasetOptions): Promise<Dataset> {
  const split = options.split ?? 'test';
  const stem = split === 'test' ? 't10k' : 'train';
  const lookedFor = [`${stem}-images-idx3-ubyte[.gz]`, `${stem}-labels-idx1-ubyte[.gz]`];
  if (split !== 'test' && split !== 'train') throw notThere(`MNIST has no split ${split}`, ['train', 'test']);
  const fingerprint = new Fingerprint();
  const images = await readIdx(
    folder,
    { stem: `${stem}-images`, magic: IMAGES_MAGIC, dimensions: 3 },
    fingerprint,
  );
  const labels = await readIdx(
    folder,
    { stem: `${stem}-labels`, magic: LABELS_MAGIC, dimensions: 1 },
    fingerprint,
  );
  if (!images || !labels) throw notThere(`${folder} is no MNIST data set`, lookedFor);

  const [count = 0, height = 0, width = 0] = images.dims;
  if (labels.dims[0] !== count)
    throw damaged(
      `${labels.file} at byte 4`,
      `has ${labels.dims[0]} labels, ${images.file} ${count} pictures`,
    );
  const bad = labels.data.findIndex((label) => label > 9);
  if (bad >= 0)
    throw damaged(`${labels.file} at byte ${8 + bad}`, `the label ${labels.data[bad]} is no digit`);
  return labelledPixels({
    format: 'mnist',
    folder,
    split,
    sha256: fingerprint.sha256(),
    names: Array.from({ length: 10 }, (_, digit) => String(digit)),
    labels: labels.data,
    pixels: (i) => ({
      data: images.data.subarray(i * width * height, (i + 1) * width * height),
      width,
      height,
      channels: 1,
    }),
  });
}

async function readIdx(
  folder: string,
  wanted: { stem: string; magic: number; dimensions: number },
  fingerprint: Fingerprint,
): Promise<{ file: string; dims: number[]; data: Uint8Array } | undefined> {
  const { stem, magic, dimensions } = wanted;
  // Some archives have a dot where others have a dash.
  const names = [`${stem}-idx${dimensions}-ubyte`, `${stem}.idx${dimensions}-ubyte`].flatMap((name) => [
    name,
    `${name}.gz`,
  ]);
  for (const place of ['.', 'raw', 'MNIST/raw']) {
    const files = (await listFolder(join(folder, place)))?.files ?? [];
    const name = names.find((candidate) => files.includes(candidate));
    if (name === undefined) continue;
    const file = join(folder, place, name);
    const packed = await readBytes(file);
    fingerprint.addFile(posix.join(place, name), packed);
    const bytes = name.endsWith('.gz') ? await unpack(file, packed) : packed;
    const header = 4 + 4 * dimensions;
    if (bytes.length < header) throw damaged(`${file} at byte ${bytes.length}`, 'the file is cut short');
    if (bytes.readUInt32BE(0) !== magic)
      throw damaged(`${file} at byte 0`, `begins with ${hex(bytes.readUInt32BE(0))}, not ${hex(magic)}`);
    const dims = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
    if (dims.includes(0)) throw damaged(`${file} at byte ${4 + 4 * dims.indexOf(0)}`, 'a size is 0');
    const expected = header + dims.reduce((product, size) => product * size, 1);
    if (bytes.length !== expected)
      throw damaged(
        `${file} at byte ${Math.min(bytes.length, expected)}`,
        `has ${bytes.length} bytes, ${dims.join(' x ')} needs ${expected}`,
      );
    return { file, dims, data: bytes.subarray(header) };
  }
  return undefined;
}

const hex = (value: number) => `0x${value.toString(16).padStart(8, '0')}`;

async function unpack(file: string, packed: Buffer): Promise<Buffer> {
  try {
    return await unzip(packed, { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    throw damaged(file, `cannot be unpacked (${cause instanceof Error ? cause.message : String(cause)})`, {
      cause,
    });
  }
}
