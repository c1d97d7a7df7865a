/** Seeded pseudorandom numbers (mulberry32): the same on every machine. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** 0 <= number < 1 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }
  /** A whole number, both ends included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }
  /** Rounded to hundredths. */
  real(from: number, to: number): number {
    return Math.round((from + this.next() * (to - from)) * 100) / 100;
  }
  chance(probability: number): boolean {
    return this.next() < probability;
  }
  pick<V>(values: readonly V[]): V {
    return values[this.int(0, values.length - 1)]!;
  }
  shuffle<V>(values: readonly V[]): V[] {
    const shuffled = [...values];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.int(0, i);
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
    }
    return shuffled;
  }
}
