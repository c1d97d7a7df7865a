import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { datasetFolder } from '../../test/dataset-folder.ts';
import { parseDatasetSpec } from '../dataset.ts';
import { readDataset } from '../read-dataset.ts';

describe('a specification', () => {
  it('is format and folder', () => {
    expect(parseDatasetSpec('coco:/data/coco')).toEqual({ format: 'coco', folder: '/data/coco' });
    expect(parseDatasetSpec('voc:C:\\data')).toEqual({ format: 'voc', folder: 'C:\\data' });
  });

  it.each(['coco', 'coco:', ':x', '', 'png:/data', '/data/coco'])('is not %j', (spec) => {
    expect(() => parseDatasetSpec(spec)).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER' }) as Error,
    );
  });
});

describe('imagenet', () => {
  it('reads a folder per class, by WordNet id or name', async () => {
    const folder = await datasetFolder({
      'val/n01440764/b.JPEG': '',
      'val/n01440764/a.JPEG': '',
      'val/n01443537_goldfish/c.jpg': '',
      'val/zebra/deep/d.png': '',
      'train/zebra/e.png': '',
    });
    const set = await readDataset('imagenet', folder);
    expect(set).toMatchObject({ split: 'val', has: { labels: true, boxes: false } });
    expect(set.categories).toEqual([
      { id: 0, name: 'n01440764', wnid: 'n01440764' },
      { id: 1, name: 'goldfish', wnid: 'n01443537' },
      { id: 2, name: 'zebra' },
    ]);
    expect(set.images.map(({ name }) => name)).toEqual([
      'n01440764/a.JPEG',
      'n01440764/b.JPEG',
      'n01443537_goldfish/c.jpg',
      'zebra/deep/d.png',
    ]);
    expect(set.truths.map(({ categoryId }) => categoryId)).toEqual([0, 0, 1, 2]);
    expect((await readDataset('imagenet', folder, { split: 'train' })).images).toHaveLength(1);
  });

  it('reads pictures named by their class', async () => {
    const folder = await datasetFolder({
      'n01440764_tench.JPEG': '',
      'n01440764_10026.JPEG': '',
      'n02100236_7_German_short-haired_pointer.JPEG': '',
    });
    const set = await readDataset('imagenet', folder);
    expect(set.categories).toEqual([
      { id: 0, name: 'tench', wnid: 'n01440764' },
      { id: 1, name: 'German short-haired pointer', wnid: 'n02100236' },
    ]);
    expect(set.truths.map(({ categoryId }) => categoryId)).toEqual([0, 0, 1]);
  });

  it('says what is wrong', async () => {
    await expect(readDataset('imagenet', await datasetFolder({ 'cat.jpg': '' }))).rejects.toThrow(
      /cat\.jpg: its name does not tell/,
    );
    await expect(readDataset('imagenet', await datasetFolder({ 'a.txt': '' }))).rejects.toThrow(
      'has no pictures',
    );
    const folder = await datasetFolder({ 'val/cat/a.jpg': '' });
    await expect(readDataset('imagenet', folder, { split: 'test' })).rejects.toThrow('has no folder test');
    await expect(readDataset('imagenet', folder, { split: '/etc' })).rejects.toThrow('does not stay inside');
  });
});

/** An idx file: magic number, sizes, bytes. */
function idx(magic: number, dims: readonly number[], bytes: readonly number[]): Buffer {
  const header = Buffer.alloc(4 + 4 * dims.length);
  [magic, ...dims].forEach((value, i) => header.writeUInt32BE(value, 4 * i));
  return Buffer.concat([header, Buffer.from(bytes)]);
}

describe('mnist', () => {
  const images = idx(0x0803, [2, 1, 3], [1, 2, 3, 4, 5, 6]);
  const labels = idx(0x0801, [2], [7, 0]);
  const names = ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'] as const;
  const read = async (one: Buffer, two: Buffer) =>
    readDataset('mnist', await datasetFolder({ [names[0]]: one, [names[1]]: two }));

  it('reads pictures and labels, packed or not', async () => {
    const packed = await datasetFolder({
      'MNIST/raw/train-images.idx3-ubyte.gz': gzipSync(images),
      'MNIST/raw/train-labels.idx1-ubyte': labels,
    });
    for (const set of [await read(images, labels), await readDataset('mnist', packed, { split: 'train' })]) {
      expect(set.images.map(({ source }) => source)).toEqual([
        { pixels: { data: Buffer.of(1, 2, 3), width: 3, height: 1, channels: 1 } },
        { pixels: { data: Buffer.of(4, 5, 6), width: 3, height: 1, channels: 1 } },
      ]);
      expect(set.images[1]?.name).toBe(`${set.split}/1`);
      expect(set.truths.map(({ imageId, categoryId }) => [imageId, categoryId])).toEqual([
        [1, 7],
        [2, 0],
      ]);
    }
  });

  it('says at which byte it is damaged', async () => {
    await expect(read(images.subarray(0, 20), labels)).rejects.toThrow(
      'images-idx3-ubyte at byte 20: has 20 bytes, 2 x 1 x 3 needs 22',
    );
    await expect(read(images.subarray(0, 10), labels)).rejects.toThrow('at byte 10: the file is cut short');
    await expect(read(labels, labels)).rejects.toThrow('at byte 10: the file is cut short');
    await expect(read(images, images)).rejects.toThrow('at byte 0: begins with 0x00000803, not 0x00000801');
    await expect(read(images, idx(0x0801, [1], [7]))).rejects.toThrow('at byte 4: has 1 labels');
    await expect(read(images, idx(0x0801, [2], [7, 10]))).rejects.toThrow(
      'labels-idx1-ubyte at byte 9: the label 10',
    );
    await expect(read(idx(0x0803, [2, 0, 3], []), labels)).rejects.toThrow('at byte 8: a size is 0');
    const cut = await datasetFolder({
      [`${names[0]}.gz`]: gzipSync(images).subarray(0, 20),
      [names[1]]: labels,
    });
    await expect(readDataset('mnist', cut)).rejects.toThrow('cannot be unpacked');
    await expect(readDataset('mnist', await datasetFolder({ a: '' }))).rejects.toMatchObject({
      hint: expect.stringContaining('t10k-images-idx3-ubyte') as string,
    });
    await expect(readDataset('mnist', cut, { split: 'val' })).rejects.toThrow('no split val');
  });
});

describe('cifar10', () => {
  const record = (label: number, seed: number) => {
    const bytes = Buffer.alloc(3073, seed);
    bytes[0] = label;
    bytes.set([10, 11], 1);
    bytes.set([20, 21], 1 + 1024);
    bytes.set([30, 31], 1 + 2048);
    return bytes;
  };

  it('reads planes as pixels', async () => {
    const folder = await datasetFolder({ 'test_batch.bin': Buffer.concat([record(3, 0), record(9, 5)]) });
    const set = await readDataset('cifar10', folder);
    expect(set.truths.map(({ categoryId }) => set.categories[categoryId]?.name)).toEqual(['cat', 'truck']);
    expect(set.images).toMatchObject([{ width: 32, height: 32 }, { name: 'test/1' }]);
    const data = set.images.map(({ source }) => ('pixels' in source ? [...source.pixels.data] : []));
    expect(data[1]).toHaveLength(3072);
    expect(data[1]?.slice(0, 9)).toEqual([10, 20, 30, 11, 21, 31, 5, 5, 5]);
    expect(data[0]?.slice(3, 9)).toEqual([11, 21, 31, 0, 0, 0]);
  });

  it('reads the five training files in order, and the names', async () => {
    const inner = [1, 2, 3, 4, 5].map(
      (i) => [`cifar-10-batches-bin/data_batch_${i}.bin`, record(i, 0)] as const,
    );
    const meta = 'cifar-10-batches-bin/batches.meta.txt';
    const names = 'abcdefghij'.split('');
    const folder = await datasetFolder({ ...Object.fromEntries(inner), [meta]: `${names.join('\n')}\n\n` });
    const set = await readDataset('cifar10', folder, { split: 'train' });
    expect(set.truths.map(({ categoryId }) => categoryId)).toEqual([1, 2, 3, 4, 5]);
    expect(set.categories.map(({ name }) => name)).toEqual(names);
    const short = await datasetFolder({ ...Object.fromEntries(inner), [meta]: 'a\nb' });
    await expect(readDataset('cifar10', short, { split: 'train' })).rejects.toThrow(
      'batches.meta.txt:2: must name 10',
    );
  });

  it('says at which byte it is damaged', async () => {
    const read = async (bytes: Buffer) =>
      readDataset('cifar10', await datasetFolder({ 'test_batch.bin': bytes }));
    await expect(read(Buffer.concat([record(1, 0), Buffer.alloc(9)]))).rejects.toThrow(
      'at byte 3073: the file is cut short',
    );
    await expect(read(Buffer.concat([record(1, 0), record(10, 0)]))).rejects.toThrow(
      'at byte 3073: the label 10',
    );
    await expect(read(Buffer.alloc(0))).rejects.toThrow('cut short');
    await expect(readDataset('cifar10', await datasetFolder({ a: '' }))).rejects.toThrow('is no CIFAR-10');
    await expect(
      readDataset('cifar10', await datasetFolder({ a: '' }), { split: 'toString' }),
    ).rejects.toThrow('no split');
  });
});
