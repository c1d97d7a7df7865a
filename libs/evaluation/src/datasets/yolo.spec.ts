import { expect, it } from 'vitest';
import { polygonsToMask } from '@fovea/geometry';
import { datasetFolder, indexedPng, jpegHead } from '../../test/dataset-folder.ts';
import { readDataset } from '../read-dataset.ts';

const PNG = indexedPng(20, 10, []);
const YAML = 'path: ../datasets/tiny\ntrain: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n';
const files = (labels: string, yaml = YAML) => ({
  'data.yaml': yaml,
  'images/val/a.png': PNG,
  'images/val/b.png': PNG,
  'labels/val/a.txt': labels,
});
const read = async (labels: string, yaml?: string) =>
  readDataset('yolo', await datasetFolder(files(labels, yaml)));

it('reads relative boxes as pixels; a picture without label file is empty', async () => {
  const set = await read('1 0.5 0.5 0.5 1\n\n0 0.25 0.25 0.1 0.2\n0 0.25 0.25 0.1 0.2\n');
  expect(set).toMatchObject({
    split: 'val',
    images: [
      { id: 1, name: 'images/val/a.png', width: 20, height: 10 },
      { id: 2, name: 'images/val/b.png' },
    ],
    categories: [
      { id: 0, name: 'cat' },
      { id: 1, name: 'dog' },
    ],
    has: { boxes: true, masks: false, keypoints: false },
  });
  expect(set.truths).toEqual([
    { id: 1, imageId: 1, categoryId: 1, box: { x: 5, y: 0, width: 10, height: 10 }, area: 100, crowd: false },
    { id: 2, imageId: 1, categoryId: 0, box: { x: 4, y: 1.5, width: 2, height: 2 }, area: 4, crowd: false },
  ]);
});

it('reads outlines', async () => {
  const set = await read('0 0.1 0.2 0.5 0.2 0.5 0.8 0.1 0.8\n');
  expect(set.has.masks).toBe(true);
  expect(set.truths[0]).toMatchObject({ box: { x: 2, y: 2, width: 8, height: 6 }, area: 48 });
  expect(set.truths[0]?.mask).toEqual(
    polygonsToMask([[2, 2, 10, 2, 10, 8, 2, 8]], { width: 20, height: 10 }),
  );
});

it('reads keypoints with and without visibility', async () => {
  const three = await read('0 0.5 0.5 1 1 0.1 0.1 2 0 0 0', `${YAML}kpt_shape: [2, 3]\n`);
  expect(three.truths[0]).toMatchObject({ keypoints: [2, 1, 2, 0, 0, 0], numKeypoints: 1 });
  const two = await read('0 0.5 0.5 1 1 0.1 0.1 0 0', `${YAML}kpt_shape: [2, 2]\n`);
  expect(two.truths[0]).toMatchObject({ keypoints: [2, 1, 2, 0, 0, 0], numKeypoints: 1 });
});

it('turns sizes by EXIF orientation', async () => {
  const folder = await datasetFolder({
    'data.yaml': 'val: images\nnames: [cat]',
    'images/a.jpg': jpegHead(30, 10, 1),
    'images/b.jpg': jpegHead(30, 10, 6),
    'labels/b.txt': '0 0.5 0.5 1 1',
  });
  const set = await readDataset('yolo', folder);
  expect(set.images).toMatchObject([
    { width: 30, height: 10 },
    { width: 10, height: 30 },
  ]);
  expect(set.truths[0]?.box).toEqual({ x: 0, y: 0, width: 10, height: 30 });
});

it('finds the pictures of list files, of several folders, and where Roboflow says ../', async () => {
  const inside = { ...files('0 0.5 0.5 1 1'), 'val.txt': './images/val/a.png\n' };
  const list = await datasetFolder({ ...inside, 'data.yaml': 'val: val.txt\nnames: [cat]' });
  expect((await readDataset('yolo', list)).images).toHaveLength(1);
  const both = await datasetFolder({
    ...inside,
    'images/more/c.png': PNG,
    'data.yaml': 'val: [images/val, images/more]\nnames: [cat]',
  });
  expect((await readDataset('yolo', both)).images).toHaveLength(3);
  const up = await datasetFolder({ ...inside, 'data.yaml': 'val: ../images/val\nnames: [cat]' });
  expect((await readDataset('yolo', up)).images).toHaveLength(2);
});

it.each<[string, RegExp]>([
  ['0 0.5 0.5 1 1\n0 0.5 x 1 1', /labels\/val\/a\.txt:2: value 3, "x", is not a number/],
  ['0 0.5 nan 1 1', /a\.txt:1: value 3, "nan", is not a number/],
  ['2 0.5 0.5 1 1', /a\.txt:1: class 2 is none of the names/],
  ['0.5 0.5 0.5 1 1', /a\.txt:1: class 0\.5 is none/],
  ['0 0.5 0.5 -0.0005 1', /a\.txt:1: has a negative size/],
  ['0 120 0.5 1 1', /a\.txt:1: value 2, 120, is not relative/],
  ['0 0.5 0.5 1 1 0.9', /a\.txt:1: must be class cx cy width height, or .* has 6 values/],
])('says where a label file is wrong: %j', async (labels, message) => {
  await expect(read(labels)).rejects.toMatchObject({
    code: 'INVALID_PARAMETER',
    message: expect.stringMatching(message) as string,
  });
});

it('says where keypoints are wrong', async () => {
  const yaml = `${YAML}kpt_shape: [1, 3]\n`;
  await expect(read('0 0.5 0.5 1 1 0.1 0.1', yaml)).rejects.toThrow(
    'a.txt:1: must be a class, a box and 1 keypoints, 8 values, has 7',
  );
  await expect(read('0 0.5 0.5 1 1 0.1 0.1 5', yaml)).rejects.toThrow('a.txt:1: value 8 is a visibility');
  await expect(read('0 0.5 0.5 1 1 7 0.1 2', yaml)).rejects.toThrow('a.txt:1: value 6, 7, is not relative');
});

it.each<[string, RegExp]>([
  ['val: images/val\nnames: [cat', /data\.yaml:\d: is not valid YAML/],
  ['- a', /data\.yaml:1: must be a map/],
  ['val: images/val', /data\.yaml:1: names must be a list or map/],
  ['val: images/val\nnames:\n  0: cat\n  x: dog', /data\.yaml:4: names: "x" is not a class number/],
  ['val: images/val\nnames:\n  - cat\n  - []', /data\.yaml:4: names: class 1 has no name/],
  ['val: images/val\nnames: []', /data\.yaml:2: names must have at least one class/],
  ['val: images/val\nnc: 3\nnames: [a]', /data\.yaml:2: nc is 3, but there are 1 names/],
  ['names: [a]\nval: /etc', /data\.yaml:2: the path "\/etc" does not stay inside/],
  ['names: [a]\nval: ../../etc', /data\.yaml:2: the path ".*" does not stay inside/],
  ['names: [a]\nval: images/none', /data\.yaml:2: val: there is no folder images\/none/],
  ['names: [a]\nval: 3', /data\.yaml:2: val must be a folder/],
  ['names: [a]\nval: images/val\nkpt_shape: [1]', /data\.yaml:3: kpt_shape must be/],
  ['names: [a]', /has no train, val or test/],
])('says where data.yaml is wrong: %j', async (yaml, message) => {
  await expect(read('', yaml)).rejects.toMatchObject({
    code: 'INVALID_PARAMETER',
    message: expect.stringMatching(message) as string,
  });
});

it('does not unfold aliases without end', async () => {
  const level = (i: number) =>
    `a${i}: &a${i} [${Array(10)
      .fill(`*a${i - 1}`)
      .join(', ')}]`;
  const bomb = ['a0: &a0 [x, x]', ...[1, 2, 3, 4, 5].map(level), 'names: [a]', 'val: images/val'].join('\n');
  await expect(read('', bomb)).rejects.toThrow(/data\.yaml:1: cannot be unfolded/);
});

it('names missing pictures, unreadable ones and missing labels', async () => {
  const list = { 'data.yaml': 'val: val.txt\nnames: [cat]', 'val.txt': 'images/x.png' };
  await expect(readDataset('yolo', await datasetFolder(list))).rejects.toThrow(
    '1 of 1 pictures are missing: images/x.png',
  );
  const outside = await datasetFolder({ ...list, 'val.txt': 'a.png\n../x.png' });
  await expect(readDataset('yolo', outside)).rejects.toThrow(/val\.txt:2: the path/);
  const broken = await datasetFolder({ ...list, 'images/x.png': 'text' });
  await expect(readDataset('yolo', broken)).rejects.toThrow(/x\.png: the size of the picture cannot be read/);
  const bare = await datasetFolder({ ...list, 'images/x.png': PNG });
  await expect(readDataset('yolo', bare)).rejects.toMatchObject({ hint: 'Looked for labels/x.txt.' });
  await expect(readDataset('yolo', await datasetFolder({ a: '' }))).rejects.toThrow('is no YOLO data set');
});
