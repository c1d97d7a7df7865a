import type { Image, StageModel } from '@fovea/application';
import { tensor, type Tensor } from '@fovea/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KeypointItem } from '../keypoints/keypoints.ts';
import { pose, squareAround, type Person } from './pose.ts';

const SIDE = 32;
const model = {
  id: 'tiny',
  classes: Array.from({ length: 17 }, (_, index) => ({ index, name: `joint-${index}` })),
  inputs: [{ name: 'image', dtype: 'uint8', shape: ['n', SIDE, SIDE, 3] }],
  outputs: [{ name: 'keypoints', dtype: 'float32', shape: ['n', 17, 3] }],
} as unknown as StageModel;
const picture: Image = { rgb: new Uint8Array(100 * 60 * 3).fill(200), width: 100, height: 60 };
const person = (x: number, y: number, width: number, height: number, score = 0.8): Person => ({
  box: { x, y, width, height },
  score,
});

/** What the stage answers where the model puts all joints at one place of each crop. */
async function posesOf(people: readonly Person[], joints: readonly [x: number, y: number, score: number][]) {
  const { frame } = await pose.preprocess({ picture, people }, {}, model);
  const rows = joints.flatMap((joint) => Array.from({ length: 17 }, () => joint).flat());
  const keypoints = tensor('float32', [joints.length, 17, 3], Float32Array.from(rows));
  return (await pose.postprocess({ keypoints }, { frame, params: {}, model })) as KeypointItem[];
}

describe('pose', () => {
  it('cuts the square of the longer side about the centre', () =>
    fc.assert(
      fc.property(
        fc.record({
          x: fc.integer({ min: 0, max: 500 }),
          y: fc.integer({ min: 0, max: 500 }),
          width: fc.integer({ min: 1, max: 900 }),
          height: fc.integer({ min: 1, max: 900 }),
        }),
        (box) => {
          const square = squareAround(box);
          expect(square.width).toBe(Math.max(box.width, box.height));
          expect(square.height).toBe(square.width);
          expect(square.x + square.width / 2).toBe(box.x + box.width / 2);
          expect(square.y + square.height / 2).toBe(box.y + box.height / 2);
        },
      ),
    ));

  it('makes one batch of all people, black outside the picture', async () => {
    // 20 x 60 in a picture 60 high: the square reaches 20 to the left of the edge.
    const people = [person(0, 0, 20, 60), person(40, 10, 30, 30)];
    const { feeds } = await pose.preprocess({ picture, people }, {}, model);
    const { dims, data } = feeds['image'] as Tensor<'uint8'>;
    expect(dims).toEqual([2, SIDE, SIDE, 3]);
    expect([data[0], data[(SIDE - 1) * 3]]).toEqual([0, 200]);
    expect(new Set(data.subarray(SIDE * SIDE * 3))).toEqual(new Set([200]));
  });

  it('leads the joints of each crop back to the picture, each with its name', async () => {
    const people = [person(40, 10, 32, 16), person(0, 0, 16, 64)];
    const [first, second] = await posesOf(people, [
      [16, 16, 0.5],
      [0, 32, 1],
    ]);
    expect(first?.keypoints[3]).toEqual({ name: 'joint-3', x: 56, y: 18, score: 0.5 });
    // The second's crop begins 24 px to the left of the picture: its left edge stays where it was predicted.
    expect(second?.keypoints[0]).toEqual({ name: 'joint-0', x: -24, y: 64, score: 1 });
  });

  it('scores the detector’s times the mean of the joints’, never above 1', async () => {
    const people = [person(0, 0, 32, 32, 0.8), person(0, 0, 32, 32, 1)];
    const items = await posesOf(people, [
      [16, 16, 0.25],
      [16, 16, 1.5],
    ]);
    expect(items[0]?.score).toBeCloseTo(0.2, 6);
    expect(items[1]).toMatchObject({
      score: 1,
      keypoints: expect.arrayContaining([expect.objectContaining({ score: 1 })]),
    });
  });

  it('leaves out what no number came back for, and boxes outside the picture', async () => {
    const people = [person(0, 0, 32, 32), person(200, 0, 32, 32), person(10, 10, 20, 20)];
    const items = await posesOf(people, [
      [NaN, 16, 1],
      [16, 16, 1],
      [16, 16, 1],
    ]);
    expect(items.map(({ box }) => box)).toEqual([{ x: 10, y: 10, width: 20, height: 20 }]);
  });

  it.each([
    ['a strip', { width: 1, height: 300 }],
    ['a panorama', { width: 2000, height: 100 }],
    ['one pixel', { width: 1, height: 1 }],
  ])('works on %s', async (_what, size) => {
    const thin: Image = { ...size, rgb: new Uint8Array(size.width * size.height * 3).fill(9) };
    const { feeds } = await pose.preprocess(
      { picture: thin, people: [person(0, 0, size.width, size.height)] },
      {},
      model,
    );
    const { dims, data } = feeds['image'] as Tensor<'uint8'>;
    expect(dims).toEqual([1, SIDE, SIDE, 3]);
    expect(data.every((value) => value === 0 || value === 9)).toBe(true);
  });
});
