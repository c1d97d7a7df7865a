import { join, posix, relative } from 'node:path';
import type {
  CocoAnnotations,
  Dataset,
  DatasetCategory,
  DatasetImage,
  DatasetTruth,
  ReadDatasetOptions,
} from '../dataset.ts';
import { readCocoTruth } from './coco-truth.ts';
import {
  datasetName,
  Fingerprint,
  innerPath,
  listFolder,
  missingFiles,
  missingPictures,
  notThere,
  readBytes,
} from './files.ts';
import { JsonFile } from './json.ts';
import { Fields, uniqueId } from './fields.ts';

/** How COCO begins the names of its annotation files. */
const PREFIX: Record<CocoAnnotations, string> = {
  instances: 'instances_',
  keypoints: 'person_keypoints_',
  captions: 'captions_',
};
/** Masks keep their counts exact up to here. */
const MAX_PIXELS = 2 ** 31 - 1;

/**
 * Reads a COCO data set: `annotations/instances_<split>.json` (or beside the picture folders) and the pictures in
 * `<split>/`, `images/<split>/`, `images/` or the folder itself. Polygons and both kinds of run lengths become masks
 * as pycocotools' annToRLE makes them.
 */
export async function readCoco(folder: string, options: ReadDatasetOptions): Promise<Dataset> {
  const kind = options.annotations ?? 'instances';
  const { name, split } = await findAnnotations(folder, kind, options.split);
  const bytes = await readBytes(join(folder, name));
  const json = new JsonFile(join(folder, name), bytes);
  const root = new Fields(json, [], json.root);

  const categories = kind === 'captions' ? new Map<number, DatasetCategory>() : readCategories(root);
  const entries = readImages(root);
  const pictures = await findPictures(folder, split, posix.dirname(name), [...entries.values()]);
  const images = [...entries.values()].map(({ id, name: file, width, height }): DatasetImage => ({
    id,
    name: file,
    source: { file: join(pictures, file) },
    width,
    height,
  }));
  const fingerprint = new Fingerprint();
  fingerprint.addFile(name, bytes);
  fingerprint.addPictures(images.map((image) => image.name));
  const common = {
    format: 'coco' as const,
    name: datasetName(folder),
    folder,
    sha256: fingerprint.sha256(),
    ...(split === undefined ? {} : { split }),
    categories: [...categories.values()],
    images,
  };
  const nothing = { boxes: false, masks: false, keypoints: false, labels: false, captions: false };
  if (kind === 'captions') {
    const captions = readCaptions(root, entries);
    return { ...common, truths: [], captions, has: { ...nothing, captions: captions.length > 0 } };
  }
  const ids = new Set<number>();
  const truths: DatasetTruth[] = root
    .list('annotations')
    .map((annotation) => readCocoTruth(annotation, { ids, images: entries, categories }));
  const has = {
    ...nothing,
    boxes: truths.some((truth) => truth.box !== undefined),
    // Asks for the property, not its value: masks are drawn when they are needed.
    masks: truths.some((truth) => 'mask' in truth),
    keypoints: truths.some((truth) => truth.keypoints !== undefined),
  };
  return { ...common, truths, has };
}

/** The annotation file, relative to the folder, and the split its name tells. */
async function findAnnotations(folder: string, kind: CocoAnnotations, wanted: string | undefined) {
  const prefix = PREFIX[kind];
  const split = wanted === undefined ? undefined : innerPath(wanted, () => 'split');
  const found: string[] = [];
  const others: string[] = [];
  // The last is where Roboflow exports put the file: beside the pictures.
  for (const place of ['annotations', '.', ...(split === undefined ? [] : [split])])
    for (const file of (await listFolder(join(folder, place)))?.files ?? [])
      if (file.endsWith('.json')) (file.startsWith(prefix) ? found : others).push(posix.join(place, file));
  const splitOf = (file: string) => posix.basename(file, '.json').slice(prefix.length);

  const lookedFor = [
    `annotations/${prefix}${split ?? '<split>'}.json`,
    `${prefix}${split ?? '<split>'}.json`,
  ];
  if (split !== undefined) {
    const named =
      found.find((file) => splitOf(file) === split) ??
      others.find((file) => file.startsWith(`${split}/`) && kind === 'instances') ??
      others.find((file) => posix.basename(file) === `${split}.json`);
    if (named) return { name: named, split };
    throw notThere(`${folder} has no ${kind} annotations of the split ${split}`, lookedFor);
  }
  const choices = found.filter((file) => splitOf(file).startsWith('val'));
  const chosen = found.length === 1 ? found[0] : choices.length === 1 ? choices[0] : undefined;
  if (chosen) return { name: chosen, split: splitOf(chosen) };
  if (found.length > 1)
    throw notThere(`${folder} has several splits (${found.map(splitOf).join(', ')}): name one`, lookedFor);
  const [only, ...more] = others.filter(
    (file) => !Object.values(PREFIX).some((other) => posix.basename(file).startsWith(other)),
  );
  if (only && more.length === 0) return { name: only, split: undefined };
  throw notThere(`${folder} is no COCO data set: it has no ${kind} annotations`, lookedFor);
}

function readCategories(root: Fields) {
  const categories = new Map<number, DatasetCategory>();
  for (const category of root.list('categories')) {
    const id = uniqueId(category, categories);
    const keypoints = category.has('keypoints') ? category.texts('keypoints') : undefined;
    categories.set(id, { id, name: category.text('name'), ...(keypoints ? { keypoints } : {}) });
  }
  return categories;
}

interface ImageEntry {
  readonly id: number;
  readonly name: string;
  readonly width: number;
  readonly height: number;
}

function readImages(root: Fields): Map<number, ImageEntry> {
  const images = new Map<number, ImageEntry>();
  const names = new Set<string>();
  for (const image of root.list('images')) {
    const id = uniqueId(image, images);
    const name = innerPath(image.text('file_name'), () => image.where('file_name'));
    if (names.has(name)) throw image.wrong('file_name', `${JSON.stringify(name)} stands there twice`);
    names.add(name);
    const [width, height] = [image.wholeNumber('width', 1), image.wholeNumber('height', 1)];
    if (width * height > MAX_PIXELS)
      throw image.wrong('width', `times height is more than ${MAX_PIXELS} pixels`);
    images.set(id, { id, name, width, height });
  }
  return images;
}

/** The folder that holds the pictures. @throws INVALID_PARAMETER naming those that none of the folders has */
async function findPictures(
  folder: string,
  split: string | undefined,
  annotationFolder: string,
  images: readonly ImageEntry[],
): Promise<string> {
  const names = images.map(({ name }) => name);
  const inner = [...(split === undefined ? [] : [split, `images/${split}`]), 'images', '.', annotationFolder];
  const places = [...new Set(inner)].map((place) => join(folder, place));
  let best: { missing: string[]; place: string } | undefined;
  for (const place of places) {
    const missing = await missingFiles(place, names);
    if (missing.length === 0) return place;
    if (!best || missing.length < best.missing.length) best = { missing, place };
  }
  const where = best && best.missing.length < names.length ? [best.place] : places;
  throw missingPictures(
    best?.missing ?? names,
    names.length,
    where.map((place) => relative(folder, place) || folder),
  );
}

function readCaptions(root: Fields, images: ReadonlyMap<number, unknown>) {
  const ids = new Set<number>();
  return root.list('annotations').map((annotation) => {
    ids.add(uniqueId(annotation, ids));
    return { imageId: annotation.reference('image_id', images, 'picture'), text: annotation.text('caption') };
  });
}
