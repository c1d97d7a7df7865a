import { fixture } from '@fovea/testing';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

// Small labelled data sets of the sample pictures, boxes drawn by hand.

const PICTURES = [
  { id: 1, file: 'cat-chelsea.jpg', width: 451, height: 300 },
  { id: 2, file: 'coffee.jpg', width: 600, height: 400 },
  { id: 3, file: 'astronaut.jpg', width: 512, height: 512 },
] as const;
/** x, y, width, height; `saucer` is nothing that the model knows. */
const OBJECTS = [
  { imageId: 1, category: 'cat', box: [0, 0, 390, 300] },
  { imageId: 2, category: 'cup', box: [174, 17, 230, 292] },
  { imageId: 2, category: 'spoon', box: [319, 67, 104, 258] },
  { imageId: 2, category: 'saucer', box: [78, 70, 402, 320] },
  { imageId: 3, category: 'person', box: [21, 15, 360, 497] },
] as const;
const CATEGORIES = ['cat', 'cup', 'spoon', 'saucer', 'person'] as const;

/** COCO instances; category ids are not those of the model. @returns the folder */
export async function writeCocoSet(folder: string): Promise<string> {
  await mkdir(join(folder, 'annotations'), { recursive: true });
  await mkdir(join(folder, 'val2017'));
  for (const { file } of PICTURES) await copyFile(fixture(file), join(folder, 'val2017', file));
  const instances = {
    images: PICTURES.map(({ file, ...picture }) => ({ ...picture, file_name: file })),
    categories: CATEGORIES.map((name, i) => ({ id: i + 40, name })),
    annotations: OBJECTS.map(({ imageId, category, box: [x, y, width, height] }, i) => ({
      id: i + 1,
      image_id: imageId,
      category_id: CATEGORIES.indexOf(category) + 40,
      bbox: [x, y, width, height],
      area: width * height,
      iscrowd: 0,
      segmentation: [[x, y, x + width, y, x + width, y + height, x, y + height]],
    })),
  };
  await writeFile(join(folder, 'annotations', 'instances_val2017.json'), JSON.stringify(instances));
  return folder;
}

/** The same as YOLO. @returns the folder */
export async function writeYoloSet(folder: string): Promise<string> {
  for (const part of ['images', 'labels']) await mkdir(join(folder, part, 'val'), { recursive: true });
  await writeFile(
    join(folder, 'data.yaml'),
    `val: images/val\nnames:\n${CATEGORIES.map((name, i) => `  ${i}: ${name}\n`).join('')}`,
  );
  for (const { id, file, width, height } of PICTURES) {
    await copyFile(fixture(file), join(folder, 'images', 'val', file));
    const lines = OBJECTS.filter(({ imageId }) => imageId === id).map(({ category, box: [x, y, w, h] }) =>
      [CATEGORIES.indexOf(category), (x + w / 2) / width, (y + h / 2) / height, w / width, h / height].join(
        ' ',
      ),
    );
    await writeFile(join(folder, 'labels', 'val', file.replace('.jpg', '.txt')), lines.join('\n'));
  }
  return folder;
}

/** The same as Pascal VOC, where the spoon is difficult: it need not be found. @returns the folder */
export async function writeVocSet(folder: string): Promise<string> {
  for (const part of ['Annotations', 'JPEGImages']) await mkdir(join(folder, part), { recursive: true });
  for (const { id, file, width, height } of PICTURES) {
    await copyFile(fixture(file), join(folder, 'JPEGImages', file));
    const objects = OBJECTS.filter(({ imageId }) => imageId === id).map(
      ({ category, box: [x, y, w, h] }) =>
        `<object><name>${category}</name><difficult>${Number(category === 'spoon')}</difficult><bndbox>` +
        `<xmin>${x + 1}</xmin><ymin>${y + 1}</ymin><xmax>${x + w}</xmax><ymax>${y + h}</ymax></bndbox></object>`,
    );
    const size = `<size><width>${width}</width><height>${height}</height><depth>3</depth></size>`;
    await writeFile(
      join(folder, 'Annotations', file.replace('.jpg', '.xml')),
      `<annotation><filename>${file}</filename>${size}${objects.join('')}</annotation>`,
    );
  }
  return folder;
}

/**
 * A folder per class, as ImageNet has them.
 * @param options.copies of each picture, default 1; broken: one that cannot be decoded besides
 */
export async function writeClassSet(
  folder: string,
  { copies = 1, broken = false }: { copies?: number; broken?: boolean } = {},
): Promise<string> {
  const classes = { n02124075: 'cat-chelsea.jpg', n07920052: 'coffee.jpg', n07747607: 'orange.jpg' };
  for (const [wnid, file] of Object.entries(classes)) {
    await mkdir(join(folder, wnid), { recursive: true });
    for (let copy = 0; copy < copies; copy++)
      await copyFile(fixture(file), join(folder, wnid, `${copy}-${file}`));
  }
  if (broken) await writeFile(join(folder, 'n07920052', 'broken.jpg'), 'this is no picture');
  return folder;
}
