import { PCA } from 'ml-pca';
import { describe, expect, it } from 'vitest';
import { clustered, seeded, unitVectors } from '../../test/random-vectors.ts';
import { fit } from './place.ts';
import { principalComponents } from './principal.ts';
import { projectVectors } from './project-vectors.ts';

const flat = (vectors: readonly Float32Array[]) => {
  const dimension = vectors[0]?.length ?? 0;
  const values = new Float32Array(vectors.length * dimension);
  vectors.forEach((vector, index) => values.set(vector, index * dimension));
  return { vectors: values, count: vectors.length, dimension };
};
const points = (places: Float32Array) =>
  Array.from(
    { length: places.length / 2 },
    (_, index) => [places[2 * index]!, places[2 * index + 1]!] as const,
  );
const inside = (places: Float32Array) => places.every((value) => value >= 0 && value <= 1);
const METHODS = ['pca', 'umap'] as const;

describe('principal components', () => {
  it('are those of the full decomposition', () => {
    const scales = Float32Array.from({ length: 40 }, (_, column) => 0.7 ** column);
    const vectors = unitVectors(80, 40, seeded(3)).map((vector) =>
      vector.map((value, column) => value * scales[column]! + 3),
    );
    const { vectors: values, count, dimension } = flat(vectors);
    const rows = vectors.map((vector) => Array.from(vector));
    const expected = new PCA(rows).predict(rows, { nComponents: 3 }).to2DArray();
    const found = principalComponents({ values, count, dimension }, 3);
    for (const column of [0, 1, 2]) {
      // Components have no sign.
      const sign = Math.sign(found[0]![column]! * expected[0]![column]!);
      for (const [row, coordinates] of expected.entries())
        expect(found[row]![column]! * sign).toBeCloseTo(coordinates[column]!, 4);
    }
  });
});

describe('places', () => {
  it('fill the square along the longer axis, and keep the aspect', () => {
    const places = fit([
      [0, 0],
      [10, 0],
      [10, 5],
      [0, 5],
    ]);
    const [a, b, c] = points(places);
    expect(b![0] - a![0]).toBeCloseTo(0.92, 5);
    expect(c![1] - b![1]).toBeCloseTo(0.46, 5);
    expect((a![1] + c![1]) / 2).toBeCloseTo(0.5, 5);
  });

  it('are not squeezed by an outlier', () => {
    const bulk = Array.from({ length: 300 }, (_, index) => [index % 20, Math.floor(index / 20)]);
    const places = fit([...bulk, [1e6, -1e6]]);
    expect(inside(places)).toBe(true);
    expect(places[2 * 19]! - places[0]!).toBeGreaterThan(0.9);
    expect([...places.subarray(600)]).toEqual([1, 0]);
  });
});

describe.each(METHODS)('projectVectors by %s', (method) => {
  it('puts what is alike together, in the same places every time', async () => {
    const draw = clustered(5, { dimension: 64, clusters: 3, spread: 0.3 });
    const data = flat(draw(150, seeded(6)));
    const before = data.vectors.slice();
    const places = await projectVectors({ ...data, method });
    expect(await projectVectors({ ...data, method })).toEqual(places);
    expect(data.vectors).toEqual(before);
    expect(places).toHaveLength(300);
    expect(inside(places)).toBe(true);
    // The nearest in the plane is mostly of the same cluster: its cosine is high.
    const placed = points(places);
    const alike = placed.filter(([x, y], index) => {
      const distances = placed.map(([px, py], other) =>
        other === index ? Infinity : Math.hypot(px - x, py - y),
      );
      const nearest = distances.indexOf(Math.min(...distances));
      const [a, b] = [index, nearest].map((row) => data.vectors.subarray(row * 64, (row + 1) * 64));
      return a!.reduce((sum, value, column) => sum + value * b![column]!, 0) > 0.6;
    });
    expect(alike.length).toBeGreaterThan(140);
  });

  it.each([0, 1, 2, 3, 5, 6, 16])('takes %i vectors', async (count) => {
    const places = await projectVectors({ ...flat(unitVectors(count, 32, seeded(1))), method });
    expect(places).toHaveLength(2 * count);
    expect(inside(places)).toBe(true);
    expect(new Set(points(places).map(String)).size).toBe(count);
  });

  it('takes equal vectors, and those of one dimension', async () => {
    const same = Array.from({ length: 40 }, () => unitVectors(1, 32, seeded(9))[0]!);
    const line = Array.from({ length: 30 }, (_, index) => Float32Array.of(index % 2 ? 1 : -1));
    for (const vectors of [same, line]) {
      const places = await projectVectors({ ...flat(vectors), method });
      expect(places).toHaveLength(2 * vectors.length);
      expect(inside(places)).toBe(true);
    }
  });
});

describe('projectVectors', () => {
  it('is cancelled before and during its work', async () => {
    const data = { ...flat(unitVectors(2000, 64, seeded(1))), method: 'umap' } as const;
    const aborted = projectVectors({ ...data, signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED' });
    const controller = new AbortController();
    const work = projectVectors({ ...data, signal: controller.signal });
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('refuses numbers that are no table', async () => {
    const options = { vectors: new Float32Array(7), count: 2, dimension: 4, method: 'pca' } as const;
    await expect(projectVectors(options)).rejects.toThrow(RangeError);
  });
});
