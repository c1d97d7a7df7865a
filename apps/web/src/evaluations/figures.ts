/** 0.30312 → "0.303"; null (nothing to measure) → "–". */
export const figureText = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : value.toFixed(3);

/** Rows ordered by a column; what was not measured comes last whatever the direction. */
export function sortedBy<T>(
  rows: readonly T[],
  valueOf: (row: T) => number | string | null | undefined,
  descending: boolean,
): T[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [valueOf(a), valueOf(b)];
    if (x === null || x === undefined) return y === null || y === undefined ? 0 : 1;
    if (y === null || y === undefined) return -1;
    if (typeof x === 'string' || typeof y === 'string') return sign * String(x).localeCompare(String(y));
    return sign * (x - y);
  });
}

/** The classes of a confusion matrix that say most: those of which most was there or was found. */
export function busiestClasses(matrix: readonly (readonly number[])[], limit: number): number[] {
  const weights = matrix.map((row, index) => {
    const found = matrix.reduce((sum, other) => sum + (other[index] ?? 0), 0);
    return { index, weight: row.reduce((sum, value) => sum + value, 0) + found };
  });
  return weights
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || a.index - b.index)
    .slice(0, limit)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}
