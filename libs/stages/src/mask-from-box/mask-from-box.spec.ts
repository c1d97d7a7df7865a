import type { Image, StageModel } from '@fovea/application';
import type { Box } from '@fovea/contracts';
import { maskArea, maskBox, pasteMask, scaleBox } from '@fovea/geometry';
import { tensor, type Tensor } from '@fovea/tensor';
import { describe, expect, it } from 'vitest';
import { maskFromBox } from './mask-from-box.ts';

const SIDE = 16;
const model = {
  id: 'tiny',
  classes: [],
  tokens: [],
  inputs: [{ name: 'image', dtype: 'uint8', shape: ['n', SIDE, SIDE, 3] }],
  outputs: [{ name: 'mask', dtype: 'float32', shape: ['n', SIDE, SIDE] }],
} as unknown as StageModel;
const blank = (width: number, height: number): Image => ({
  rgb: new Uint8Array(width * height * 3).fill(200),
  width,
  height,
});

/** Runs the stage with a made-up network that answers the same grid for every box. */
async function run(picture: Image, boxes: Box[], grid: Float32Array) {
  const { feeds, frame } = await maskFromBox.preprocess({ picture, boxes }, {}, model);
  const pixels = feeds['image'] as Tensor<'uint8'>;
  expect(pixels.dims).toEqual([boxes.length, SIDE, SIDE, 3]);
  const data = new Float32Array(boxes.length * grid.length);
  boxes.forEach((_, i) => data.set(grid, i * grid.length));
  const mask = tensor('float32', [boxes.length, SIDE, SIDE], data);
  return { pixels, masks: await maskFromBox.postprocess({ mask }, { frame, params: {}, model }) };
}
const everywhere = (value: number) => new Float32Array(SIDE * SIDE).fill(value);

describe('maskFromBox', () => {
  it('sees the box enlarged 1.25 times, grey outside the picture', async () => {
    const { pixels } = await run(blank(40, 40), [{ x: 0, y: 0, width: 40, height: 40 }], everywhere(1));
    const level = (x: number, y: number) => pixels.data[(y * SIDE + x) * 3];
    // The picture is the middle 12.8 of the 16 pixels.
    expect([level(0, 8), level(1, 8), level(2, 8), level(13, 8), level(14, 8)]).toEqual([
      127, 127, 200, 200, 127,
    ]);
  });
  it('lays the mask back over the same region, clipped to the picture', async () => {
    const { masks } = await run(
      blank(100, 60),
      [
        { x: 20, y: 10, width: 40, height: 24 },
        { x: 84, y: 44, width: 16, height: 16 },
      ],
      everywhere(0.9),
    );
    expect(masks.map(({ mask }) => maskBox(mask!))).toEqual([
      { x: 15, y: 7, width: 50, height: 30 },
      { x: 82, y: 42, width: 18, height: 18 },
    ]);
    expect(masks[0]!.mask!.size).toEqual([60, 100]);
    expect(masks[0]!.confidence).toBeCloseTo(0.9, 6);
  });
  it('has no mask, and no confidence, where nothing is over one half', async () => {
    const { masks } = await run(blank(9, 9), [{ x: 1, y: 1, width: 5, height: 5 }], everywhere(0.5));
    expect(masks).toEqual([{ mask: undefined, confidence: 0 }]);
  });
  it('is as sure as the cells that are inside', async () => {
    const grid = everywhere(0.1);
    grid.fill(0.6, 0, SIDE * 8);
    grid.fill(0.8, 0, SIDE * 4);
    const { masks } = await run(blank(50, 50), [{ x: 10, y: 10, width: 20, height: 20 }], grid);
    expect(masks[0]!.confidence).toBeCloseTo(0.7, 6);
  });
  it('keeps 200 boxes in their order', async () => {
    const boxes = Array.from({ length: 200 }, (_, i) => ({ x: i * 4, y: i, width: 8, height: 8 }));
    const picture = blank(820, 220);
    const { masks } = await run(picture, boxes, everywhere(1));
    const grid = { data: everywhere(1), width: SIDE, height: SIDE };
    expect(masks.map(({ mask }) => mask)).toEqual(
      boxes.map((box) => pasteMask(grid, { region: scaleBox(box, 1.25), picture })),
    );
  });
  it.each([
    [1, 1, { x: 0, y: 0, width: 1, height: 1 }, 1],
    [1, 300, { x: 0, y: 100, width: 1, height: 80 }, 100],
    [300, 1, { x: 100, y: 0, width: 80, height: 1 }, 100],
    [30, 30, { x: 4.4, y: 4.4, width: 0.01, height: 0.01 }, 0],
  ])('meets a picture of %i x %i with the box %j', async (width, height, box, area) => {
    const { masks } = await run(blank(width, height), [box], everywhere(1));
    expect(masks[0]!.mask ? maskArea(masks[0]!.mask) : 0).toBe(area);
  });
  it('refuses a model with another contract', () =>
    expect(
      maskFromBox.preprocess(
        { picture: blank(2, 2), boxes: [{ x: 0, y: 0, width: 1, height: 1 }] },
        {},
        { ...model, outputs: [] },
      ),
    ).rejects.toMatchObject({ code: 'MODEL_FAILED' }));
});
