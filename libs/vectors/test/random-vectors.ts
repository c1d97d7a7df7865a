/** Numbers that are the same in every run (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const gauss = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** The vector at unit length. */
export function unit(values: ArrayLike<number>): Float32Array {
  const length = Math.hypot(...Array.from(values)) || 1;
  return Float32Array.from(values, (value) => value / length);
}

/** Unit vectors without any order. */
export function unitVectors(count: number, dimension: number, random: () => number): Float32Array[] {
  return Array.from({ length: count }, () => unit(Array.from({ length: dimension }, () => gauss(random))));
}

export interface Clusters {
  readonly dimension: number;
  readonly clusters: number;
  /** Length of the noise beside a centre of length 1. Default 0.6. */
  readonly spread?: number;
}

/** A mixture of clusters, as embeddings of pictures are: the same seed has the same centres, whatever is drawn. */
export function clustered(seed: number, { dimension, clusters, spread = 0.6 }: Clusters) {
  const centres = unitVectors(clusters, dimension, seeded(seed));
  const deviation = spread / Math.sqrt(dimension);
  return (count: number, random: () => number): Float32Array[] =>
    Array.from({ length: count }, () => {
      const centre = centres[Math.floor(random() * clusters)]!;
      return unit(Array.from(centre, (value) => value + deviation * gauss(random)));
    });
}
