import type { Image, StageModel } from '@fovea/application';
import { letterboxFrame } from '@fovea/geometry';
import { tensor, type Tensor } from '@fovea/tensor';
import { describe, expect, it } from 'vitest';
import type { KeypointItem } from '../keypoints/keypoints.ts';
import { multiPose, multiPoseInput } from './multi-pose.ts';

const model = {
  id: 'tiny',
  classes: [{ index: 0, name: 'nose' }],
  inputs: [{ name: 'image', dtype: 'uint8', shape: ['n', 'h', 'w', 3] }],
  outputs: ['poses', 'boxes', 'scores'].map((name) => ({ name })),
} as unknown as StageModel;

/** Six slots of these scores, all in the box 32..96 x 0..64 of the input, joints in its middle. */
function answer(scores: readonly number[], box: readonly number[] = [32, 0, 96, 64]): KeypointItem[] {
  const frame = letterboxFrame(
    { width: 640, height: 480 },
    { width: 320, height: 256 },
    { align: 'top-left' },
  );
  const outputs = {
    scores: tensor('float32', [1, 6], Float32Array.from(scores)),
    boxes: tensor('float32', [1, 6, 4], Float32Array.from(scores.flatMap(() => box))),
    poses: tensor(
      'float32',
      [1, 6, 17, 3],
      Float32Array.from(Array.from({ length: 6 * 17 }, () => [64, 32, 0.5]).flat()),
    ),
  };
  return multiPose.postprocess(outputs, { frame, params: {}, model }) as KeypointItem[];
}

describe('multiPose', () => {
  it.each([
    [640, 480, 320, 256],
    [480, 640, 256, 320],
    [100, 100, 320, 320],
    [2000, 100, 320, 32],
    [1, 1000, 32, 320],
    [1, 1, 320, 320],
  ])('takes %i x %i as %i x %i', async (width, height, wantedWidth, wantedHeight) => {
    expect(multiPoseInput({ width, height })).toEqual({ width: wantedWidth, height: wantedHeight });
    const image: Image = { width, height, rgb: new Uint8Array(width * height * 3).fill(50) };
    const { feeds, frame } = await multiPose.preprocess(image, {}, model);
    expect((feeds['image'] as Tensor<'uint8'>).dims).toEqual([1, wantedHeight, wantedWidth, 3]);
    expect([frame.offsetX, frame.offsetY]).toEqual([0, 0]);
  });
  it('leads boxes and joints back to the picture', () => {
    const [first] = answer([0.75, 0, 0, 0, 0, 0]);
    expect(first).toMatchObject({ score: 0.75, box: { x: 64, y: 0, width: 128, height: 128 } });
    expect(first?.keypoints).toHaveLength(17);
    expect(first?.keypoints[0]).toEqual({ name: 'nose', x: 128, y: 64, score: 0.5 });
  });
  it('leaves out empty slots, and keeps whoever is unsure for the caller to judge', () =>
    expect(answer([0.5, 0.02, 0.01, 0.001, 0, NaN]).map(({ score }) => score.toFixed(2))).toEqual([
      '0.50',
      '0.02',
    ]));
  it('leaves out boxes that are nowhere in the picture', () => {
    expect(answer([1, 1, 1, 1, 1, 1], [-90, 0, -10, 64])).toEqual([]);
    expect(answer([1, 1, 1, 1, 1, 1], [NaN, 0, 10, 64])).toEqual([]);
  });
  it('refuses a model of another contract', async () => {
    const single = { ...model, outputs: [{ name: 'keypoints' }] } as unknown as StageModel;
    const image: Image = { width: 1, height: 1, rgb: new Uint8Array(3) };
    await expect(multiPose.preprocess(image, {}, single)).rejects.toMatchObject({ code: 'MODEL_FAILED' });
  });
});
