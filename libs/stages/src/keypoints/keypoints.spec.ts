import type { StageModel } from '@fovea/application';
import { cropFrame, imagePoint, rotatedCropFrame, toModel } from '@fovea/geometry';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestItems, boxAround, pointsOf, squareInput, unit, type KeypointItem } from './keypoints.ts';

const item = (score: number, x = 0, y = 0, side = 10): KeypointItem => ({
  score,
  box: { x, y, width: side, height: side },
  keypoints: [],
});

describe('bestItems', () => {
  it('puts the best first; equal ones from top to bottom, left to right', () => {
    const items = [item(0.5, 30, 0), item(0.9, 0, 9), item(0.5, 0, 0), item(0.5, 0, 5)];
    const best = bestItems(items, { minScore: 0, maxItems: 9 });
    expect(best.map(({ box }) => [box.x, box.y])).toEqual([
      [0, 9],
      [0, 0],
      [30, 0],
      [0, 5],
    ]);
  });
  it('keeps what has the lowest score asked for, leaves out what is below it, and cuts', () => {
    const scores = (minScore: number, maxItems: number): number[] =>
      bestItems([item(0.1), item(0.2), item(0.3)], { minScore, maxItems }).map(({ score }) => score);
    expect(scores(0.2, 9)).toEqual([0.3, 0.2]);
    expect(scores(0, 1)).toEqual([0.3]);
    expect(scores(0.31, 9)).toEqual([]);
  });
  it('drops what was found twice only where it is told how much may be shared', () => {
    // At these places the width of the shared part is rounded up: the two are the same nonetheless.
    const twice = [item(0.8, 0.1, 0.7, 0.3), item(0.7, 0.1, 0.7, 0.3)];
    expect(bestItems(twice, { minScore: 0, maxItems: 9 })).toHaveLength(2);
    expect(bestItems(twice, { minScore: 0, maxItems: 9, iouThreshold: 0.5 })).toEqual([twice[0]]);
  });
  it('tells people in one box apart by their joints', () => {
    const person = (score: number, offset: number): KeypointItem => ({
      ...item(score, 0, 0, 100),
      keypoints: Array.from({ length: 17 }, (_, i) => ({
        name: `${i}`,
        x: i * 5 + offset,
        y: 50,
        score: 0.5,
      })),
    });
    const people = [person(0.9, 0), person(0.8, 0.5), person(0.7, 40)];
    const best = (oksThreshold: number) => bestItems(people, { minScore: 0, maxItems: 9, oksThreshold });
    expect(best(0.9)).toEqual([people[0], people[2]]);
    expect(best(1)).toEqual(people);
  });
});

describe('pointsOf', () => {
  const source = { width: 640, height: 480 };
  const target = { width: 256, height: 256 };
  const near = fc.double({ min: -200, max: 900, noNaN: true });
  const side = fc.double({ min: 1, max: 2000, noNaN: true });

  it('leads back from upright and turned crops, also from outside the picture', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(near, near), { minLength: 1, maxLength: 5 }),
        fc.record({ x: near, y: near, width: side, height: side }),
        fc.option(fc.double({ min: -7, max: 7, noNaN: true })),
        (places, box, rotationRad) => {
          const frame =
            rotationRad === null
              ? cropFrame(source, box, target)
              : rotatedCropFrame(source, box, { target, rotationRad });
          const moved = places.map(([x, y]) => toModel(frame, imagePoint(x, y)));
          const data = Float64Array.from(moved.flatMap(({ x, y }, i) => [x, y, i]));
          // Doubles, so that the property is about geometry and not about float32.
          const { points, thirds } = pointsOf(
            data as unknown as Float32Array,
            { start: 0, count: places.length },
            frame,
          );
          expect(thirds).toEqual(places.map((_, i) => i));
          for (const [i, [x, y]] of places.entries()) {
            expect(points[i]?.x).toBeCloseTo(x, 4);
            expect(points[i]?.y).toBeCloseTo(y, 4);
          }
        },
      ),
    ));
  it('gives NaN, not a wrong place, where the output is too short', () => {
    const frame = cropFrame(source, { x: 0, y: 0, width: 256, height: 256 }, target);
    expect(pointsOf(new Float32Array(3), { start: 3, count: 1 }, frame).points[0]?.x).toBeNaN();
  });
});

describe('boxAround', () => {
  const picture = { width: 100, height: 50 };
  it('is clipped to the picture', () =>
    expect(boxAround([imagePoint(-5, 10), imagePoint(20, 70)], picture)).toEqual({
      x: 0,
      y: 10,
      width: 20,
      height: 40,
    }));
  it('has no area where all points are outside', () =>
    expect(boxAround([imagePoint(120, 10), imagePoint(140, 20)], picture).width).toBe(0));
});

it.each([
  [-0.1, 0],
  [0.4, 0.4],
  [1.0000001, 1],
  [NaN, 0],
])('unit(%d) is %d', (score, wanted) => expect(unit(score)).toBe(wanted));

describe('squareInput', () => {
  const model = (shape: (number | string)[], outputs: string[]): StageModel =>
    ({
      id: 'mine',
      inputs: [{ name: 'image', dtype: 'uint8', shape }],
      outputs: outputs.map((name) => ({ name })),
    }) as unknown as StageModel;
  it('is the side', () =>
    expect(squareInput(model(['n', 192, 192, 3], ['keypoints']), ['keypoints'])).toBe(192));
  it.each([
    ['not a square', model(['n', 192, 256, 3], ['keypoints'])],
    ['no fixed size', model(['n', 'h', 'w', 3], ['keypoints'])],
    ['grey', model(['n', 192, 192, 1], ['keypoints'])],
    ['another output', model(['n', 192, 192, 3], ['logits'])],
  ])('refuses %s', (_what, wrong) =>
    expect(() => squareInput(wrong, ['keypoints'])).toThrow(
      expect.objectContaining({ code: 'MODEL_FAILED' }),
    ),
  );
});
