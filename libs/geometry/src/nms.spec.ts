import type { Box } from '@fovea/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxIou, flattenBoxes } from './boxes.ts';
import { nms, softNms } from './nms.ts';

const box = fc.record({ x: fc.nat(40), y: fc.nat(40), width: fc.nat(30), height: fc.nat(30) });
const detection = fc.record({
  box,
  score: fc.integer({ min: 0, max: 20 }).map((n) => n / 20),
  classId: fc.nat(2),
});
const detections = fc.array(detection, { maxLength: 40 });
const columns = (items: readonly { box: Box; score: number; classId: number }[]) => ({
  boxes: items.map((each) => each.box),
  scores: items.map((each) => each.score),
  classIds: items.map((each) => each.classId),
});
const at = (x: number): Box => ({ x, y: 0, width: 10, height: 10 });

describe('nms', () => {
  it('agrees with the definition', () => {
    fc.assert(
      fc.property(detections, fc.integer({ min: 0, max: 10 }), (items, tenths) => {
        const { boxes, scores, classIds } = columns(items);
        const iouThreshold = tenths / 10;
        const order = items.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]! || a - b);
        const kept: number[] = [];
        for (const i of order)
          if (!kept.some((k) => classIds[k] === classIds[i] && boxIou(boxes[k]!, boxes[i]!) > iouThreshold))
            kept.push(i);
        expect(nms(boxes, scores, { iouThreshold, classIds })).toEqual(kept);
        expect(
          nms(Float32Array.from(flattenBoxes(boxes)), scores, { iouThreshold, classIds, maxItems: 3 }),
        ).toEqual(kept.slice(0, 3));
      }),
    );
  });
  it('keeps overlapping boxes of different classes only where it is told the classes', () => {
    const boxes = [at(0), at(1)];
    expect(nms(boxes, [0.9, 0.8], { iouThreshold: 0.5 })).toEqual([0]);
    expect(nms(boxes, [0.9, 0.8], { iouThreshold: 0.5, classIds: [1, 2] })).toEqual([0, 1]);
  });
  it('keeps a box at the threshold exactly', () => {
    const half = { x: 0, y: 0, width: 10, height: 5 };
    expect(nms([at(0), half], [1, 0.5], { iouThreshold: 0.5 })).toEqual([0, 1]);
    expect(nms([at(0), half], [1, 0.5], { iouThreshold: 0.499 })).toEqual([0]);
  });
  it('is defined for nothing, no area, NaN and nonsense', () => {
    const point = { x: 1, y: 1, width: 0, height: 0 };
    const boxes = [
      point,
      point,
      { ...at(0), x: NaN },
      { ...at(0), width: -1 },
      { ...at(0), y: Infinity },
      at(0),
    ];
    expect(nms([], [], { iouThreshold: 0.5 })).toEqual([]);
    expect(nms(boxes, [1, 1, 1, 1, 1, NaN], { iouThreshold: 0 })).toEqual([0, 1]);
    expect(nms([at(0)], [1], { iouThreshold: 0.5, maxItems: 0 })).toEqual([]);
  });
  it('refuses lists of different lengths and thresholds outside 0..1', () => {
    expect(() => nms([at(0)], [], { iouThreshold: 0.5 })).toThrow('1 boxes need as many scores, got 0');
    expect(() => nms([at(0)], [1], { iouThreshold: 0.5, classIds: [] })).toThrow(RangeError);
    expect(() => nms([at(0)], [1], { iouThreshold: 1.1 })).toThrow(RangeError);
    expect(() => nms([at(0)], [1], { iouThreshold: NaN })).toThrow(RangeError);
    expect(() => nms([at(0)], [1], { iouThreshold: 0.5, maxItems: -1 })).toThrow(RangeError);
    expect(() => nms(new Float32Array(6), [1, 1], { iouThreshold: 0.5 })).toThrow(RangeError);
  });
});

describe('softNms', () => {
  // Two boxes 10 x 10, 5 apart: IoU 1/3.
  it('decays by a gaussian of the IoU', () => {
    expect(softNms([at(0), at(5)], [1, 0.9], { method: 'gaussian' })).toEqual([
      { index: 0, score: 1 },
      { index: 1, score: 0.9 * Math.exp(-(1 / 9) / 0.5) },
    ]);
  });
  it('decays linearly from the threshold on', () => {
    expect(softNms([at(0), at(5)], [1, 0.9], { method: 'linear' })[1]?.score).toBeCloseTo(0.6, 12);
    expect(softNms([at(0), at(5)], [1, 0.9], { method: 'linear', iouThreshold: 0.4 })[1]?.score).toBe(0.9);
  });
  it('lets a decayed box fall behind others', () => {
    const kept = softNms([at(0), at(1), at(30)], [1, 0.9, 0.5], { method: 'gaussian' });
    expect(kept.map((each) => each.index)).toEqual([0, 2, 1]);
  });
  it('never raises a score, keeps the best of each class, answers best first', () => {
    fc.assert(
      fc.property(detections, fc.constantFrom('gaussian' as const, 'linear' as const), (items, method) => {
        const { boxes, scores, classIds } = columns(items);
        const kept = softNms(boxes, scores, { method, classIds });
        expect(kept.every(({ index, score }) => score <= scores[index]! && score > 0.001)).toBe(true);
        expect(kept.every(({ score }, i) => i === 0 || score <= kept[i - 1]!.score)).toBe(true);
        expect(new Set(kept.map((each) => each.index)).size).toBe(kept.length);
        for (const classId of new Set(classIds)) {
          const best = Math.max(
            ...items.filter((each) => each.classId === classId).map((each) => each.score),
          );
          const keptBest = kept.filter(({ index }) => classIds[index] === classId).map((each) => each.score);
          expect(Math.max(0, ...keptBest)).toBe(best > 0.001 ? best : 0);
        }
      }),
    );
  });
  it('is defined for nothing, NaN and a limit', () => {
    expect(softNms([], [], { method: 'linear' })).toEqual([]);
    expect(softNms([at(0), at(50), at(90)], [NaN, 0.4, 0.6], { method: 'gaussian', maxItems: 1 })).toEqual([
      { index: 2, score: 0.6 },
    ]);
    expect(() => softNms([at(0)], [1], { method: 'gaussian', sigma: 0 })).toThrow(RangeError);
  });
});
