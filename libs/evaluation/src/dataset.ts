import { DATASET_FORMATS, VisionError, type Box, type DatasetFormat, type Rle } from '@fovea/contracts';

export { DATASET_FORMATS, type DatasetFormat } from '@fovea/contracts';

/** Which of COCO's three annotation files is read. */
export type CocoAnnotations = 'instances' | 'keypoints' | 'captions';

/** A picture's pixels, rows from the top, channels side by side. */
export interface DatasetPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

export interface DatasetImage {
  readonly id: number;
  /** The file name relative to the picture folder, or "test/17" in binary sets (from 0). */
  readonly name: string;
  /** An absolute path, or the pixels where the set has no picture files. */
  readonly source: { readonly file: string } | { readonly pixels: DatasetPixels };
  /** In pixels after EXIF orientation, where the annotations tell it. */
  readonly width?: number;
  readonly height?: number;
}

/** One annotated object, or the label of a whole picture (then without box). */
export interface DatasetTruth {
  readonly id: number;
  readonly imageId: number;
  readonly categoryId: number;
  /** In pixels; x and y of the top left corner's edge, from 0. */
  readonly box?: Box;
  /** Square pixels, as annotated; that of the mask or the box where the set has none. */
  readonly area?: number;
  /** A region of many objects (COCO's iscrowd). */
  readonly crowd: boolean;
  /** Neither a hit nor a miss when found (VOC's difficult). */
  readonly ignore?: boolean;
  /** Computed at the first access. */
  readonly mask?: Rle;
  /** x, y, visibility (0 not labelled, 1 hidden, 2 visible) of every keypoint in turn. */
  readonly keypoints?: readonly number[];
  /** How many keypoints have a visibility above 0. */
  readonly numKeypoints?: number;
}

export interface DatasetCategory {
  readonly id: number;
  readonly name: string;
  /** WordNet id, e.g. n01440764. */
  readonly wnid?: string;
  /** The names of the keypoints, in order. */
  readonly keypoints?: readonly string[];
}

/** Something asked about a picture. */
export interface DatasetQuestion {
  readonly imageId: number;
  readonly text: string;
  /** What people answered, one text each; "a, b" names several things. */
  readonly answers: readonly string[];
}

/** The class of every pixel, rows from the top: 0 background, 255 counts for nothing, else a category id. */
export interface ClassMap {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A data set read whole: everything but the pictures' own bytes. */
export interface Dataset {
  readonly format: DatasetFormat;
  /** The folder's own name. */
  readonly name: string;
  readonly folder: string;
  /** Of the annotation files' bytes and the names of all pictures; the same wherever the folder lies. */
  readonly sha256: string;
  readonly split?: string;
  readonly categories: readonly DatasetCategory[];
  readonly images: readonly DatasetImage[];
  readonly truths: readonly DatasetTruth[];
  readonly captions?: readonly { readonly imageId: number; readonly text: string }[];
  readonly questions?: readonly DatasetQuestion[];
  readonly has: {
    readonly boxes: boolean;
    readonly masks: boolean;
    readonly keypoints: boolean;
    /** One class per picture. */
    readonly labels: boolean;
    readonly captions: boolean;
    readonly classMaps?: boolean;
    readonly questions?: boolean;
  };
  /** The class map of a picture (VOC's SegmentationClass); undefined for a picture without one. */
  readonly classMap?: (imageId: number) => Promise<ClassMap | undefined>;
}

export interface ReadDatasetOptions {
  /** E.g. val2017, test; default: the validation or test part of the set. */
  readonly split?: string;
  /** COCO only. Default instances. */
  readonly annotations?: CocoAnnotations;
}

/**
 * The format and folder of a specification, as `fovea evaluate --dataset` takes it.
 * @throws INVALID_PARAMETER when it is not `format:folder` with a known format
 * @example parseDatasetSpec('coco:/data/coco'); // { format: 'coco', folder: '/data/coco' }
 */
export function parseDatasetSpec(spec: string): { format: DatasetFormat; folder: string } {
  const colon = spec.indexOf(':');
  const format = DATASET_FORMATS.find((known) => known === spec.slice(0, Math.max(0, colon)));
  const folder = spec.slice(colon + 1).trim();
  if (!format || folder === '')
    throw new VisionError('INVALID_PARAMETER', `"${spec}" does not name a data set`, {
      hint: `Write format:folder, for example coco:/data/coco; the formats are ${DATASET_FORMATS.join(', ')}.`,
    });
  return { format, folder };
}
