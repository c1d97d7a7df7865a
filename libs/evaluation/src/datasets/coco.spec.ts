import { encodeMask, maskFromRuns, polygonsToMask } from '@fovea/geometry';
import { expect, it } from 'vitest';
import { datasetFolder } from '../../test/dataset-folder.ts';
import { readDataset } from '../read-dataset.ts';

const SIZE = { width: 6, height: 4 };
const base = () => ({
  images: [
    { id: 7, file_name: 'a.jpg', ...SIZE },
    { id: 3, file_name: 'b.jpg', ...SIZE },
  ],
  categories: [
    { id: 1, name: 'person', keypoints: ['nose', 'tail'] },
    { id: 18, name: 'dog' },
  ],
  annotations: [{ id: 5, image_id: 7, category_id: 18, bbox: [1, 1, 3, 2] }] as Record<string, unknown>[],
});
type Content = ReturnType<typeof base>;
const files = (content: unknown, name = 'annotations/instances_val2017.json') => ({
  [name]: typeof content === 'string' ? content : JSON.stringify(content, undefined, 1),
  'val2017/a.jpg': 'a',
  'val2017/b.jpg': 'b',
});
const read = async (content: unknown) => readDataset('coco', await datasetFolder(files(content)));
/** The base with one annotation changed. */
const withAnnotation = (fields: Record<string, unknown>): Content => {
  const content = base();
  return { ...content, annotations: [{ ...content.annotations[0], ...fields }] };
};

it('reads pictures, categories and boxes in the order of the file', async () => {
  const folder = await datasetFolder(files(base()));
  const set = await readDataset('coco', folder);
  expect(set).toMatchObject({
    format: 'coco',
    split: 'val2017',
    folder,
    images: [
      { id: 7, name: 'a.jpg', source: { file: `${folder}/val2017/a.jpg` }, ...SIZE },
      { id: 3, name: 'b.jpg' },
    ],
    categories: [
      { id: 1, name: 'person', keypoints: ['nose', 'tail'] },
      { id: 18, name: 'dog' },
    ],
    truths: [
      { id: 5, imageId: 7, categoryId: 18, box: { x: 1, y: 1, width: 3, height: 2 }, area: 6, crowd: false },
    ],
    has: { boxes: true, masks: false, keypoints: false, labels: false, captions: false },
  });
});

it('draws polygons and both kinds of run lengths as masks', async () => {
  const square = [1, 1, 4, 1, 4, 3, 1, 3];
  const content = base();
  const common = { image_id: 7, category_id: 18, bbox: [1, 1, 3, 2], area: 5.5 };
  const runs = [5, 2, 17];
  const mask = encodeMask(
    Uint8Array.from({ length: 24 }, (_, i) => i % 2),
    6,
    4,
  );
  content.annotations = [
    { id: 1, ...common, segmentation: [square, [0, 0, 2, 0, 2, 2]] },
    { id: 2, ...common, segmentation: { size: [4, 6], counts: runs }, iscrowd: 1 },
    { id: 3, ...common, segmentation: { size: [4, 6], counts: mask.counts } },
    { id: 4, ...common, segmentation: [] },
  ];
  const set = await read(content);
  expect(set.has.masks).toBe(true);
  expect(set.truths.map((truth) => truth.mask)).toEqual([
    polygonsToMask([square, [0, 0, 2, 0, 2, 2]], SIZE),
    maskFromRuns(runs, SIZE),
    mask,
    undefined,
  ]);
  expect(set.truths.map(({ crowd, area }) => [crowd, area])).toEqual([
    [false, 5.5],
    [true, 5.5],
    [false, 5.5],
    [false, 5.5],
  ]);
});

it('reads keypoints and captions from their own files', async () => {
  const person = withAnnotation({ category_id: 1, keypoints: [1, 2, 2, 0, 0, 0] });
  const captions = { images: base().images, annotations: [{ id: 1, image_id: 3, caption: 'A dog.' }] };
  const folder = await datasetFolder({
    ...files(base(), 'instances_val2017.json'),
    ...files(person, 'person_keypoints_val2017.json'),
    ...files(captions, 'captions_val2017.json'),
  });
  const keypoints = await readDataset('coco', folder, { annotations: 'keypoints' });
  expect(keypoints.truths[0]).toMatchObject({ keypoints: [1, 2, 2, 0, 0, 0], numKeypoints: 1 });
  expect(keypoints.has.keypoints).toBe(true);
  const told = await readDataset('coco', folder, { annotations: 'captions', split: 'val2017' });
  expect(told.captions).toEqual([{ imageId: 3, text: 'A dog.' }]);
  expect(told.has).toMatchObject({ boxes: false, captions: true });
});

it('takes the validation part of several, the one named, and none that is not there', async () => {
  const folder = await datasetFolder({
    ...files(base()),
    ...files(base(), 'annotations/instances_train2017.json'),
    'images/train2017/a.jpg': '',
    'images/train2017/b.jpg': '',
  });
  expect((await readDataset('coco', folder)).split).toBe('val2017');
  const train = await readDataset('coco', folder, { split: 'train2017' });
  expect(train.images[0]?.source).toEqual({ file: `${folder}/images/train2017/a.jpg` });
  await expect(readDataset('coco', folder, { split: 'test' })).rejects.toMatchObject({
    code: 'INVALID_PARAMETER',
    hint: expect.stringContaining('annotations/instances_test.json') as string,
  });
  await expect(readDataset('coco', folder, { split: '../x' })).rejects.toThrow('does not stay inside');
});

it('reads an export with the annotations beside the pictures', async () => {
  const folder = await datasetFolder({
    'valid/_annotations.coco.json': JSON.stringify(base()),
    'valid/a.jpg': '',
    'valid/b.jpg': '',
  });
  expect((await readDataset('coco', folder, { split: 'valid' })).images).toHaveLength(2);
});

it('has an identity of content, not of place', async () => {
  const one = await read(base());
  expect((await read(base())).sha256).toBe(one.sha256);
  expect((await read(withAnnotation({ bbox: [1, 1, 3, 3] }))).sha256).not.toBe(one.sha256);
});

it('names the line of a syntax error, also of those JSON.parse gives no place for', async () => {
  await expect(read('{\n "images": [],\n "categories": NaN\n}')).rejects.toThrow(
    /instances_val2017\.json:3: is not valid JSON/,
  );
  await expect(read('{\n "images": [1,\n')).rejects.toThrow(/json:3: is not valid JSON/);
  await expect(read('{\n "images": [1 2]}')).rejects.toThrow(/json:2: is not valid JSON/);
  await expect(read('')).rejects.toThrow(/json:1: is not valid JSON/);
  await expect(read(`${'['.repeat(100_000)}NaN`)).rejects.toThrow(/json:1: is not valid JSON/);
});

const dog = (fields: Record<string, unknown>) => () => withAnnotation(fields);
it.each<[string, () => unknown, RegExp]>([
  ['a list for the file', () => [], /json:1: the file must be an object/],
  ['no pictures', () => ({ ...base(), images: undefined }), /: images is missing/],
  [
    'a name missing',
    () => ({ ...base(), images: [{ id: 1, ...SIZE }] }),
    /json:3: images\[0\]\.file_name is missing/,
  ],
  [
    'a picture twice',
    () => ({ ...base(), images: [base().images[0], base().images[0]] }),
    /json:10: images\[1\]\.id 7 stands there twice/,
  ],
  [
    'a name twice',
    () => ({ ...base(), images: [base().images[0], { ...base().images[0], id: 8 }] }),
    /file_name "a\.jpg" stands there twice/,
  ],
  [
    'no size',
    () => ({ ...base(), images: [{ id: 1, file_name: 'a.jpg', width: 0, height: 3 }] }),
    /json:6: images\[0\]\.width must be a whole number of at least 1, is 0/,
  ],
  [
    'a picture of terapixels',
    () => ({ ...base(), images: [{ id: 1, file_name: 'a.jpg', width: 1e6, height: 1e6 }] }),
    /more than 2147483647 pixels/,
  ],
  [
    'a way out',
    () => ({ ...base(), images: [{ id: 1, file_name: '../../etc/passwd', ...SIZE }] }),
    /json:5: the path "..\/..\/etc\/passwd" does not stay inside/,
  ],
  [
    'an absolute path',
    () => ({ ...base(), images: [{ id: 1, file_name: '/etc/passwd', ...SIZE }] }),
    /json:5: the path .* does not stay inside/,
  ],
  ['an unknown picture', dog({ image_id: 99 }), /annotations\[0\]\.image_id names picture 99/],
  ['an unknown category', dog({ category_id: 2 }), /annotations\[0\]\.category_id names category 2/],
  ['no box', dog({ bbox: undefined }), /annotations\[0\]\.bbox is missing/],
  ['a short box', dog({ bbox: [1, 2, 3] }), /bbox must be x, y, width, height, has 3 numbers/],
  [
    'a negative box',
    dog({ bbox: [1, 2, -3, 1] }),
    /json:\d+: annotations\[0\]\.bbox has a negative size, -3 x 1/,
  ],
  ['no number', dog({ bbox: [1, 2, null, 1] }), /bbox \[2\] must be a finite number/],
  ['a negative area', dog({ area: -1 }), /area is negative/],
  ['half a crowd', dog({ iscrowd: 0.5 }), /iscrowd must be 0 or 1/],
  [
    'half a point',
    dog({ segmentation: [[0, 0, 1, 1, 2]] }),
    /segmentation \[0\] must be x and y of at least three points, has 5/,
  ],
  [
    'a point far away',
    dog({ segmentation: [[0, 0, 1e9, 1, 2, 2]] }),
    /\[2\] is 1000000000, far outside the picture of 6 x 4/,
  ],
  [
    'a mask of another size',
    dog({ segmentation: { size: [4, 5], counts: [20] } }),
    /segmentation\.size must be the picture’s height and width, 4, 6/,
  ],
  [
    'runs too short',
    dog({ segmentation: { size: [4, 6], counts: [5, 2] } }),
    /segmentation\.counts do not describe a mask: .*24 pixels, its counts 7/,
  ],
  [
    'half a run',
    dog({ segmentation: { size: [4, 6], counts: [23.5, 0.5] } }),
    /counts \[0\] must be a whole number of pixels/,
  ],
  ['damaged runs', dog({ segmentation: { size: [4, 6], counts: '~~~' } }), /counts do not describe a mask/],
  [
    'too few keypoints',
    dog({ category_id: 1, keypoints: [1, 2, 2] }),
    /keypoints must be .* 6 numbers, has 3/,
  ],
  [
    'an odd visibility',
    dog({ category_id: 1, keypoints: [1, 2, 3, 0, 0, 0] }),
    /keypoints \[2\] is a visibility: 0, 1 or 2, not 3/,
  ],
  [
    'an annotation twice',
    () => ({ ...base(), annotations: [...base().annotations, ...base().annotations] }),
    /annotations\[1\]\.id 5 stands there twice/,
  ],
])('says where: %s', async (_what, content, message) => {
  await expect(read(content())).rejects.toMatchObject({
    code: 'INVALID_PARAMETER',
    message: expect.stringMatching(message) as string,
  });
});

it('reads 1e999 as no number, and bytes that are no text as damaged', async () => {
  await expect(read(JSON.stringify(base()).replace('[1,1,3,2]', '[1,1,1e999,2]'))).rejects.toThrow(
    /bbox \[2\] must be a finite number/,
  );
  const folder = await datasetFolder({ 'annotations/instances_val.json': Uint8Array.of(0x7b, 0xff, 0x7d) });
  await expect(readDataset('coco', folder)).rejects.toThrow(/instances_val\.json: is not UTF-8/);
});

it('names the first missing pictures and how many', async () => {
  const folder = await datasetFolder({ 'instances_val.json': JSON.stringify(base()), 'val/a.jpg': '' });
  await expect(readDataset('coco', folder)).rejects.toMatchObject({
    message: '1 of 2 pictures are missing: b.jpg',
    hint: 'Looked for val.',
  });
});

it('says what was looked for in a folder of something else', async () => {
  const folder = await datasetFolder({ 'notes.txt': '' });
  await expect(readDataset('coco', folder)).rejects.toMatchObject({
    code: 'INVALID_PARAMETER',
    hint: expect.stringContaining('instances_') as string,
  });
  await expect(readDataset('coco', `${folder}/nowhere`)).rejects.toThrow('there is no folder');
});
