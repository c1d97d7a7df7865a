/** The k best of many: higher scores first, of equal scores the lower ordinal. NaN is never among them. */
export class Best {
  readonly #k: number;
  /** Binary heaps side by side, the worst on top. */
  readonly #scores: Float64Array;
  readonly #ordinals: Int32Array;
  #size = 0;

  constructor(k: number) {
    this.#k = k;
    this.#scores = new Float64Array(k);
    this.#ordinals = new Int32Array(k);
  }

  get full(): boolean {
    return this.#size === this.#k;
  }

  /** What a score must reach to be taken. */
  get floor(): number {
    return this.full ? this.#scores[0]! : -Infinity;
  }

  offer(score: number, ordinal: number): void {
    if (!(score >= -Infinity)) return;
    if (this.#size < this.#k) {
      this.#up(this.#size, score, ordinal);
      this.#size += 1;
    } else if (score > this.#scores[0]! || (score === this.#scores[0]! && ordinal < this.#ordinals[0]!))
      this.#down(score, ordinal);
  }

  /** Best first; the heap is empty afterwards. */
  take(): { ordinals: Int32Array; scores: Float64Array } {
    const ordinals = new Int32Array(this.#size);
    const scores = new Float64Array(this.#size);
    while (this.#size > 0) {
      const last = this.#size - 1;
      ordinals[last] = this.#ordinals[0]!;
      scores[last] = this.#scores[0]!;
      this.#size = last;
      if (last > 0) this.#down(this.#scores[last]!, this.#ordinals[last]!);
    }
    return { ordinals, scores };
  }

  #up(from: number, score: number, ordinal: number): void {
    let child = from;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#worse(score, ordinal, parent)) break;
      this.#scores[child] = this.#scores[parent]!;
      this.#ordinals[child] = this.#ordinals[parent]!;
      child = parent;
    }
    this.#scores[child] = score;
    this.#ordinals[child] = ordinal;
  }

  /** Replaces the worst. */
  #down(score: number, ordinal: number): void {
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#worse(this.#scores[child + 1]!, this.#ordinals[child + 1]!, child))
        child += 1;
      if (this.#worse(score, ordinal, child)) break;
      this.#scores[parent] = this.#scores[child]!;
      this.#ordinals[parent] = this.#ordinals[child]!;
      parent = child;
    }
    this.#scores[parent] = score;
    this.#ordinals[parent] = ordinal;
  }

  #worse(score: number, ordinal: number, than: number): boolean {
    const other = this.#scores[than]!;
    return score < other || (score === other && ordinal > this.#ordinals[than]!);
  }
}
