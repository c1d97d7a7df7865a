import type { RunEnvelope } from '@fovea/contracts';
import { itemsOf } from '@fovea/overlay';
import { describe, expect, it } from 'vitest';
import { classesOf, filterResult, itemAround, lowestScore, shownItems } from './explore.ts';

const box = (x: number, size: number) => ({ x, y: 0, width: size, height: size });
const boxes = {
  kind: 'boxes' as const,
  items: [
    { label: 'dog', classId: 16, score: 0.4, box: box(0, 100) },
    { label: 'person', classId: 0, score: 0.9, box: box(10, 20) },
    { label: 'person', classId: 0, score: 0.45, box: box(200, 20) },
  ],
};
const envelope = (result: RunEnvelope['result'], params: Record<string, unknown> = {}) =>
  ({ run: { params }, result }) as unknown as RunEnvelope;
const NOTHING = new Set<string>();

describe('what is shown of a result', () => {
  it('counts classes, the most frequent first, each with the colour of the picture', () => {
    const classes = classesOf(itemsOf(boxes));
    expect(classes.map(({ label, count }) => [label, count])).toEqual([
      ['person', 2],
      ['dog', 1],
    ]);
    expect(new Set(classes.map(({ colour }) => colour)).size).toBe(2);
  });
  it('is what the slider and the classes let through', () => {
    const items = itemsOf(boxes);
    const indices = (minScore: number, hidden = NOTHING) =>
      shownItems(items, { minScore, hidden }).map(({ index }) => index);
    expect(indices(0)).toEqual([0, 1, 2]);
    expect(indices(0.45)).toEqual([1, 2]);
    expect(indices(0, new Set(['person']))).toEqual([0]);
    expect(indices(0.95)).toEqual([]);
  });
  it('is also what is downloaded', () => {
    const shown = filterResult(boxes, { minScore: 0.42, hidden: NOTHING });
    expect(shown).toEqual({ ...boxes, items: boxes.items.slice(1) });
    expect(boxes.items).toHaveLength(3);
  });
  it('of a class map depends on the classes alone: a share is no score', () => {
    const masks = {
      kind: 'masks' as const,
      classes: [
        { classId: 0, label: 'background', fraction: 0.9 },
        { classId: 8, label: 'cat', fraction: 0.1 },
      ],
      map: { blob: 'b' },
    };
    expect(shownItems(itemsOf(masks), { minScore: 1, hidden: NOTHING })).toHaveLength(2);
    expect(filterResult(masks, { minScore: 1, hidden: new Set(['cat']) })).toMatchObject({
      classes: [{ label: 'background' }],
    });
  });
});

describe('lowestScore', () => {
  it('is the run’s minimum score', () => expect(lowestScore(envelope(boxes, { minScore: 0.3 }))).toBe(0.3));
  it('is below it where an item is: nothing is hidden at the start', () =>
    expect(lowestScore(envelope(boxes, { minScore: 0.5 }))).toBe(0.4));
  it('is 0 where the task has none', () => expect(lowestScore(envelope(boxes))).toBe(0));
  it('is a hundredth, without a remainder of binary fractions', () =>
    expect(lowestScore(envelope(boxes, { minScore: 0.29 }))).toBe(0.29));
});

describe('itemAround', () => {
  const items = itemsOf(boxes);
  it('is the smallest thing whose box holds the point', () => {
    expect(itemAround(items, { x: 15, y: 5 })).toBe(1);
    expect(itemAround(items, { x: 60, y: 60 })).toBe(0);
  });
  it('is nothing beside them', () => expect(itemAround(items, { x: 150, y: 50 })).toBeUndefined());
});
