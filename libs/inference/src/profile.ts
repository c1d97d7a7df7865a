// How long a model's batches take on its device, and hence how large its batches may be.

const CPU_SIZES = [1, 2, 4, 8, 16];
const GPU_SIZES = [1, 2, 4, 8, 16, 32];
/** A larger batch must raise the rows per second by this much to be worth its latency and memory. */
const WORTHWHILE = 1.08;
/** Runs of one size; the first warms up and is not counted. */
const RUNS = 6;
/** All measuring of one model stays below this, so that a slow model is simply not batched on a CPU. */
const BUDGET_MS = 1500;
const RECENT = 0.2;
const OVERDUE_BATCHES = 16;

export interface BatchLimits {
  readonly max: number;
  readonly buckets: number[];
  readonly measuredMs: Record<string, number>;
}

export class BatchProfile {
  readonly #sizes: readonly number[];
  readonly #padded: boolean;
  /** Fastest run by batch size: noise only ever adds time. */
  readonly #best = new Map<number, number>();
  /** Running mean of real batches. */
  readonly #recent = new Map<number, number>();
  #limit = 1;
  #samples: number[] = [];
  #next: number;
  #spentMs = 0;
  #realBatches = 0;

  /** @param batchable false where the manifest forbids joining: nothing is measured then */
  constructor(device: string, batchable: boolean) {
    this.#padded = device !== 'cpu';
    this.#sizes = batchable ? (this.#padded ? GPU_SIZES : CPU_SIZES) : [];
    this.#next = 0;
  }

  /** Rows that a batch of several requests may have. */
  get limit(): number {
    return this.#limit;
  }

  /** The batch size to measure next, or undefined when the limits are known. */
  get nextSize(): number | undefined {
    return this.#sizes[this.#next];
  }

  /** True when a host that never idles should measure all the same. */
  get overdue(): boolean {
    return this.nextSize !== undefined && this.#realBatches >= OVERDUE_BATCHES;
  }

  /** One run of {@link nextSize} rows took so long. */
  measured(ms: number): void {
    this.#realBatches = 0;
    const size = this.nextSize;
    if (size === undefined) return;
    this.#samples.push(ms);
    this.#spentMs += ms;
    if (this.#samples.length < RUNS) return;
    const best = Math.min(...this.#samples.slice(1));
    this.#samples = [];
    const before = this.#best.get(this.#limit);
    const worthwhile = before === undefined || size / best >= (this.#limit / before) * WORTHWHILE;
    const following = this.#sizes[this.#next + 1];
    // Twice the rows take at most about twice the time; a size is only begun when it will fit the budget.
    const affordable =
      following !== undefined && this.#spentMs + RUNS * best * (following / size) <= BUDGET_MS;
    this.#best.set(size, best);
    if (worthwhile) this.#limit = size;
    this.#next = worthwhile && affordable ? this.#next + 1 : this.#sizes.length;
  }

  /** Joining failed (rows are not axis 0 after all) or cannot be measured: one request at a time from now on. */
  stopBatching(): void {
    this.#limit = 1;
    this.#next = this.#sizes.length;
  }

  /** A real batch of so many rows took so long. */
  observe(rows: number, ms: number): void {
    this.#realBatches += 1;
    const before = this.#recent.get(rows);
    this.#recent.set(rows, before === undefined ? ms : before + RECENT * (ms - before));
  }

  /** Expected time of a batch, or undefined when nothing of this model was measured yet. */
  estimateMs(rows: number): number | undefined {
    const known = this.#recent.get(rows) ?? this.#best.get(rows);
    if (known !== undefined) return known;
    let nearest: [rows: number, ms: number] | undefined;
    for (const entry of [...this.#best, ...this.#recent])
      if (!nearest || Math.abs(entry[0] - rows) < Math.abs(nearest[0] - rows)) nearest = entry;
    return nearest && (nearest[1] / nearest[0]) * rows;
  }

  /** Rows to run so many with: on a GPU the next measured size (few shapes, each compiled once), on a CPU the same. */
  bucket(rows: number): number {
    if (!this.#padded) return rows;
    return (
      [...this.#best.keys()].sort((a, b) => a - b).find((size) => size >= rows && size <= this.#limit) ?? rows
    );
  }

  limits(): BatchLimits {
    const sizes = [...this.#best.keys()].filter((size) => size <= this.#limit).sort((a, b) => a - b);
    return {
      max: this.#limit,
      buckets: this.#padded ? sizes : [],
      measuredMs: Object.fromEntries(
        [...this.#best].map(([size, ms]) => [String(size), Math.round(ms * 1000) / 1000]),
      ),
    };
  }
}
