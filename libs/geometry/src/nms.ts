import type { Box } from '@fovea/contracts';
import { flattenBoxes } from './boxes.ts';

/** Flat x, y, width, height a box, or boxes. */
export type BoxList = Float32Array | Float64Array | readonly Box[];

interface Common {
  /** Boxes of different classes never suppress one another. Default: all are of one class. */
  readonly classIds?: ArrayLike<number>;
  /** At most so many are kept, the best. Default: all. */
  readonly maxItems?: number;
}
export interface NmsOptions extends Common {
  /** A box that shares more than this with a better one is dropped, 0..1. */
  readonly iouThreshold: number;
}
export interface SoftNmsOptions extends Common {
  readonly method: 'gaussian' | 'linear';
  /** Width of the gaussian. Default 0.5 (the paper's). */
  readonly sigma?: number;
  /** Linear: from this IoU on, scores decay. Default 0.3 (the paper's). */
  readonly iouThreshold?: number;
  /** Decayed scores at or below it are dropped. Default 0.001. */
  readonly minScore?: number;
}
export interface SoftNmsItem {
  readonly index: number;
  /** The score after decay. */
  readonly score: number;
}

interface Candidates {
  readonly boxes: Float32Array | Float64Array;
  /** Indices of the usable boxes, best first; equal scores in the order of their index. */
  readonly order: Uint32Array;
  readonly maxItems: number;
}

const isFlat = (boxes: BoxList): boxes is Float32Array | Float64Array => ArrayBuffer.isView(boxes);

function candidates(
  list: BoxList,
  scores: ArrayLike<number>,
  { classIds, maxItems = Infinity }: Common,
): Candidates {
  const boxes = isFlat(list) ? list : flattenBoxes(list);
  const count = boxes.length / 4;
  if (scores.length !== count)
    throw new RangeError(`${count} boxes need as many scores, got ${scores.length}`);
  if (classIds && classIds.length !== count)
    throw new RangeError(`${count} boxes need as many classIds, got ${classIds.length}`);
  if (!(maxItems >= 0)) throw new RangeError(`maxItems must be at least 0, got ${maxItems}`);
  const usable: number[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * 4;
    // One comparison for all four numbers: 0 times NaN or an infinity is NaN.
    const finite = boxes[at]! * 0 + boxes[at + 1]! * 0 + boxes[at + 2]! * 0 + boxes[at + 3]! * 0 === 0;
    if (finite && boxes[at + 2]! >= 0 && boxes[at + 3]! >= 0 && !Number.isNaN(scores[i])) usable.push(i);
  }
  const order = Uint32Array.from(usable).sort((a, b) =>
    scores[a] === scores[b] ? a - b : scores[b]! > scores[a]! ? 1 : -1,
  );
  return { boxes, order, maxItems };
}

/** IoU of boxes a and b of a flat list; 0 where the shared part has no area. */
function flatIou(boxes: Float32Array | Float64Array, a: number, b: number): number {
  const i = a * 4;
  const j = b * 4;
  const ax = boxes[i]!;
  const bx = boxes[j]!;
  const aw = boxes[i + 2]!;
  const bw = boxes[j + 2]!;
  const width = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
  if (!(width > 0)) return 0;
  const ay = boxes[i + 1]!;
  const by = boxes[j + 1]!;
  const ah = boxes[i + 3]!;
  const bh = boxes[j + 3]!;
  const height = Math.min(ay + ah, by + bh) - Math.max(ay, by);
  if (!(height > 0)) return 0;
  const shared = width * height;
  return shared / (aw * ah + bw * bh - shared);
}

/**
 * Greedy non-maximum suppression: indices of the boxes kept, best first.
 * A box is dropped when its IoU with a better kept box of its class is above the threshold.
 * Equal scores: the lower index wins. Boxes with a NaN, an infinity or a negative side, and NaN scores, are dropped;
 * boxes of no area overlap nothing and stay.
 * @throws RangeError when the lists differ in length, or the threshold is not 0..1
 * @example nms(boxes, scores, { iouThreshold: 0.6, classIds, maxItems: 100 });
 */
export function nms(boxes: BoxList, scores: ArrayLike<number>, options: NmsOptions): number[] {
  const { iouThreshold, classIds } = options;
  if (!(iouThreshold >= 0 && iouThreshold <= 1))
    throw new RangeError(`iouThreshold must be 0..1, got ${iouThreshold}`);
  const { boxes: flat, order, maxItems } = candidates(boxes, scores, options);
  const keptByClass = new Map<number, number[]>();
  const kept: number[] = [];
  for (const index of order) {
    if (kept.length >= maxItems) break;
    const classId = classIds ? classIds[index]! : 0;
    let rivals = keptByClass.get(classId);
    if (!rivals) keptByClass.set(classId, (rivals = []));
    let suppressed = false;
    for (let i = 0; i < rivals.length && !suppressed; i++)
      suppressed = flatIou(flat, rivals[i]!, index) > iouThreshold;
    if (suppressed) continue;
    rivals.push(index);
    kept.push(index);
  }
  return kept;
}

/**
 * Soft-NMS (Bodla et al., ICCV 2017): overlapping boxes lose score instead of being dropped.
 * Returned best first by the decayed score; equal ones in the order of their index. Unusable boxes as in {@link nms}.
 * @throws RangeError when the lists differ in length, or sigma is not positive
 * @example softNms(boxes, scores, { method: 'gaussian', classIds });
 */
export function softNms(boxes: BoxList, scores: ArrayLike<number>, options: SoftNmsOptions): SoftNmsItem[] {
  const { method, sigma = 0.5, iouThreshold = 0.3, minScore = 0.001, classIds } = options;
  if (!(sigma > 0)) throw new RangeError(`sigma must be positive, got ${sigma}`);
  const { boxes: flat, order, maxItems } = candidates(boxes, scores, options);
  const decay =
    method === 'gaussian'
      ? (iou: number) => Math.exp((-iou * iou) / sigma)
      : (iou: number) => (iou >= iouThreshold ? 1 - iou : 1);

  const byClass = new Map<number, number[]>();
  for (const index of order) {
    const classId = classIds ? classIds[index]! : 0;
    const members = byClass.get(classId);
    if (members) members.push(index);
    else byClass.set(classId, [index]);
  }
  const kept: SoftNmsItem[] = [];
  for (const members of byClass.values()) kept.push(...decayClass(members));
  return kept
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, Math.min(maxItems, kept.length));

  function decayClass(members: readonly number[]): SoftNmsItem[] {
    const items: SoftNmsItem[] = [];
    let waiting = members
      .map((index) => ({ index, score: scores[index]! }))
      .filter((each) => each.score > minScore);
    while (waiting.length > 0 && items.length < maxItems) {
      const best = waiting.reduce((a, b) =>
        b.score > a.score || (b.score === a.score && b.index < a.index) ? b : a,
      );
      items.push(best);
      const rest: SoftNmsItem[] = [];
      for (const each of waiting) {
        if (each === best) continue;
        const score = each.score * decay(flatIou(flat, best.index, each.index));
        if (score > minScore) rest.push({ index: each.index, score });
      }
      waiting = rest;
    }
    return items;
  }
}
