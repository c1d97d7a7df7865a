import { join, posix } from 'node:path';
import { boxArea } from '@fovea/geometry';
import type { Dataset, DatasetImage, DatasetTruth, ReadDatasetOptions } from '../dataset.ts';
import {
  damaged,
  datasetName,
  Fingerprint,
  innerPath,
  isPicture,
  listFolder,
  mapFiles,
  missingPictures,
  notThere,
  readBytes,
  textOf,
  withoutExtension,
} from './files.ts';
import { readIndexedPng } from './indexed-png.ts';
import { parseVocXml } from './voc-xml.ts';

/** The classes of VOC 2007 to 2012, ids 1 to 20 in this order; 0 is the background of class maps. */
const VOC_CLASSES = [
  ...['aeroplane', 'bicycle', 'bird', 'boat', 'bottle', 'bus', 'car', 'cat', 'chair', 'cow'],
  ...[
    'diningtable',
    'dog',
    'horse',
    'motorbike',
    'person',
    'pottedplant',
    'sheep',
    'sofa',
    'train',
    'tvmonitor',
  ],
];
const DEFAULT_SPLITS = ['val', 'test', 'trainval', 'train'];

/**
 * Reads a Pascal VOC data set: `Annotations/*.xml`, `JPEGImages/` and, for the parts, `ImageSets/Main/<split>.txt`;
 * without image sets all annotations are taken. The folder may be a devkit's with one year in it. Difficult objects
 * carry `ignore`. Category ids are VOC's own where all names are, else the names' places in the alphabet, from 1.
 */
export async function readVoc(folder: string, options: ReadDatasetOptions): Promise<Dataset> {
  const base = await findBase(folder);
  const fingerprint = new Fingerprint();
  const annotated = ((await listFolder(join(base, 'Annotations')))?.files ?? [])
    .filter((file) => file.endsWith('.xml'))
    .map(withoutExtension);
  const { ids, split } = await readImageSet(base, annotated, options.split, fingerprint);
  const pictures = new Map(
    ((await listFolder(join(base, 'JPEGImages')))?.files ?? [])
      .filter(isPicture)
      .map((file) => [withoutExtension(file), file]),
  );
  const maps = new Set(
    (await listFolder(join(base, 'SegmentationClass')))?.files.filter((file) => file.endsWith('.png')),
  );

  const read = await mapFiles(ids, async (id) => {
    const file = join(base, 'Annotations', `${id}.xml`);
    const bytes = await readBytes(file);
    fingerprint.addFile(`Annotations/${id}.xml`, bytes);
    const annotation = parseVocXml(file, textOf(bytes, file));
    const { filename } = annotation;
    // The devkit goes by the annotation's own name; the name inside is for sets that number them differently.
    const inside = filename && innerPath(filename.name, () => `${file}:${filename.line}`);
    const picture =
      pictures.get(id) ?? (inside !== undefined ? pictures.get(withoutExtension(inside)) : undefined);
    return { id, annotation, picture };
  });
  const missing = read.filter(({ picture }) => picture === undefined).map(({ id }) => `${id}.jpg`);
  if (missing.length > 0) throw missingPictures(missing, read.length, ['JPEGImages']);

  const found = new Set(read.flatMap(({ annotation }) => annotation.objects.map(({ name }) => name)));
  const known = [...found].every((name) => VOC_CLASSES.includes(name));
  const names = known ? VOC_CLASSES : [...found].sort();
  const images = read.map(({ picture, annotation }, i): DatasetImage => ({
    id: i + 1,
    name: picture!,
    source: { file: join(base, 'JPEGImages', picture!) },
    ...(annotation.width !== undefined ? { width: annotation.width } : {}),
    ...(annotation.height !== undefined ? { height: annotation.height } : {}),
  }));
  const objects = read.flatMap(({ annotation }, i) =>
    annotation.objects.map((object) => ({ ...object, imageId: i + 1 })),
  );
  const truths = objects.map(({ name, box, difficult, imageId }, i): DatasetTruth => ({
    id: i + 1,
    imageId,
    categoryId: names.indexOf(name) + 1,
    box,
    area: boxArea(box),
    crowd: false,
    ...(difficult ? { ignore: true } : {}),
  }));
  fingerprint.addPictures(images.map(({ name }) => name));
  const mapOf = (imageId: number) => `${read[imageId - 1]?.id}.png`;
  const hasMaps = images.some(({ id }) => maps.has(mapOf(id)));
  return {
    format: 'voc',
    name: datasetName(folder),
    folder,
    sha256: fingerprint.sha256(),
    ...(split === undefined ? {} : { split }),
    categories: names.map((name, i) => ({ id: i + 1, name })),
    images,
    truths,
    has: {
      boxes: truths.length > 0,
      masks: false,
      keypoints: false,
      labels: false,
      captions: false,
      classMaps: hasMaps,
    },
    ...(hasMaps
      ? {
          classMap: async (imageId: number) => {
            if (!maps.has(mapOf(imageId))) return undefined;
            const file = join(base, 'SegmentationClass', mapOf(imageId));
            return readIndexedPng(file, await readBytes(file));
          },
        }
      : {}),
  };
}

/** The folder with `Annotations` and `JPEGImages`: the given one, or the only such one in it. */
async function findBase(folder: string): Promise<string> {
  const isBase = async (place: string) => {
    const folders = (await listFolder(place))?.folders ?? [];
    return folders.includes('Annotations') && folders.includes('JPEGImages');
  };
  if (await isBase(folder)) return folder;
  const found: string[] = [];
  for (const place of [folder, join(folder, 'VOCdevkit')])
    for (const inner of (await listFolder(place))?.folders ?? [])
      if (await isBase(join(place, inner))) found.push(join(place, inner));
  const [only, ...more] = found;
  if (only && more.length === 0) return only;
  if (more.length > 0) throw notThere(`${folder} holds several VOC data sets: name one`, found);
  throw notThere(`${folder} is no VOC data set`, [
    'Annotations/*.xml',
    'JPEGImages/',
    'ImageSets/Main/<split>.txt',
  ]);
}

async function readImageSet(
  base: string,
  annotated: readonly string[],
  wanted: string | undefined,
  fingerprint: Fingerprint,
) {
  const sets = ((await listFolder(join(base, 'ImageSets', 'Main')))?.files ?? []).map(withoutExtension);
  const split = wanted ?? DEFAULT_SPLITS.find((name) => sets.includes(name));
  if (split === undefined) {
    if (annotated.length === 0) throw notThere(`${base} has no annotations`, ['Annotations/*.xml']);
    return { ids: annotated, split };
  }
  const name = `ImageSets/Main/${innerPath(split, () => 'split')}.txt`;
  if (!sets.includes(split)) throw notThere(`${base} has no image set ${split}`, [name]);
  const file = join(base, name);
  const bytes = await readBytes(file);
  fingerprint.addFile(name, bytes);
  const known = new Set(annotated);
  const ids = new Set<string>();
  for (const [i, line] of textOf(bytes, file).split('\n').entries()) {
    // A second column, 1 or -1, stands in the sets of single classes.
    const [id, ...rest] = line.trim().split(/\s+/);
    if (!id) continue;
    const where = `${file}:${i + 1}`;
    if (rest.length > 1) throw damaged(where, `must be one picture's name, is "${line.trim()}"`);
    innerPath(id, () => where);
    if (ids.has(id)) throw damaged(where, `${id} stands there twice`);
    if (!known.has(id)) throw damaged(where, `there is no Annotations/${posix.basename(id)}.xml`);
    if (rest[0] !== '-1') ids.add(id);
  }
  return { ids: [...ids], split };
}
