import type { Box, Rle } from '@fovea/contracts';
import { boxArea, maskArea, maskFromRuns, polygonsToMask, type Size } from '@fovea/geometry';
import type { DatasetCategory, DatasetTruth } from '../dataset.ts';
import { finiteNumbers, uniqueId, type Fields } from './fields.ts';
import { withMask } from './lazy-mask.ts';

export interface CocoContext {
  /** Ids of the annotations read so far; this one's is added. */
  readonly ids: Set<number>;
  readonly images: ReadonlyMap<number, Size>;
  readonly categories: ReadonlyMap<number, DatasetCategory>;
}

/** One entry of `annotations` in an instances or keypoints file. */
export function readCocoTruth(annotation: Fields, context: CocoContext): DatasetTruth {
  const { ids, images, categories } = context;
  const id = uniqueId(annotation, ids);
  ids.add(id);
  const imageId = annotation.reference('image_id', images, 'picture');
  const categoryId = annotation.reference('category_id', categories, 'category');
  const box = readBox(annotation);
  const mask = readMask(annotation, images.get(imageId)!);
  const keypoints = readKeypoints(annotation, categories.get(categoryId)!);
  const truth = {
    id,
    imageId,
    categoryId,
    box,
    area: readArea(annotation) ?? boxArea(box),
    crowd: readCrowd(annotation),
    ...keypoints,
  };
  return mask ? withMask(truth, mask) : truth;
}

function readBox(annotation: Fields): Box {
  const numbers = annotation.numbers('bbox');
  const [x, y, width, height] = numbers;
  if (
    numbers.length !== 4 ||
    x === undefined ||
    y === undefined ||
    width === undefined ||
    height === undefined
  )
    throw annotation.wrong('bbox', `must be x, y, width, height, has ${numbers.length} numbers`);
  if (width < 0 || height < 0) throw annotation.wrong('bbox', `has a negative size, ${width} x ${height}`);
  return { x, y, width, height };
}

function readArea(annotation: Fields): number | undefined {
  if (!annotation.has('area')) return undefined;
  const area = annotation.number('area');
  if (area < 0) throw annotation.wrong('area', `is negative, ${area}`);
  return area;
}

function readCrowd(annotation: Fields): boolean {
  const crowd = annotation.value('iscrowd') ?? 0;
  if (![0, 1, false, true].includes(crowd as number)) throw annotation.wrong('iscrowd', 'must be 0 or 1');
  return Boolean(crowd);
}

/** Checks a segmentation now and returns what draws it; undefined where there is none. */
function readMask(annotation: Fields, size: Size): (() => Rle) | undefined {
  if (!annotation.has('segmentation')) return undefined;
  const segmentation = annotation.value('segmentation');
  if (Array.isArray(segmentation)) {
    const polygons = readPolygons(annotation, segmentation as unknown[], size);
    return polygons.length > 0
      ? () => polygonsToMask(polygons, { width: size.width, height: size.height })
      : undefined;
  }
  const rle = readRuns(annotation.object('segmentation'), size);
  return () => rle;
}

function readPolygons(annotation: Fields, list: readonly unknown[], { width, height }: Size): number[][] {
  // An outline may leave the picture a little; one that goes far would cost its whole length to draw.
  const limit = 2 * (width + height);
  return list.map((item, at) => {
    const wrong = (detail: string) => annotation.wrong('segmentation', `[${at}] ${detail}`);
    if (!Array.isArray(item)) throw wrong('must be a list x, y, x, y, …');
    const polygon = finiteNumbers(item as unknown[], (i, detail) => wrong(`[${i}] ${detail}`));
    if (polygon.length % 2 !== 0 || polygon.length < 6)
      throw wrong(`must be x and y of at least three points, has ${polygon.length} numbers`);
    const far = polygon.findIndex((value) => Math.abs(value) > limit);
    if (far >= 0) throw wrong(`[${far}] is ${polygon[far]}, far outside the picture of ${width} x ${height}`);
    return polygon;
  });
}

/** Run lengths, compressed (a text) or not (a list), as a mask of the picture's size. */
function readRuns(segmentation: Fields, size: Size): Rle {
  const [height, width, ...rest] = segmentation.numbers('size');
  if (height !== size.height || width !== size.width || rest.length > 0)
    throw segmentation.wrong('size', `must be the picture’s height and width, ${size.height}, ${size.width}`);
  let mask: Rle;
  if (typeof segmentation.value('counts') === 'string')
    mask = { size: [height, width], counts: segmentation.text('counts') };
  else {
    const runs = segmentation.numbers('counts');
    const bad = runs.findIndex((run) => !Number.isInteger(run) || run < 0 || run > width * height);
    if (bad >= 0)
      throw segmentation.wrong('counts', `[${bad}] must be a whole number of pixels, is ${runs[bad]}`);
    mask = maskFromRuns(runs, size);
  }
  try {
    maskArea(mask);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw segmentation.wrong('counts', `do not describe a mask: ${error.message}`);
  }
  return mask;
}

function readKeypoints(annotation: Fields, category: DatasetCategory) {
  if (!annotation.has('keypoints')) return {};
  const keypoints = annotation.numbers('keypoints');
  const expected = category.keypoints ? 3 * category.keypoints.length : 3 * Math.ceil(keypoints.length / 3);
  if (keypoints.length !== expected)
    throw annotation.wrong(
      'keypoints',
      `must be x, y and visibility of each keypoint, ${expected} numbers, has ${keypoints.length}`,
    );
  let labelled = 0;
  for (let at = 2; at < keypoints.length; at += 3) {
    if (![0, 1, 2].includes(keypoints[at]!))
      throw annotation.wrong('keypoints', `[${at}] is a visibility: 0, 1 or 2, not ${keypoints[at]}`);
    if (keypoints[at]! > 0) labelled++;
  }
  const numKeypoints = annotation.has('num_keypoints')
    ? annotation.wholeNumber('num_keypoints', 0)
    : labelled;
  return { keypoints, numKeypoints };
}
