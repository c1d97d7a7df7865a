import { PCA } from 'ml-pca';
import { seeded } from './seeded.ts';

export interface Table {
  /** count x dimension, row by row. */
  readonly values: Float32Array;
  readonly count: number;
  readonly dimension: number;
}

/** Directions looked at beyond those wanted, and times they are turned towards the data: Halko, Martinsson & Tropp 2011, section 4.5. */
const OVERSAMPLING = 10;
const POWER_ITERATIONS = 3;

/**
 * The rows' coordinates along their principal components, greatest variance first; fewer columns than asked where the
 * dimension or the count is less. ml-pca alone takes 8 s for 1,000 x 1,280 and grows with the square of the dimension,
 * so it works on a sketch: the rows within the subspace that a randomised range finder has found.
 * The same rows give the same coordinates.
 */
export function principalComponents(table: Table, components: number): number[][] {
  const size = Math.min(table.dimension, components + OVERSAMPLING);
  const centred = centre(table);
  const sketch = size < table.dimension ? multiply(centred, basisOf(centred, size), size) : centred.values;
  const rows = Array.from({ length: table.count }, (_, row) =>
    Array.from(sketch.subarray(row * size, (row + 1) * size)),
  );
  const nComponents = Math.min(components, size);
  return new PCA(rows, { method: 'covarianceMatrix' }).predict(rows, { nComponents }).to2DArray();
}

function centre({ values, count, dimension }: Table): Table {
  const means = new Float64Array(dimension);
  for (let row = 0; row < count; row += 1)
    for (let column = 0; column < dimension; column += 1)
      means[column]! += values[row * dimension + column]! / count;
  const centred = values.map((value, index) => value - means[index % dimension]!);
  return { values: centred, count, dimension };
}

/** An orthonormal basis (dimension x size) that holds nearly all of the rows' variance. */
function basisOf(table: Table, size: number): Float32Array {
  const random = seeded(1);
  // Uniform directions do as well as normal ones here.
  const start = Float32Array.from({ length: table.dimension * size }, () => random() - 0.5);
  let basis = orthonormal(start, size);
  for (let iteration = 0; iteration < POWER_ITERATIONS; iteration += 1)
    basis = orthonormal(multiplyTransposed(table, multiply(table, basis, size), size), size);
  return basis;
}

/** table (count x dimension) times right (dimension x size). */
function multiply({ values, count, dimension }: Table, right: Float32Array, size: number): Float32Array {
  const product = new Float32Array(count * size);
  const sums = new Float64Array(size);
  for (let row = 0; row < count; row += 1) {
    sums.fill(0);
    for (let inner = 0; inner < dimension; inner += 1) {
      const factor = values[row * dimension + inner]!;
      const offset = inner * size;
      for (let column = 0; column < size; column += 1) sums[column]! += factor * right[offset + column]!;
    }
    product.set(sums, row * size);
  }
  return product;
}

/** table, transposed (dimension x count), times right (count x size). */
function multiplyTransposed(
  { values, count, dimension }: Table,
  right: Float32Array,
  size: number,
): Float32Array {
  const sums = new Float64Array(dimension * size);
  for (let row = 0; row < count; row += 1)
    for (let outer = 0; outer < dimension; outer += 1) {
      const factor = values[row * dimension + outer]!;
      const offset = outer * size;
      for (let column = 0; column < size; column += 1)
        sums[offset + column]! += factor * right[row * size + column]!;
    }
  return Float32Array.from(sums);
}

/** Gram-Schmidt on columns, twice for its rounding errors; what nothing is left of becomes zero. */
function orthonormal(matrix: Float32Array, size: number): Float32Array {
  const rows = matrix.length / size;
  const columns = Array.from({ length: size }, (_, column) =>
    Float64Array.from({ length: rows }, (_unused, row) => matrix[row * size + column]!),
  );
  for (const [index, column] of columns.entries()) {
    const before = norm(column);
    for (let pass = 0; pass < 2; pass += 1)
      for (const other of columns.slice(0, index)) {
        const share = dot(column, other);
        for (let row = 0; row < rows; row += 1) column[row]! -= share * other[row]!;
      }
    const length = norm(column);
    const scale = length > 1e-6 * before ? 1 / length : 0;
    for (let row = 0; row < rows; row += 1) column[row]! *= scale;
  }
  return Float32Array.from(matrix, (_, index) => columns[index % size]![Math.floor(index / size)]!);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += a[index]! * b[index]!;
  return sum;
}

const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));
