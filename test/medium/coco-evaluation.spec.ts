import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Rle } from '@fovea/contracts';
import { evaluateCoco, type CocoTruth, type CocoType } from '@fovea/evaluation';
import { maskFromRuns, polygonsToMask } from '@fovea/geometry';
import { repositoryRoot, sharedData } from '@fovea/testing';
import { describe, expect, it } from 'vitest';

const data = sharedData('coco-mini');
const fixtures = join(repositoryRoot, 'test/fixtures/evaluation');
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));

interface Golden {
  readonly type: CocoType;
  readonly stats: readonly number[];
  readonly checksums: readonly number[];
}
interface Annotations {
  readonly images: readonly { id: number; width: number; height: number }[];
  readonly categories: readonly { id: number; name: string }[];
  readonly annotations: readonly {
    id: number;
    image_id: number;
    category_id: number;
    bbox: readonly [number, number, number, number];
    area: number;
    iscrowd: number;
    segmentation: number[][] | { counts: number[] };
    keypoints?: number[];
    num_keypoints?: number;
  }[];
}
interface Prediction {
  readonly image_id: number;
  readonly category_id: number;
  readonly score: number;
  readonly bbox?: readonly [number, number, number, number];
  readonly segmentation?: Rle;
  readonly keypoints?: number[];
}
const asBox = ([x, y, width, height]: readonly [number, number, number, number]) => ({ x, y, width, height });
const checksum = (values: Float64Array) =>
  values.reduce((sum, value, i) => sum + (value * (((i * 7919) % 1009) + 1)) / 1009, 0);

function readTruths(folder: string, type: CocoType) {
  const file = type === 'keypoints' ? 'person_keypoints_val2017.json' : 'instances_val2017.json';
  const { images, categories, annotations } = json(join(folder, file)) as Annotations;
  const sizes = new Map(images.map((image) => [image.id, image]));
  const truths = annotations.map((one): CocoTruth => {
    const size = sizes.get(one.image_id)!;
    const { segmentation, keypoints, num_keypoints: numKeypoints } = one;
    return {
      ...{
        id: one.id,
        imageId: one.image_id,
        categoryId: one.category_id,
        box: asBox(one.bbox),
        area: one.area,
      },
      crowd: one.iscrowd === 1,
      ...(type === 'segm' && {
        mask: Array.isArray(segmentation)
          ? polygonsToMask(segmentation, size)
          : maskFromRuns(segmentation.counts, size),
      }),
      ...(keypoints && { keypoints }),
      ...(numKeypoints !== undefined && { numKeypoints }),
    };
  });
  return { imageIds: images.map(({ id }) => id), categories, truths };
}

describe.skipIf(!data)('COCO-MINI equals pycocotools (skipped without ../shared/data/coco-mini)', () => {
  const goldens = json(join(fixtures, 'coco-mini-goldens.json')) as Record<string, Golden>;
  it.each(Object.entries(goldens))('%s', async (name, { type, stats, checksums }) => {
    const found = JSON.parse(
      gunzipSync(readFileSync(join(fixtures, `${name}.json.gz`))).toString(),
    ) as Prediction[];
    const predictions = found.map(({ score, bbox, segmentation, keypoints, ...ids }) => ({
      ...{ imageId: ids.image_id, categoryId: ids.category_id, score },
      ...(bbox && { box: asBox(bbox) }),
      ...(segmentation && { mask: segmentation }),
      ...(keypoints && { keypoints }),
    }));
    const result = await evaluateCoco({ ...readTruths(data!, type), predictions }, { type });
    Object.entries(result.stats).forEach(([figure, value], i) => {
      expect(Math.abs((value ?? -1) - stats[i]!), figure).toBeLessThan(1e-6);
    });
    const { precision, scores, recall } = result.arrays;
    [precision, scores, recall].map(checksum).forEach((sum, i) => {
      expect(Math.abs(sum - checksums[i]!), `array ${i}`).toBeLessThan(1e-5);
    });
  });
});
