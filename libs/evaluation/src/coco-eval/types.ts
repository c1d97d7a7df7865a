import type { Box, Rle } from '@fovea/contracts';

export type CocoType = 'bbox' | 'segm' | 'keypoints';

/** An annotated object. */
export interface CocoTruth {
  readonly id: number;
  readonly imageId: number;
  readonly categoryId: number;
  readonly box: Box;
  /** In square pixels, as annotated (of the mask, also where boxes are measured): it decides small, medium, large. */
  readonly area: number;
  /** A region of many objects: detections in it count neither as right nor as wrong, however many they are. */
  readonly crowd: boolean;
  /**
   * Need not be found, and finding it is no mistake. pycocotools overwrites this field of an annotation file by
   * iscrowd, so leave it out where its figures are wanted.
   */
  readonly ignore?: boolean;
  /** Needed for segm. */
  readonly mask?: Rle;
  /** x, y, visibility of every keypoint in turn; needed for keypoints. */
  readonly keypoints?: readonly number[];
  /** Default: how many have a visibility above 0. With none the object is ignored where keypoints are measured. */
  readonly numKeypoints?: number;
}

/** A found object. Of box, mask and keypoints the one that is measured is needed. */
export interface CocoPrediction {
  readonly imageId: number;
  readonly categoryId: number;
  readonly score: number;
  readonly box?: Box;
  readonly mask?: Rle;
  /** x, y, score of every keypoint in turn. */
  readonly keypoints?: readonly number[];
}

export interface CocoInput {
  /** The pictures measured; truths and predictions of others are left out. */
  readonly imageIds: readonly number[];
  /** The categories measured; truths and predictions of others are left out. */
  readonly categories: readonly { readonly id: number; readonly name: string }[];
  readonly truths: readonly CocoTruth[];
  readonly predictions: readonly CocoPrediction[];
}

export interface CocoOptions<T extends CocoType = CocoType> {
  readonly type: T;
  /** The best so many predictions of a picture and category count. Default 100, for keypoints 20. */
  readonly maxDetections?: number;
  /** false: a prediction may match a truth of any category, and there is one row of figures. Default true. */
  readonly useCategories?: boolean;
  /** For keypoints: one per keypoint; default COCO's 17. */
  readonly sigmas?: readonly number[];
  readonly signal?: AbortSignal;
  /** Called after every category with the share done, 0..1. */
  readonly onProgress?: (done: number) => void;
}

export const BOX_FIGURES = [
  'AP',
  'AP50',
  'AP75',
  'APsmall',
  'APmedium',
  'APlarge',
  'AR1',
  'AR10',
  'AR100',
  'ARsmall',
  'ARmedium',
  'ARlarge',
] as const;
export const KEYPOINT_FIGURES = [
  'AP',
  'AP50',
  'AP75',
  'APmedium',
  'APlarge',
  'AR',
  'AR50',
  'AR75',
  'ARmedium',
  'ARlarge',
] as const;
export type CocoFigure<T extends CocoType> = T extends 'keypoints'
  ? (typeof KEYPOINT_FIGURES)[number]
  : (typeof BOX_FIGURES)[number];
/** 0..1; null where there was nothing to measure (-1 in pycocotools). AR100 stands for `maxDetections`. */
export type CocoStats<T extends CocoType = CocoType> = Readonly<Record<CocoFigure<T>, number | null>>;

export interface CocoCategoryFigures {
  readonly categoryId: number;
  readonly name: string;
  readonly AP: number | null;
  readonly AP50: number | null;
  readonly AP75: number | null;
  /** With `maxDetections`. */
  readonly AR: number | null;
  /** Without crowds and ignored ones. */
  readonly truths: number;
  readonly predictions: number;
}

/** Precision at the recalls 0, 0.01 .. 1. */
export interface CocoCurve {
  readonly precision: readonly number[];
  /** The lowest score that reaches the recall; 0 where it is never reached. Averages are means of these. */
  readonly scores: readonly number[];
}
export interface CocoCurves {
  readonly iou50: CocoCurve;
  readonly iou75: CocoCurve;
  /** The mean over the IoU thresholds 0.5, 0.55 .. 0.95. */
  readonly mean: CocoCurve;
}

/** What became of a prediction at IoU (OKS) 0.5. */
export interface CocoMatch {
  /** Index into the predictions given. */
  readonly prediction: number;
  /** The id of its truth; null = it has none. */
  readonly truth: number | null;
  /** With its truth; 0 without. */
  readonly iou: number;
  /** Its truth is a crowd or ignored: neither right nor wrong. */
  readonly ignored: boolean;
}
export interface CocoImageMatches {
  readonly imageId: number;
  /** Best score first within a category; those beyond `maxDetections` are left out. */
  readonly matches: readonly CocoMatch[];
  /** The ids of the truths nothing was found for; crowds and ignored ones are not among them. */
  readonly missed: readonly number[];
}

/** The arrays of pycocotools' `eval`, row-major; -1 where a category has no truths of that area. */
export interface CocoArrays {
  readonly iouThresholds: readonly number[];
  readonly recallThresholds: readonly number[];
  /** The order along K; [-1] with useCategories false. */
  readonly categoryIds: readonly number[];
  readonly areas: readonly string[];
  readonly maxDetections: readonly number[];
  /** [T, R, K, A, M]: IoU thresholds, recalls, categories, areas, maximal detections. */
  readonly dims: readonly [number, number, number, number, number];
  /** [T, R, K, A, M] */
  readonly precision: Float64Array;
  /** [T, R, K, A, M]: the score at which the recall is reached */
  readonly scores: Float64Array;
  /** [T, K, A, M] */
  readonly recall: Float64Array;
}

export interface CocoEvaluation<T extends CocoType = CocoType> {
  readonly type: T;
  readonly stats: CocoStats<T>;
  /** By category id. */
  readonly perCategory: readonly CocoCategoryFigures[];
  readonly curves: {
    readonly recall: readonly number[];
    /** Over the categories with truths; null without any. */
    readonly average: CocoCurves | null;
    readonly perCategory: readonly { readonly categoryId: number; readonly curves: CocoCurves | null }[];
  };
  /** By image id, of every picture measured. */
  readonly images: readonly CocoImageMatches[];
  readonly arrays: CocoArrays;
}
