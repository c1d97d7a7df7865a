import { join, posix } from 'node:path';
import type { Dataset, DatasetCategory, DatasetImage, ReadDatasetOptions } from '../dataset.ts';
import {
  damaged,
  datasetName,
  Fingerprint,
  innerPath,
  isPicture,
  listFolder,
  listTree,
  mapFiles,
  notThere,
} from './files.ts';

const SPLITS = ['val', 'validation', 'valid', 'test', 'train'];
const WNID = /^(n\d{8})(?:_(.+))?$/;
/** A picture beside the others: WordNet id, perhaps a number as in ImageNet's own names, class. */
const FLAT = /^(n\d{8})_(?:\d+_)?(.*)\.[^.]+$/;

/**
 * Reads pictures sorted by class: a folder per class, named by WordNet id (`n01440764`), both (`n01440764_tench`) or
 * name, perhaps under `val/` or `train/`; or all in one folder, named `n01440764_tench.JPEG`. Category ids are the
 * classes' places in sorted order, from 0: go by `wnid` or `name` to the numbers of a model.
 */
export async function readImagenet(folder: string, options: ReadDatasetOptions): Promise<Dataset> {
  const top = await listFolder(folder);
  const split =
    options.split ??
    SPLITS.find(
      (name) => top?.folders.includes(name) && top.folders.every((other) => SPLITS.includes(other)),
    );
  const base =
    split === undefined
      ? folder
      : join(
          folder,
          innerPath(split, () => 'split'),
        );
  const listed = await listFolder(base);
  const lookedFor = [`${split ?? 'val'}/<class>/*.JPEG`, '<class>/*.JPEG', 'n01440764_tench.JPEG'];
  if (!listed) throw notThere(`${folder} has no folder ${split}`, lookedFor);

  const classFolders = listed.folders.filter((name) => !name.startsWith('.'));
  const sorted = await mapFiles(classFolders, async (name) =>
    ((await listTree(join(base, name))) ?? [])
      .filter(isPicture)
      .map((file) => ({ file: posix.join(name, file), class: name })),
  );
  const pictures = sorted.flat();
  for (const file of listed.files.filter(isPicture)) {
    const flat = FLAT.exec(file);
    if (!flat)
      throw damaged(join(base, file), 'its name does not tell its class', {
        hint: 'Pictures lie in a folder named by their class, or are named like n01440764_tench.JPEG.',
      });
    // ImageNet's own n01440764_10026.JPEG has a number where others have the class.
    const name = flat[2] && !/^\d+$/.test(flat[2]) ? `_${flat[2]}` : '';
    pictures.push({ file, class: `${flat[1]}${name}` });
  }
  if (pictures.length === 0) throw notThere(`${base} has no pictures`, lookedFor);

  const categories = readCategories([
    ...new Set([...classFolders, ...pictures.map((picture) => picture.class)]),
  ]);
  pictures.sort((a, b) => (a.file < b.file ? -1 : 1));
  const fingerprint = new Fingerprint();
  fingerprint.addPictures(pictures.map(({ file }) => file));
  return {
    format: 'imagenet',
    name: datasetName(folder),
    folder,
    sha256: fingerprint.sha256(),
    ...(split === undefined ? {} : { split }),
    categories: [...new Set(categories.values())],
    images: pictures.map(({ file }, i): DatasetImage => ({
      id: i + 1,
      name: file,
      source: { file: join(base, file) },
    })),
    truths: pictures.map((picture, i) => ({
      id: i + 1,
      imageId: i + 1,
      categoryId: categories.get(picture.class)!.id,
      crowd: false,
    })),
    has: { boxes: false, masks: false, keypoints: false, labels: true, captions: false },
  };
}

/** The category of every class as written; the same WordNet id is the same class, whatever follows it. */
function readCategories(classes: readonly string[]): Map<string, DatasetCategory> {
  const keyOf = (name: string) => WNID.exec(name)?.[1] ?? name;
  const names = new Map<string, string>();
  for (const name of classes) {
    const words = WNID.exec(name)?.[2]?.replaceAll('_', ' ');
    const key = keyOf(name);
    if (words !== undefined || !names.has(key)) names.set(key, words ?? key);
  }
  const categories = new Map(
    [...names.keys()]
      .sort()
      .map((key, id): [string, DatasetCategory] => [
        key,
        { id, name: names.get(key)!, ...(WNID.test(key) ? { wnid: key } : {}) },
      ]),
  );
  return new Map(classes.map((name) => [name, categories.get(keyOf(name))!]));
}
