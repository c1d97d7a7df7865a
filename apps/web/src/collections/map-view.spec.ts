import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fit, nearest, pan, pictureSide, toScreen, visible, zoom } from './map-view.ts';

const size = { width: 800, height: 600 };
const place = fc.record({
  x: fc.double({ min: 0, max: 600, noNaN: true }),
  y: fc.double({ min: 0, max: 600, noNaN: true }),
});

describe('the view of a map', () => {
  it('shows everything at first', () => {
    const corners = [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
    ];
    expect(visible(corners, fit(size), { ...size, side: 0 })).toEqual([0, 1]);
    for (const corner of corners) {
      const { y } = toScreen(fit(size), corner);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y).toBeLessThanOrEqual(size.height);
    }
  });

  it('keeps what lies under the pointer while it zooms', () => {
    const before = fit(size);
    const at = toScreen(before, { x: 0.4, y: 0.6 });
    const after = zoom(before, size, { factor: 5, at });
    expect(after.scale).toBeCloseTo(before.scale * 5);
    expect(toScreen(after, { x: 0.4, y: 0.6 }).x).toBeCloseTo(at.x);
    expect(toScreen(after, { x: 0.4, y: 0.6 }).y).toBeCloseTo(at.y);
  });

  it('always keeps a part of the plane on the screen', () => {
    const steps = fc.array(
      fc.record({ by: place, factor: fc.double({ min: 0.01, max: 100, noNaN: true }), back: fc.boolean() }),
    );
    fc.assert(
      fc.property(steps, (moves) => {
        let view = fit(size);
        for (const { by, factor, back } of moves)
          view = zoom(pan(view, size, back ? { x: -by.x, y: -by.y } : by), size, { factor, at: by });
        const [left, right] = [toScreen(view, { x: 0, y: 0 }), toScreen(view, { x: 1, y: 1 })];
        expect(left.x).toBeLessThanOrEqual(size.width / 2 + 1e-6);
        expect(right.x).toBeGreaterThanOrEqual(size.width / 2 - 1e-6);
        expect(left.y).toBeLessThanOrEqual(size.height / 2 + 1e-6);
        expect(right.y).toBeGreaterThanOrEqual(size.height / 2 - 1e-6);
      }),
    );
  });

  it('draws dots from afar and pictures from near, never too large', () => {
    const far = fit(size);
    expect(pictureSide(far, 20_000)).toBe(0);
    const near = zoom(far, size, { factor: 50, at: { x: 400, y: 300 } });
    expect(pictureSide(near, 20_000)).toBeGreaterThan(22);
    expect(pictureSide(near, 1)).toBe(150);
  });

  it('finds the nearest point within reach, and of equals the one on top', () => {
    const points = [
      { x: 0.2, y: 0.2 },
      { x: 0.5, y: 0.5 },
      { x: 0.5, y: 0.5 },
    ];
    const view = fit(size);
    const { x, y } = toScreen(view, { x: 0.5, y: 0.5 });
    expect(nearest(points, view, { at: { x: x + 5, y }, reach: 20 })).toBe(2);
    expect(nearest(points, view, { at: { x: x + 50, y }, reach: 20 })).toBe(-1);
    expect(nearest([], view, { at: { x, y }, reach: Infinity })).toBe(-1);
  });
});
