import { describe, expect, it } from 'vitest';
import { COCO_SIGMAS, oks } from './oks.ts';

const box = { x: 10, y: 20, width: 30, height: 40 };

describe('oks', () => {
  it('is 1 for the very keypoints, whatever their score', () => {
    const keypoints = COCO_SIGMAS.flatMap((_, k) => [k, 2 * k, 2]);
    expect(
      oks(
        keypoints.map((value, i) => (i % 3 === 2 ? 0.1 : value)),
        { keypoints, box, area: 900 },
      ),
    ).toBe(1);
  });
  it('is exp(-d²/2s²k²) for one labelled keypoint, k twice the sigma', () => {
    const value = oks([13, 4, 1, 99, 99, 1], { keypoints: [10, 0, 1, 5, 5, 0], box, area: 100 }, [0.05, 0.1]);
    expect(value).toBeCloseTo(Math.exp(-25 / (2 * 100 * 0.01)), 12);
  });
  it('measures to the box, grown by its size on every side, where none is labelled', () => {
    const truth = { keypoints: [0, 0, 0], box, area: 1000 };
    // The grown box reaches from -20 to 70 and from -20 to 100.
    expect([oks([-20, 100, 1], truth, [0.5]), oks([70, -20, 1], truth, [0.5])]).toEqual([1, 1]);
    expect(oks([73, 104, 1], truth, [0.5])).toBeCloseTo(Math.exp(-25 / 2000), 12);
    expect(oks([-23, -24, 1], truth, [0.5])).toBeCloseTo(Math.exp(-25 / 2000), 12);
  });
  it('is 0 for a miss of something without area and 1 for a hit', () => {
    const truth = { keypoints: [1, 1, 2], box, area: 0 };
    expect([oks([1, 1, 1], truth, [0.1]), oks([2, 1, 1], truth, [0.1])]).toEqual([1, 0]);
  });
  it('refuses keypoints that do not fit the sigmas', () => {
    const truth = { keypoints: [1, 1, 2], box, area: 1 };
    expect(() => oks([1, 1, 1, 2], truth, [0.1])).toThrow('keypoints must hold 3 numbers, got 4');
    expect(() => oks([1, 1, 1, 2, 2, 2], truth, [0.1, 0.1])).toThrow(
      'truth.keypoints must hold 6 numbers, got 3',
    );
  });
});
