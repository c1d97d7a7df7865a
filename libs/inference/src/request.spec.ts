import type { InferenceRequest, StageModel } from '@fovea/application';
import { float32, identityModel, tinyManifestModel, uint8, uint8CastModel } from '@fovea/testing';
import { expect, it } from 'vitest';
import { PendingRequest } from './request.ts';

const model = (bytes: Uint8Array, change = {}): StageModel => ({
  ...tinyManifestModel('m', bytes, change),
  classes: [],
  tokens: [],
});
const make = (stageModel: StageModel, feeds: InferenceRequest['feeds'], outputs?: string[]) =>
  new PendingRequest(
    { model: 'm', feeds, ...(outputs ? { outputs } : {}) },
    { model: stageModel, binding: { owner: 'local', priority: 'job' }, onSettled: () => undefined },
  );
const identity = model(identityModel());

it.each([
  ['a missing input', {}, TypeError, /needs the input "x"/],
  ['an unknown input', { x: float32([1, 2, 3, 4], [1, 4]), z: float32([1]) }, RangeError, /no input "z"/],
  ['another element type', { x: uint8([1, 2, 3, 4], [1, 4]) }, TypeError, /must be float32, got uint8/],
  ['another rank', { x: float32([1, 2, 3, 4]) }, RangeError, /shape \[n, 4\], got \[4\]/],
  ['another width', { x: float32([1, 2, 3], [1, 3]) }, RangeError, /got \[1, 3\]/],
  ['no rows', { x: float32([], [0, 4]) }, RangeError, /at least 1; x has 0/],
])('refuses %s, naming it', (_, feeds, type, message) => {
  expect(() => make(identity, feeds as InferenceRequest['feeds'])).toThrow(type);
  expect(() => make(identity, feeds as InferenceRequest['feeds'])).toThrow(message);
});

it('refuses outputs that the model does not have', () => {
  expect(() => make(identity, { x: float32([1, 2, 3, 4], [1, 4]) }, ['z'])).toThrow(/no output "z", only y/);
});

it('counts rows and tells shapes apart', () => {
  const two = make(identity, { x: float32([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]) });
  expect(two.rows).toBe(2);
  const picture = (side: number) =>
    make(model(uint8CastModel()), {
      image: uint8(new Array<number>(side * side * 3).fill(1), [1, side, side, 3]),
    });
  expect(picture(2).signature).toBe(picture(2).signature);
  expect(picture(2).signature).not.toBe(picture(3).signature);
});

it('takes any axis 0 of a model that is not batchable as one row', () => {
  expect(
    make(model(identityModel(), { batchable: false }), { x: float32([1, 2, 3, 4, 5, 6, 7, 8], [2, 4]) }).rows,
  ).toBe(1);
});
