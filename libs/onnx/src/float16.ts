// IEEE 754 binary16 and bfloat16, which have no typed array in every Node that Fovea runs on.

const scratch = new DataView(new ArrayBuffer(4));

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => halfToNumber(bits));

/** float16 bit patterns as float32 (exact). */
export function halvesToFloats(bits: Uint16Array): Float32Array {
  // A plain loop: Float32Array.from with a function takes ten times as long, and models have millions of weights.
  const floats = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) floats[i] = HALVES[bits[i] as number] as number;
  return floats;
}

/** A number as the nearest float16, ties to even; beyond its range it becomes infinite. */
export function numberToHalf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 is half way between the largest float16 and the next power of two.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    // Below 2^-14: a multiple of 2^-24. Adding 2^-1 in float32 rounds to just that step, ties to even.
    const rounded = Math.fround(Math.abs(Math.fround(value)) + 0.5);
    return sign | Math.round((rounded - 0.5) * 2 ** 24);
  }
  // 13 bits of the fraction fall away; the odd bit kept decides ties. A carry moves into the exponent, as it should.
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13);
}

/** float32 as float16 bit patterns. */
export function floatsToHalves(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) bits[i] = numberToHalf(values[i] as number);
  return bits;
}

/** bfloat16 bit patterns as float32 (exact): the upper half of a float32. */
export const brainsToFloats = (bits: Uint16Array): Float32Array =>
  new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);

/** float32 as the nearest bfloat16, ties to even. */
export function floatsToBrains(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.slice().buffer);
  return Uint16Array.from(bits, (word) =>
    (word & 0x7fffffff) > 0x7f800000 ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16,
  );
}
