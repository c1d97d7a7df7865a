import { join, posix } from 'node:path';
import { polygonsToMask } from '@fovea/geometry';
import type { Dataset, DatasetImage, DatasetTruth, ReadDatasetOptions } from '../dataset.ts';
import {
  damaged,
  datasetName,
  Fingerprint,
  innerPath,
  isPicture,
  listFolder,
  listTree,
  mapFiles,
  missingFiles,
  missingPictures,
  notThere,
  readBytes,
  textOf,
  withoutExtension,
} from './files.ts';
import { withMask } from './lazy-mask.ts';
import { readPictureSize } from './picture-size.ts';
import { parseYoloConfig, type YoloConfig } from './yolo-config.ts';
import { parseYoloLabels } from './yolo-labels.ts';

/**
 * Reads a data set as Ultralytics lays it out: `data.yaml` (or the only .yaml), pictures under `images/`, label files
 * of the same names under `labels/`. Boxes come in pixels, with the size from each picture's header. A picture without
 * label file has no objects. `path` in the file is where Ultralytics keeps the set; here the given folder is.
 */
export async function readYolo(folder: string, options: ReadDatasetOptions): Promise<Dataset> {
  const files = (await listFolder(folder))?.files ?? [];
  const configs = files.filter((file) => /\.ya?ml$/.test(file));
  const configName =
    configs.find((file) => /^data\.ya?ml$/.test(file)) ?? (configs.length === 1 ? configs[0] : undefined);
  if (configName === undefined)
    throw notThere(`${folder} is no YOLO data set`, ['data.yaml', 'images/', 'labels/']);
  const configFile = join(folder, configName);
  const bytes = await readBytes(configFile);
  const config = parseYoloConfig(configFile, textOf(bytes, configFile));
  const fingerprint = new Fingerprint();
  fingerprint.addFile(configName, bytes);

  const split = options.split ?? ['val', 'test', 'train'].find((name) => config.splits.has(name));
  const places = split === undefined ? undefined : config.splits.get(split);
  if (split === undefined || !places)
    throw notThere(`${configFile} has no ${split ?? 'train, val or test'}`, [
      'train:, val:, test: in data.yaml',
    ]);
  const names = await findPictures(folder, { config, split, places });
  const unlabelled = new Set(await missingFiles(folder, names.map(labelName)));
  const read = await mapFiles(names, async (name) => {
    const size = await readPictureSize(join(folder, name));
    const label = labelName(name);
    if (unlabelled.has(label)) return { size, objects: [] };
    const file = join(folder, label);
    const content = await readBytes(file);
    fingerprint.addFile(label, content);
    return { size, objects: parseYoloLabels(file, textOf(content, file), { config, size }) };
  });
  if (names.every((name) => unlabelled.has(labelName(name))))
    throw notThere(`none of the ${names.length} pictures of ${split} has a label file`, [
      labelName(names[0]!),
    ]);
  fingerprint.addPictures(names);

  const images = names.map((name, i): DatasetImage => ({
    id: i + 1,
    name,
    source: { file: join(folder, name) },
    ...read[i]!.size,
  }));
  let id = 0;
  const truths = read.flatMap(({ objects, size }, i) =>
    objects.map(({ outline, ...object }): DatasetTruth => {
      const truth = { ...object, id: ++id, imageId: i + 1, crowd: false };
      return outline ? withMask(truth, () => polygonsToMask([outline], size)) : truth;
    }),
  );
  return {
    format: 'yolo',
    name: datasetName(folder),
    folder,
    sha256: fingerprint.sha256(),
    split,
    categories: [...config.names].map(([number, name]) => ({ id: number, name })),
    images,
    truths,
    has: {
      boxes: truths.length > 0,
      masks: truths.some((truth) => 'mask' in truth),
      keypoints: truths.some((truth) => 'keypoints' in truth),
      labels: false,
      captions: false,
    },
  };
}

/** As Ultralytics finds it: the last folder "images" of the path becomes "labels". */
function labelName(picture: string): string {
  const parts = withoutExtension(picture).split('/');
  const images = parts.lastIndexOf('images', parts.length - 2);
  if (images >= 0) parts[images] = 'labels';
  return `${parts.join('/')}.txt`;
}

async function findPictures(
  folder: string,
  part: { config: YoloConfig; split: string; places: readonly string[] },
): Promise<string[]> {
  const { config, split, places } = part;
  const where = () => config.where(split);
  // `path` usually names where the author's machine had the set; it counts only where it is a part of this folder.
  const base =
    config.path !== undefined &&
    !/^[\\/]|^[a-z]:|\.\./i.test(config.path) &&
    (await listFolder(join(folder, config.path)))
      ? posix.normalize(config.path)
      : '.';
  const names = new Set<string>();
  for (const written of places) {
    // Roboflow writes ../train/images for train/images; Ultralytics reads it so as well.
    const place = posix.join(base, innerPath(written.replace(/^\.\.\//, ''), where));
    if (place.endsWith('.txt')) for (const name of await readList(folder, base, place)) names.add(name);
    else {
      const listed = await listTree(join(folder, place));
      if (!listed) throw damaged(where(), `${split}: there is no folder ${place}`);
      for (const name of listed.filter(isPicture)) names.add(posix.join(place, name));
    }
  }
  if (names.size === 0) throw notThere(`${folder} has no pictures of ${split}`, [...places]);
  const missing = await missingFiles(folder, [...names]);
  if (missing.length > 0) throw missingPictures(missing, names.size, [folder]);
  return [...names].sort();
}

/** The pictures of a list file, one a line. */
async function readList(folder: string, base: string, place: string): Promise<string[]> {
  const file = join(folder, place);
  const lines = textOf(await readBytes(file), file).split('\n');
  return lines.flatMap((line, i) =>
    line.trim() === ''
      ? []
      : [
          posix.join(
            base,
            innerPath(line.trim(), () => `${file}:${i + 1}`),
          ),
        ],
  );
}
