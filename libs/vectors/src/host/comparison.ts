import type { LiveIndex } from './live-index.ts';
import type { Differences } from './protocol.ts';

/** An index held against the truth, piece by piece. */
export class Comparison {
  readonly #index: LiveIndex;
  readonly #seen = new Set<number>();
  readonly #missing: number[] = [];
  readonly #different: number[] = [];

  constructor(index: LiveIndex) {
    this.#index = index;
  }

  /** A piece of the truth. */
  add(ordinals: Int32Array, vectors: Float32Array): void {
    const { dimension } = this.#index;
    for (const [index, ordinal] of ordinals.entries()) {
      this.#seen.add(ordinal);
      const position = this.#index.positionOf(ordinal);
      if (position < 0) this.#missing.push(ordinal);
      else if (
        !equal(
          this.#index.rows(position, position + 1),
          vectors.subarray(index * dimension, (index + 1) * dimension),
        )
      )
        this.#different.push(ordinal);
    }
  }

  /** @param excused ordinals that changed between the truth and now */
  result(excused: ReadonlySet<number>): Differences {
    const view = this.#index.view();
    let surplus = 0;
    for (let position = 0; position < view.size; position += 1) {
      const ordinal = this.#index.ordinalAt(position);
      if (this.#index.isLive(position, view) && !this.#seen.has(ordinal) && !excused.has(ordinal))
        surplus += 1;
    }
    const unexcused = (ordinals: readonly number[]): number =>
      ordinals.filter((ordinal) => !excused.has(ordinal)).length;
    return { missing: unexcused(this.#missing), surplus, different: unexcused(this.#different) };
  }
}

/** To the bit. */
const equal = (a: Float32Array, b: Float32Array): boolean =>
  Buffer.compare(
    Buffer.from(a.buffer, a.byteOffset, a.byteLength),
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  ) === 0;
