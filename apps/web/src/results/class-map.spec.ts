import { describe, expect, it } from 'vitest';
import { classAt } from './class-map.ts';

describe('classAt', () => {
  const map = { ids: Uint8Array.of(1, 2, 3, 4), width: 2, height: 2 };
  it.each([
    [0, 0, 1],
    [99, 0, 2],
    [0, 50, 3],
    [99.9, 99.9, 4],
  ])('reads the class at %d, %d of a larger picture', (x, y, id) =>
    expect(classAt(map, { x, y }, { width: 100, height: 100 })).toBe(id),
  );
  it.each([
    [-1, 0],
    [100, 0],
    [0, 100],
  ])('has none at %d, %d, outside of it', (x, y) =>
    expect(classAt(map, { x, y }, { width: 100, height: 100 })).toBeUndefined(),
  );
});
