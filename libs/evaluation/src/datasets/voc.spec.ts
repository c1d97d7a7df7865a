import { expect, it } from 'vitest';
import { datasetFolder, indexedPng } from '../../test/dataset-folder.ts';
import { readDataset } from '../read-dataset.ts';

const object = (name: string, corners: readonly number[], extra = '') =>
  `<object><name>${name}</name>${extra}<bndbox><xmin>${corners[0]}</xmin><ymin>${corners[1]}</ymin><xmax>${corners[2]}</xmax><ymax>${corners[3]}</ymax></bndbox></object>`;
const xml = (...objects: string[]) =>
  `<annotation>\n<filename>x.jpg</filename>\n<size><width>20</width><height>10</height><depth>3</depth></size>\n${objects.join('\n')}\n</annotation>`;
const files = (one: string) => ({
  'Annotations/000001.xml': one,
  'Annotations/000002.xml': xml(),
  'JPEGImages/000001.jpg': '',
  'JPEGImages/000002.png': '',
});
const read = async (one: string) => readDataset('voc', await datasetFolder(files(one)));

it('reads boxes from corners that count from 1, difficult ones as ignored, parts not at all', async () => {
  const part =
    '<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>';
  const set = await read(
    xml(object('dog', [1, 1, 20, 10]), object('person', [3, 4, 3, 4], `<difficult>1</difficult>${part}`)),
  );
  expect(set.truths).toEqual([
    {
      id: 1,
      imageId: 1,
      categoryId: 12,
      box: { x: 0, y: 0, width: 20, height: 10 },
      area: 200,
      crowd: false,
    },
    {
      id: 2,
      imageId: 1,
      categoryId: 15,
      box: { x: 2, y: 3, width: 1, height: 1 },
      area: 1,
      crowd: false,
      ignore: true,
    },
  ]);
  expect(set.images).toMatchObject([
    { id: 1, name: '000001.jpg', width: 20, height: 10 },
    { id: 2, name: '000002.png' },
  ]);
  expect(set.categories).toHaveLength(20);
});

it('numbers other classes by the alphabet', async () => {
  const set = await read(xml(object('zebra', [1, 1, 2, 2]), object('ape', [1, 1, 2, 2])));
  expect(set.categories).toEqual([
    { id: 1, name: 'ape' },
    { id: 2, name: 'zebra' },
  ]);
  expect(set.truths.map(({ categoryId }) => categoryId)).toEqual([2, 1]);
});

it('takes the pictures of an image set, in a devkit too', async () => {
  const inner = Object.entries({
    ...files(xml()),
    'ImageSets/Main/val.txt': '000002\n',
    'ImageSets/Main/one.txt': '000001  1\n000002 -1\n',
  });
  const folder = await datasetFolder(
    Object.fromEntries(inner.map(([name, content]) => [`VOC2007/${name}`, content])),
  );
  expect(await readDataset('voc', folder)).toMatchObject({ split: 'val', images: [{ name: '000002.png' }] });
  expect(await readDataset('voc', folder, { split: 'one' })).toMatchObject({
    images: [{ name: '000001.jpg' }],
  });
  await expect(readDataset('voc', folder, { split: 'test' })).rejects.toMatchObject({
    hint: 'Looked for ImageSets/Main/test.txt.',
  });
});

it('gives class maps with all of PNG’s row filters undone', async () => {
  const rows = [
    [0, 1, 2, 255],
    [1, 1, 1, 0],
    [2, 1, 0, 1],
    [3, 2, 2, 2],
    [4, 1, 1, 3],
  ];
  const folder = await datasetFolder({
    ...files(xml()),
    'SegmentationClass/000001.png': indexedPng(3, 5, rows),
  });
  const set = await readDataset('voc', folder);
  expect(set.has.classMaps).toBe(true);
  expect(await set.classMap?.(1)).toEqual({
    width: 3,
    height: 5,
    // By hand: none; left; up; mean of left and up; Paeth.
    data: Uint8Array.of(1, 2, 255, 1, 2, 2, 2, 2, 3, 3, 4, 5, 4, 5, 8),
  });
  expect(await set.classMap?.(2)).toBeUndefined();
});

it('says at which byte a class map is damaged', async () => {
  const whole = indexedPng(3, 1, [[0, 1, 2, 3]]);
  const mapOf = async (png: Buffer) => {
    const set = await readDataset(
      'voc',
      await datasetFolder({ ...files(xml()), 'SegmentationClass/000001.png': png }),
    );
    return set.classMap?.(1);
  };
  await expect(mapOf(Buffer.from('GIF89a'))).rejects.toThrow(/000001\.png at byte 0: is not a PNG/);
  await expect(mapOf(whole.subarray(0, 40))).rejects.toThrow(/at byte 33: the file is cut short/);
  await expect(mapOf(indexedPng(3, 1, [[7, 1, 2, 3]]))).rejects.toThrow('unknown filter 7');
  await expect(mapOf(indexedPng(3, 2, [[0, 1, 2, 3]]))).rejects.toThrow('has 4 bytes of pixels, needs 8');
  await expect(mapOf(indexedPng(1, 1, [[0, 1, 2, 3]]))).rejects.toThrow('cannot be unpacked');
  const rgb = Buffer.from(whole);
  rgb[25] = 2;
  await expect(mapOf(rgb)).rejects.toThrow(/at byte 24: has depth 8, colour type 2/);
});

it.each<[string, string, RegExp]>([
  ['an open element', '<annotation>\n<size>\n</annotation>', /000001\.xml:3: is not valid XML/],
  ['nothing', '', /000001\.xml:1: is not valid XML/],
  ['another root', '<svg/>', /000001\.xml:1: <svg> is not a VOC/],
  [
    'no corner',
    xml('<object><name>dog</name><bndbox><xmin>1</xmin></bndbox></object>'),
    /000001\.xml:4: <bndbox> has no <ymin>/,
  ],
  ['no box', xml('', '<object><name>dog</name></object>'), /000001\.xml:5: <object> has no <bndbox>/],
  ['no name', xml('<object><name> </name></object>'), /000001\.xml:4: <name> is empty/],
  ['no number', xml(object('dog', [1, NaN, 2, 2])), /000001\.xml:4: <ymin> must be a number, is "NaN"/],
  [
    'a negative size',
    xml(object('dog', [5, 1, 2, 2])),
    /000001\.xml:4: <bndbox> has a negative size: x 5 to 2/,
  ],
  [
    'a size of nothing',
    xml().replace('>20<', '>0<'),
    /000001\.xml:3: <width> must be a whole number of pixels, is 0/,
  ],
  [
    'a way out',
    xml().replace('x.jpg', '../x.jpg'),
    /000001\.xml:2: the path "..\/x.jpg" does not stay inside/,
  ],
])('says where: %s', async (_what, content, message) => {
  await expect(read(content)).rejects.toMatchObject({
    code: 'INVALID_PARAMETER',
    message: expect.stringMatching(message) as string,
  });
});

it.each([
  ['000001\n000001', 'val.txt:2: 000001 stands there twice'],
  ['000001\n\n000009', 'val.txt:3: there is no Annotations/000009.xml'],
  ['../000001', 'val.txt:1: the path "../000001" does not stay inside'],
  ['000001 1 1', 'val.txt:1: must be one picture'],
])('says where an image set is wrong: %j', async (list, message) => {
  const folder = await datasetFolder({ ...files(xml()), 'ImageSets/Main/val.txt': list });
  await expect(readDataset('voc', folder)).rejects.toThrow(message);
});

it('names missing pictures, and what was looked for', async () => {
  const folder = await datasetFolder({ 'Annotations/1.xml': xml(), 'JPEGImages/2.jpg': '' });
  await expect(readDataset('voc', folder)).rejects.toThrow('1 of 1 pictures are missing: 1.jpg');
  await expect(readDataset('voc', await datasetFolder({ a: '' }))).rejects.toMatchObject({
    hint: expect.stringContaining('JPEGImages/') as string,
  });
});
