import type { Result } from '@fovea/contracts';
import { describe, expect, it } from 'vitest';
import { difference } from './difference.ts';

const labels = (...pairs: [string, number][]): Result => ({
  kind: 'labels',
  labels: pairs.map(([label, score], classId) => ({ label, classId, score })),
});

describe('difference', () => {
  it('is the same for equal results', () =>
    expect(difference(labels(['cat', 0.8], ['dog', 0.1]), labels(['cat', 0.8], ['dog', 0.1]))).toEqual({
      same: true,
      maxScoreDelta: 0,
      changes: [],
    }));
  it('forgives rounding but tells how far it went', () =>
    expect(difference(labels(['cat', 0.8]), labels(['cat', 0.80005]))).toMatchObject({
      same: true,
      maxScoreDelta: expect.closeTo(5e-5) as number,
    }));
  it('names what changed, went and came', () => {
    const { same, changes } = difference(
      labels(['cat', 0.8], ['dog', 0.1]),
      labels(['cat', 0.7], ['fox', 0.2]),
    );
    expect(same).toBe(false);
    expect(changes).toEqual([
      'cat: 0.8000 became 0.7000',
      'dog (0.100) is no longer there',
      'fox (0.200) is new',
    ]);
  });
  it('sees a changed order', () =>
    expect(
      difference(labels(['cat', 0.5], ['dog', 0.5]), labels(['dog', 0.5], ['cat', 0.5])).changes,
    ).toEqual(['the order changed']));
  it('compares nothing with nothing', () =>
    expect(difference(labels(), labels())).toEqual({ same: true, maxScoreDelta: null, changes: [] }));
  it('pairs items of one label in order', () => {
    const boxes = (...scores: number[]): Result => ({
      kind: 'boxes',
      items: scores.map((score) => ({
        label: 'cat',
        classId: 0,
        score,
        box: { x: 0, y: 0, width: 1, height: 1 },
      })),
    });
    expect(difference(boxes(0.9, 0.8), boxes(0.9)).changes).toEqual(['cat (0.800) is no longer there']);
  });
});
