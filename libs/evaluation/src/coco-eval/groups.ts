import type { CocoInput } from './types.ts';

/** What belongs to a category, as indices in order of the pictures. */
export interface Group {
  readonly truths: Uint32Array;
  readonly predictions: Uint32Array;
}

/** The input in COCO's order: pictures and categories by id, whatever order they were given in. */
export interface Grouped {
  readonly imageIds: readonly number[];
  readonly categories: CocoInput['categories'];
  /** The picture's index of every truth and prediction; 0 where it is not measured. */
  readonly truthImages: Uint32Array;
  readonly predictionImages: Uint32Array;
  /** One per category; a single one when categories do not count. */
  readonly groups: readonly Group[];
}

interface Placed {
  readonly imageId: number;
  readonly categoryId: number;
}

/** Sorts the input by category and picture; what belongs to none of them is left out. */
export function groupInput(input: CocoInput, useCategories: boolean): Grouped {
  const imageIds = [...new Set(input.imageIds)].sort((a, b) => a - b);
  const categories = [...new Map(input.categories.map((category) => [category.id, category])).values()].sort(
    (a, b) => a.id - b.id,
  );
  const imageOf = new Map(imageIds.map((id, i) => [id, i]));
  const categoryOf = new Map(categories.map(({ id }, i) => [id, i]));

  const place = (items: readonly Placed[]) => {
    const images = new Uint32Array(items.length);
    const ranks = new Uint32Array(items.length);
    const known: number[] = [];
    items.forEach((item, i) => {
      const [image, rank] = [imageOf.get(item.imageId), categoryOf.get(item.categoryId)];
      if (image === undefined || rank === undefined) return;
      images[i] = image;
      ranks[i] = rank;
      known.push(i);
    });
    // Least important key first: every pass keeps the order of the one before.
    let order = Uint32Array.from(known);
    if (!useCategories) order = sortByKey(order, ranks, categories.length).order;
    const byImage = sortByKey(order, images, imageIds.length).order;
    if (!useCategories) return { images, groups: [byImage] };
    const { order: sorted, starts } = sortByKey(byImage, ranks, categories.length);
    return { images, groups: categories.map((_, k) => sorted.subarray(starts[k], starts[k + 1])) };
  };
  const truths = place(input.truths);
  const predictions = place(input.predictions);
  return {
    imageIds,
    categories,
    truthImages: truths.images,
    predictionImages: predictions.images,
    groups: truths.groups.map((own, k) => ({ truths: own, predictions: predictions.groups[k]! })),
  };
}

/** Counting sort, stable: the items in order of their key, and where each key starts. */
function sortByKey(items: Uint32Array, keys: Uint32Array, keyCount: number) {
  const starts = new Uint32Array(keyCount + 1);
  for (const item of items) starts[keys[item]! + 1]!++;
  for (let key = 0; key < keyCount; key++) starts[key + 1]! += starts[key]!;
  const next = starts.slice();
  const order = new Uint32Array(items.length);
  for (const item of items) order[next[keys[item]!]!++] = item;
  return { order, starts };
}
