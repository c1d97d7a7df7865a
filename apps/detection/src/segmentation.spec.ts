import { VisionError } from '@fovea/contracts';
import { encodeMask } from '@fovea/geometry';
import { definitionConformance } from '@fovea/testing';
import { describe, expect, it } from 'vitest';
import { boxesOf } from './given-boxes.ts';
import { opacityOf } from './opacity.ts';
import { segmentation } from './segmentation.ts';

it('is a well-made definition', () => expect(definitionConformance(segmentation)).toEqual([]));

it('needs no detector where the request brings its boxes', () => {
  const { usedWhen } = segmentation.models['detector']!;
  const params = (given: object) => segmentation.params.parse(given);
  expect(usedWhen!(params({}), 'mask-from-box')).toBe(true);
  expect(usedWhen!(params({ boxes: [[1, 2, 3, 4]] }), 'mask-from-box')).toBe(false);
});

describe('boxesOf', () => {
  const picture = { width: 100, height: 50 };
  it('cuts boxes off at the edge and keeps their order', () => {
    expect(
      boxesOf(
        [
          [90, 10, 20, 20],
          [-5, -5, 10, 100],
          [1, 2, 3, 4],
        ],
        picture,
      ),
    ).toEqual([
      { x: 90, y: 10, width: 10, height: 20 },
      { x: 0, y: 0, width: 5, height: 50 },
      { x: 1, y: 2, width: 3, height: 4 },
    ]);
  });
  it('names every entry without a size or outside the picture', () => {
    const wrong = () =>
      boxesOf(
        [
          [0, 0, 10, 10],
          [5, 5, 0, 10],
          [5, 5, 10, -1],
          [100, 0, 10, 10],
          [0, -20, 10, 20],
        ],
        picture,
      );
    expect(wrong).toThrow(VisionError);
    expect(wrong).toThrow(
      expect.objectContaining({
        code: 'INVALID_PARAMETER',
        errors: [
          { path: 'boxes.1', message: 'width and height must be positive, got 0 x 10' },
          { path: 'boxes.2', message: 'width and height must be positive, got 10 x -1' },
          { path: 'boxes.3', message: 'it lies outside the picture, which is 100 x 50 pixels' },
          { path: 'boxes.4', message: 'it lies outside the picture, which is 100 x 50 pixels' },
        ],
      }),
    );
  });
  it('takes the one pixel there is', () =>
    expect(boxesOf([[0, 0, 1, 1]], { width: 1, height: 1 })).toEqual([{ x: 0, y: 0, width: 1, height: 1 }]));
});

it('opacityOf shows what is in any mask', async () => {
  const mask = (...bits: number[]) => encodeMask(Uint8Array.from(bits), 3, 2);
  const items = [{ mask: mask(0, 1, 0, 0, 1, 1) }, {}, { mask: mask(1, 1, 0, 0, 0, 0) }];
  expect([...(await opacityOf(items, { width: 3, height: 2 }))]).toEqual([255, 255, 0, 0, 255, 255]);
});
