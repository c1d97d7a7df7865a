// Vectors travel many in one value: the concatenated float32 of all, little endian as on every machine that we run on.

/** How far the length of a vector may be from 1: what float32 and a model's own normalisation leave. */
const UNIT_TOLERANCE = 1e-3;

/**
 * @param dimension left out where it is checked later
 * @throws RangeError when it is not of this dimension, not finite or not of unit length
 */
export function checkVector(vector: Float32Array, dimension: number = vector.length): void {
  if (vector.length !== dimension || dimension === 0)
    throw new RangeError(`vector has ${vector.length} numbers, its space ${dimension}`);
  let sum = 0;
  for (const value of vector) sum += value * value;
  // Not a number compares as false.
  if (!(Math.abs(Math.sqrt(sum) - 1) <= UNIT_TOLERANCE))
    throw new RangeError(`vector must be finite and of unit length, its length is ${Math.sqrt(sum)}`);
}

/** The bytes of vectors of one dimension, one after the other. */
export function packVectors(vectors: readonly Float32Array[], dimension: number): Buffer {
  const all = new Float32Array(vectors.length * dimension);
  vectors.forEach((vector, index) => all.set(vector, index * dimension));
  return Buffer.from(all.buffer);
}

/** Floats of their own: a Buffer of pg may begin at any byte. */
export function unpackFloats(bytes: Buffer | null): Float32Array {
  const floats = new Float32Array((bytes?.length ?? 0) / Float32Array.BYTES_PER_ELEMENT);
  if (bytes) new Uint8Array(floats.buffer).set(bytes);
  return floats;
}

/** Integers as `int4send` writes them, highest byte first. */
export function unpackIntegers(bytes: Buffer | null): Int32Array {
  const integers = new Int32Array((bytes?.length ?? 0) / Int32Array.BYTES_PER_ELEMENT);
  if (bytes) {
    new Uint8Array(integers.buffer).set(bytes);
    Buffer.from(integers.buffer).swap32();
  }
  return integers;
}
