import type { Evaluation, RunEnvelope } from '@fovea/contracts';
import type { Dataset, DatasetTruth } from '@fovea/evaluation';
import { encodeMask } from '@fovea/geometry';
import { encodeGrey } from '@fovea/imaging';
import { describe, expect, it } from 'vitest';
import type { MeasureOptions, PictureRun } from './measure.ts';
import { measureSemantic } from './measure-semantic.ts';

const WIDTH = 4;
const HEIGHT = 2;
const classes = ['background', 'person', 'tvmonitor'].map((name, index) => ({ name, index }));
const mask = (...pixels: number[]) => {
  const bitmap = new Uint8Array(WIDTH * HEIGHT);
  for (const pixel of pixels) bitmap[pixel] = 1;
  return encodeMask(bitmap, WIDTH, HEIGHT);
};
const truth = (id: number, categoryId: number, pixels: number[], crowd = false): DatasetTruth => ({
  id,
  imageId: 1,
  categoryId,
  crowd,
  area: pixels.length,
  mask: mask(...pixels),
});
const instances: Dataset = {
  format: 'coco',
  name: 'tiny',
  folder: '/tiny',
  sha256: 'a'.repeat(64),
  categories: [
    { id: 10, name: 'person' },
    { id: 20, name: 'tv' },
    { id: 30, name: 'spoon' },
  ],
  images: [{ id: 1, name: '1.png', source: { file: '/tiny/1.png' }, width: WIDTH, height: HEIGHT }],
  truths: [
    truth(1, 20, [0]), // on top of the person, because it is smaller
    truth(2, 10, [0, 1, 2]),
    truth(3, 30, [4]),
    truth(4, 10, [7, 6], true),
  ],
  has: { boxes: true, masks: true, keypoints: false, labels: false, captions: false },
};

/** The figures of one picture whose pixels were taken for these classes. */
async function figuresOf(dataset: Dataset, found: number[]): Promise<Record<string, number | null>> {
  const measure = measureSemantic({
    request: {} as MeasureOptions['request'],
    dataset,
    truths: new Map([[1, dataset.truths]]),
    classes,
    model: 'tiny',
  });
  const { bytes, mime } = await encodeGrey({ data: Uint8Array.from(found), width: WIDTH, height: HEIGHT });
  const sha256 = 'b'.repeat(64);
  const envelope = {
    result: { kind: 'masks', classes: [], map: { blob: sha256 } },
  } as unknown as RunEnvelope;
  const image = dataset.images[0]!;
  const kept: unknown = await measure.keep(image, {
    envelope,
    blobs: new Map([[sha256, { bytes, mime }]]),
  } as unknown as PictureRun);
  const { figures } = await measure.measure(new Map([[1, JSON.parse(JSON.stringify(kept)) as unknown]]));
  return Object.fromEntries((figures as Evaluation['figures']).map(({ name, value }) => [name, value]));
}

describe('semantic segmentation', () => {
  it('paints instances over the background, small ones on top; other things are background, crowds nothing', async () => {
    expect(await figuresOf(instances, [2, 1, 1, 0, 0, 0, 1, 2])).toEqual({
      mIoU: 1,
      'pixel accuracy': 1,
      'mean class accuracy': 1,
      'weighted IoU': 1,
      'classes taken for background': 1,
    });
    // One of two person pixels is missed: IoU of background 3/4, of person 1/2, of tv 1.
    expect(await figuresOf(instances, [2, 1, 0, 0, 0, 0, 1, 2])).toMatchObject({
      mIoU: (3 / 4 + 1 / 2 + 1) / 3,
      'pixel accuracy': 5 / 6,
    });
  });

  it('takes class maps where the data set has them; 255 counts for nothing', async () => {
    const data = Uint8Array.from([20, 10, 10, 0, 30, 0, 255, 255]);
    const maps: Dataset = {
      ...instances,
      truths: [],
      has: { ...instances.has, masks: false, classMaps: true },
      classMap: () => Promise.resolve({ data, width: WIDTH, height: HEIGHT }),
    };
    expect(await figuresOf(maps, [2, 1, 1, 0, 0, 0, 1, 2])).toMatchObject({ mIoU: 1, 'pixel accuracy': 1 });
  });

  it('refuses annotations of another size than the picture', async () => {
    const small = {
      ...instances,
      truths: [{ ...truth(1, 20, []), mask: encodeMask(new Uint8Array(4), 2, 2) }],
    };
    await expect(figuresOf(small, [0, 0, 0, 0, 0, 0, 0, 0])).rejects.toMatchObject({ code: 'IMAGE_CORRUPT' });
  });
});
