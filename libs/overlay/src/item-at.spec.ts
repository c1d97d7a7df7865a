import { describe, expect, it } from 'vitest';
import { itemAt } from './item-at.ts';
import type { Shape } from './shapes.ts';

const stroke = { color: '#000000', width: 2 };
const table: Shape = { type: 'rect', item: 0, x: 0, y: 0, width: 100, height: 50 };
const cup: Shape = { type: 'rect', item: 1, x: 10, y: 10, width: 10, height: 10 };
const ring: Shape = {
  type: 'polygon',
  item: 2,
  rings: [
    [60, 10, 90, 10, 90, 40, 60, 40],
    [70, 20, 70, 30, 80, 30, 80, 20],
  ],
};

describe('itemAt', () => {
  it('finds the smallest, whatever the order', () => {
    expect([itemAt([table, cup], { x: 15, y: 15 }), itemAt([cup, table], { x: 15, y: 15 })]).toEqual([1, 1]);
    expect(itemAt([table, cup], { x: 40, y: 15 })).toBe(0);
  });
  it('finds nothing outside and on what belongs to no item', () => {
    expect(itemAt([table], { x: 101, y: 3 })).toBeUndefined();
    expect(itemAt([{ type: 'rect', x: 0, y: 0, width: 9, height: 9 }], { x: 3, y: 3 })).toBeUndefined();
  });
  it('looks through the hole of a mask', () => {
    expect([itemAt([table, ring], { x: 65, y: 15 }), itemAt([table, ring], { x: 75, y: 25 })]).toEqual([
      2, 0,
    ]);
  });
  it('reaches a little beside lines and points', () => {
    const limb: Shape = { type: 'line', item: 3, x1: 0, y1: 0, x2: 10, y2: 0, stroke };
    const joint: Shape = { type: 'circle', item: 4, x: 30, y: 30, radius: 2 };
    expect([itemAt([limb], { x: 5, y: 3 }), itemAt([limb], { x: 5, y: 3 }, 2)]).toEqual([undefined, 3]);
    expect([itemAt([limb], { x: 13, y: 0 }, 1), itemAt([joint], { x: 33, y: 30 }, 1)]).toEqual([
      undefined,
      4,
    ]);
  });
  it('finds the plate of a name', () => {
    const plate = { x: 0, y: 0, width: 30, height: 12, color: '#ffffff', radius: 2 };
    const name: Shape = {
      type: 'text',
      item: 5,
      text: 'cup',
      x: 3,
      y: 9,
      width: 20,
      fontSize: 9,
      color: '#000000',
      plate,
    };
    expect(itemAt([table, name], { x: 29, y: 11 })).toBe(5);
  });
});
