import { join, posix } from 'node:path';
import type { Dataset, ReadDatasetOptions } from '../dataset.ts';
import { damaged, Fingerprint, listFolder, mapFiles, notThere, readBytes, textOf } from './files.ts';
import { labelledPixels } from './labelled-pixels.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;
/** One label, then the red, the green and the blue plane. */
const RECORD = 1 + 3 * PLANE;
const CLASSES = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
const FILES: Readonly<Record<string, readonly string[]>> = {
  test: ['test_batch.bin'],
  train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
};

/**
 * Reads CIFAR-10's binary version (`test_batch.bin`, `data_batch_1.bin` to `5`), in the folder or in
 * `cifar-10-batches-bin/`. Splits are test (the default) and train. Class names come from `batches.meta.txt` if there.
 */
export async function readCifar10(folder: string, options: ReadDatasetOptions): Promise<Dataset> {
  const split = options.split ?? 'test';
  const files = Object.hasOwn(FILES, split) ? FILES[split] : undefined;
  if (!files) throw notThere(`CIFAR-10 has no split ${split}`, ['train', 'test']);
  const place = await findPlace(folder, files);
  const fingerprint = new Fingerprint();
  const batches = await mapFiles(files, async (name) => {
    const file = join(folder, place, name);
    const bytes = await readBytes(file);
    fingerprint.addFile(posix.join(place, name), bytes);
    const rest = bytes.length % RECORD;
    if (rest !== 0 || bytes.length === 0)
      throw damaged(
        `${file} at byte ${bytes.length - rest}`,
        `the file is cut short: pictures have ${RECORD} bytes, the last has ${rest}`,
      );
    for (let at = 0; at < bytes.length; at += RECORD)
      if (bytes[at]! > 9) throw damaged(`${file} at byte ${at}`, `the label ${bytes[at]} is none of 0 to 9`);
    return bytes;
  });
  const records = Buffer.concat(batches);
  const count = records.length / RECORD;
  const pixels = new Uint8Array(count * 3 * PLANE);
  for (let i = 0; i < count; i++)
    for (let channel = 0; channel < 3; channel++) {
      const from = i * RECORD + 1 + channel * PLANE;
      let to = i * 3 * PLANE + channel;
      for (let at = 0; at < PLANE; at++, to += 3) pixels[to] = records[from + at]!;
    }
  return labelledPixels({
    format: 'cifar10',
    folder,
    split,
    sha256: fingerprint.sha256(),
    names: await readNames(join(folder, place), fingerprint),
    labels: Uint8Array.from({ length: count }, (_, i) => records[i * RECORD]!),
    pixels: (i) => ({
      data: pixels.subarray(i * 3 * PLANE, (i + 1) * 3 * PLANE),
      width: SIDE,
      height: SIDE,
      channels: 3,
    }),
  });
}

async function findPlace(folder: string, files: readonly string[]): Promise<string> {
  for (const place of ['.', 'cifar-10-batches-bin']) {
    const listed = (await listFolder(join(folder, place)))?.files ?? [];
    if (files.every((file) => listed.includes(file))) return place;
  }
  throw notThere(`${folder} is no CIFAR-10 data set in its binary version`, files);
}

async function readNames(place: string, fingerprint: Fingerprint): Promise<readonly string[]> {
  const name = 'batches.meta.txt';
  if (!(await listFolder(place))?.files.includes(name)) return CLASSES;
  const file = join(place, name);
  const bytes = await readBytes(file);
  fingerprint.addFile(name, bytes);
  const names = textOf(bytes, file)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (names.length !== 10)
    throw damaged(`${file}:${names.length}`, `must name 10 classes, names ${names.length}`);
  return names;
}
