import { resolve } from 'node:path';
import type { Dataset, DatasetFormat, ReadDatasetOptions } from './dataset.ts';
import { readCaptions } from './datasets/captions.ts';
import { readCifar10 } from './datasets/cifar10.ts';
import { readCoco } from './datasets/coco.ts';
import { readDaquar } from './datasets/daquar.ts';
import { listFolder, notThere } from './datasets/files.ts';
import { readImagenet } from './datasets/imagenet.ts';
import { readMnist } from './datasets/mnist.ts';
import { readVoc } from './datasets/voc.ts';
import { readYolo } from './datasets/yolo.ts';

type Reader = (folder: string, options: ReadDatasetOptions) => Promise<Dataset>;

const READERS: Record<DatasetFormat, Reader> = {
  coco: readCoco,
  voc: readVoc,
  yolo: readYolo,
  imagenet: readImagenet,
  mnist: readMnist,
  cifar10: readCifar10,
  captions: readCaptions,
  daquar: readDaquar,
};

/**
 * Reads a data set: categories, pictures (by file name; no pixels but in binary sets) and what is annotated.
 * @param folder of the data set, as its makers' archive unpacks
 * @param options split e.g. val2017; default the validation or test part. annotations (COCO): default instances
 * @throws INVALID_PARAMETER when the folder holds no such set (the hint says what was looked for) or a file is damaged
 *   (the message names file and line, JSON path or offset)
 * @example const { images, truths } = await readDataset('coco', '/data/coco', { split: 'val2017' });
 */
export async function readDataset(
  format: DatasetFormat,
  folder: string,
  options: ReadDatasetOptions = {},
): Promise<Dataset> {
  const absolute = resolve(folder);
  if (!(await listFolder(absolute)))
    throw notThere(`there is no folder ${absolute}`, [`a ${format} data set`]);
  return READERS[format](absolute, options);
}
