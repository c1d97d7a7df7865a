import type { CocoType } from './types.ts';

// COCO's protocol (cocodataset.org/#detection-eval), spelled so that the doubles are those of numpy.linspace: products
// of a step, not literals. A recall of exactly 0.29 is otherwise on the other side of its threshold.

/** 0.5, 0.55 .. 0.95 */
export const IOU_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : i * ((0.95 - 0.5) / 9) + 0.5,
);
/** 0, 0.01 .. 1 */
export const RECALL_THRESHOLDS: readonly number[] = Array.from({ length: 101 }, (_, i) => i * 0.01);
export const IOU_50 = 0;
export const IOU_75 = 5;

export interface AreaRange {
  readonly name: 'all' | 'small' | 'medium' | 'large';
  /** Square pixels, both ends included. */
  readonly from: number;
  readonly to: number;
}
const ALL: AreaRange = { name: 'all', from: 0, to: 1e10 };
const SMALL: AreaRange = { name: 'small', from: 0, to: 32 ** 2 };
const MEDIUM: AreaRange = { name: 'medium', from: 32 ** 2, to: 96 ** 2 };
const LARGE: AreaRange = { name: 'large', from: 96 ** 2, to: 1e10 };

/** COCO labels no keypoints on small people. */
export const areasOf = (type: CocoType): readonly AreaRange[] =>
  type === 'keypoints' ? [ALL, MEDIUM, LARGE] : [ALL, SMALL, MEDIUM, LARGE];

/** The numbers of detections per picture and category that are measured; the last is the protocol's own. */
export const maxDetectionsOf = (type: CocoType, last = type === 'keypoints' ? 20 : 100): readonly number[] =>
  type === 'keypoints' ? [last] : [1, Math.min(10, last), last];
