import type { Dataset, DatasetFormat, DatasetImage, DatasetPixels } from '../dataset.ts';
import { datasetName } from './files.ts';

/** A data set of small pictures with one label each, all from binary files. Ids count from 1, names from 0. */
export function labelledPixels(set: {
  readonly format: DatasetFormat;
  readonly folder: string;
  readonly split: string;
  readonly sha256: string;
  readonly names: readonly string[];
  readonly labels: Uint8Array;
  readonly pixels: (index: number) => DatasetPixels;
}): Dataset {
  const { format, folder, split, sha256 } = set;
  return {
    format,
    name: datasetName(folder),
    folder,
    sha256,
    split,
    categories: set.names.map((name, id) => ({ id, name })),
    images: Array.from(set.labels, (_, i): DatasetImage => {
      const pixels = set.pixels(i);
      return {
        id: i + 1,
        name: `${split}/${i}`,
        source: { pixels },
        width: pixels.width,
        height: pixels.height,
      };
    }),
    truths: Array.from(set.labels, (label, i) => ({
      id: i + 1,
      imageId: i + 1,
      categoryId: label,
      crowd: false,
    })),
    has: { boxes: false, masks: false, keypoints: false, labels: true, captions: false },
  };
}
