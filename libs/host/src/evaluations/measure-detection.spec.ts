import type { ResultOf, RunEnvelope } from '@fovea/contracts';
import type { Dataset } from '@fovea/evaluation';
import { encodeMask } from '@fovea/geometry';
import { describe, expect, it } from 'vitest';
import { measureObjects } from './measure-detection.ts';
import type { MeasureOptions, PictureRun } from './measure.ts';

const SIDE = 40;
const square = encodeMask(new Uint8Array(SIDE * SIDE).fill(1), SIDE, SIDE);
const box = { x: 0, y: 0, width: SIDE, height: SIDE };
const dataset: Dataset = {
  format: 'coco',
  name: 'tiny',
  folder: '/tiny',
  sha256: 'a'.repeat(64),
  categories: [
    { id: 3, name: 'sofa' },
    { id: 8, name: 'lamp' },
  ],
  images: [1, 2].map((id) => ({ id, name: `${id}.png`, source: { file: `/tiny/${id}.png` } })),
  truths: [1, 2].map((id) => ({
    id,
    imageId: id,
    categoryId: 3,
    box,
    area: SIDE * SIDE,
    crowd: false,
    mask: square,
  })),
  has: { boxes: true, masks: true, keypoints: false, labels: false, captions: false },
};
const options: MeasureOptions = {
  request: {} as MeasureOptions['request'],
  dataset,
  truths: new Map(dataset.truths.map((truth) => [truth.imageId, [truth]])),
  classes: [{ index: 0, name: 'couch' }],
  model: 'tiny',
};
type Item = ResultOf<'boxes'>['items'][number];
const item = (score: number, mask?: Item['mask']): Item => ({
  label: 'couch',
  classId: 0,
  score,
  box,
  ...(mask ? { mask } : {}),
});

/** Measures pictures by what was found in them; undefined: it could not be run. */
async function measure(type: 'bbox' | 'segm', found: readonly (readonly Item[] | undefined)[]) {
  const measuring = measureObjects(options, type);
  const kept = new Map<number, unknown>();
  for (const [i, items] of found.entries()) {
    if (!items) continue;
    const inputs = { image: { width: SIDE, height: SIDE } };
    const envelope = { inputs, result: { kind: 'boxes', items } } as unknown as RunEnvelope;
    const step: unknown = await measuring.keep(dataset.images[i]!, runOf(envelope));
    kept.set(i + 1, JSON.parse(JSON.stringify(step)));
  }
  return measuring.measure(kept);
}
/** A picture's run that needs no others. */
const runOf = (envelope: RunEnvelope) => ({ envelope, blobs: new Map() }) as unknown as PictureRun;

it('refuses masks of another size than the picture', () => {
  const sized = {
    ...dataset,
    images: dataset.images.map((image) => ({ ...image, width: 30, height: SIDE })),
  };
  const envelope = {
    inputs: { image: { width: SIDE, height: SIDE } },
    result: { kind: 'boxes', items: [] },
  } as unknown as RunEnvelope;
  const measuring = measureObjects({ ...options, dataset: sized }, 'segm');
  expect(() => measuring.keep(sized.images[0]!, runOf(envelope))).toThrow(/annotated at 30 x 40/);
});
const valueOf = ({ figures }: Awaited<ReturnType<typeof measure>>, name: string) =>
  figures.find((figure) => figure.name === name)?.value;

describe('objects', () => {
  it('are all found: classes under other names, those that the model does not know left out', async () => {
    const measured = await measure('bbox', [[item(0.9)], [item(0.8)]]);
    expect(valueOf(measured, 'AP')).toBeCloseTo(1, 12);
    expect(valueOf(measured, 'classes left out')).toBe(1);
    expect(measured.worst).toEqual([]);
    expect(measured.calibration?.ece).toBeCloseTo(0.15, 12);
  });

  it('count as not found where a picture could not be run; it is not shown', async () => {
    const measured = await measure('bbox', [[item(0.9), item(0.7)], undefined]);
    expect(valueOf(measured, 'AR100')).toBe(0.5);
    expect(measured.worst.map(({ imageId, note }) => [imageId, note])).toEqual([
      [1, '1 of 1 found; wrong: sofa'],
    ]);
  });

  it('with an empty mask are mistakes, even before all others', async () => {
    const measured = await measure('segm', [[item(0.9), item(0.8, square)], [item(0.7)]]);
    expect(valueOf(measured, 'AR100')).toBe(0.5);
    expect(valueOf(measured, 'AP50')).toBeCloseTo(0.5 * (51 / 101), 12);
    expect(measured.worst.map(({ note }) => note)).toEqual([
      '0 of 1 found; missed: sofa; wrong: sofa',
      '1 of 1 found; wrong: sofa',
    ]);
    expect(measured.worst[1]?.prediction).toMatchObject({ items: [{ label: 'sofa' }, { mask: square }] });
  });
});
