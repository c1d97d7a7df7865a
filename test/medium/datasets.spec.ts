import { boxIou, maskArea, maskBox } from '@fovea/geometry';
import { readDataset } from '@fovea/evaluation';
import { sharedData } from '@fovea/testing';
import { describe, expect, it } from 'vitest';

const coco = sharedData('coco-mini') ?? '';
describe.skipIf(coco === '')('coco-mini (skipped without ../shared/data/coco-mini)', () => {
  it('has its instances, with masks that fit their boxes', async () => {
    const set = await readDataset('coco', coco);
    expect([set.images.length, set.truths.length, set.categories.length]).toEqual([79, 624, 80]);
    expect(set).toMatchObject({ split: 'val2017', has: { boxes: true, masks: true } });
    const single = set.truths.filter((truth) => !truth.crowd && (truth.area ?? 0) > 1000);
    expect(single.length).toBeGreaterThan(200);
    for (const { mask, box, area = 0 } of single) {
      expect(boxIou(maskBox(mask!), box!)).toBeGreaterThan(0.85);
      // Annotated areas are those of the polygons, overlaps counted twice.
      expect(Math.abs(maskArea(mask!) / area - 1)).toBeLessThan(0.15);
    }
    expect(set.truths.filter(({ crowd }) => crowd).every(({ mask }) => maskArea(mask!) > 0)).toBe(true);
  });

  it('has its keypoints and captions', async () => {
    const keypoints = await readDataset('coco', coco, { annotations: 'keypoints' });
    expect(keypoints.truths).toHaveLength(118);
    expect(keypoints.categories).toMatchObject([{ id: 1, name: 'person' }]);
    for (const truth of keypoints.truths)
      expect(truth.numKeypoints).toBe(truth.keypoints?.filter((value, i) => i % 3 === 2 && value > 0).length);
    const captions = await readDataset('coco', coco, { annotations: 'captions' });
    expect(captions.captions).toHaveLength(395);
  });
});

const imagenet = sharedData('imagenet-100') ?? '';
describe.skipIf(imagenet === '')('imagenet-100 (skipped without ../shared/data/imagenet-100)', () => {
  it('has one picture of each of 100 classes', async () => {
    const set = await readDataset('imagenet', imagenet);
    expect([set.images.length, set.truths.length, set.categories.length]).toEqual([100, 100, 100]);
    expect(set.categories[0]).toEqual({ id: 0, name: 'goldfish', wnid: 'n01443537' });
    expect(new Set(set.truths.map(({ categoryId }) => categoryId)).size).toBe(100);
  });
});
