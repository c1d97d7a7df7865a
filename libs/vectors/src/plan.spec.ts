import { describe, expect, it } from 'vitest';
import { planIndex } from './plan.ts';

const GB = 2 ** 30;

describe('planIndex', () => {
  it.each([
    [9_999, 1280, GB, 'flat', 'Flat'],
    [10_000, 256, GB, 'hnsw', 'HNSW32'],
    [250_000, 256, GB, 'hnsw', 'HNSW32'],
    // The graph would not fit.
    [100_000, 1280, GB / 4, 'ivf', 'IVF1265,SQ8'],
    [1_000_000, 256, GB, 'ivf', 'IVF4000,SQ8'],
    [1_000_000, 256, GB / 8, 'ivf-pq', 'IVF4000,PQ64np'],
    [1_000_000, 7, 1, 'ivf-pq', 'IVF4000,PQ1np'],
  ])('%i vectors of %i in %i bytes: %s', (count, dimension, memoryBytes, kind, factory) =>
    expect(planIndex({ count, dimension, memoryBytes })).toMatchObject({ kind, factory }),
  );

  it('learns lists from enough vectors, never more than there are', () => {
    const { trainSize, nprobe } = planIndex({ count: 20_000, dimension: 256, memoryBytes: 1 });
    expect(trainSize).toBe(20_000);
    expect(nprobe).toBe(16);
  });

  it.each(['count', 'dimension', 'memoryBytes'])('refuses a %s of 0', (name) =>
    expect(() => planIndex({ count: 1, dimension: 1, memoryBytes: 1, [name]: 0 })).toThrow(RangeError),
  );
});
