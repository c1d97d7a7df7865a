import type { Batch } from './backend.ts';
import { zeroBatch } from './batch.ts';
import { zeroRow } from './model-cache.ts';
import type { ModelStore } from './model-store.ts';
import type { BatchProfile } from './profile.ts';

/** A batch of zeros whose run time is to be known. */
export interface Measurement {
  readonly batch: Batch;
  readonly rows: number;
}

/** Finds what is still to be measured of the loaded models' batch sizes, one run at a time. */
export class Measuring {
  readonly #profile: (model: string) => BatchProfile;
  readonly #store: ModelStore;
  /** The last batch of each model, without its bytes. */
  readonly #examples = new Map<string, Batch>();

  constructor(profile: (model: string) => BatchProfile, store: ModelStore) {
    this.#profile = profile;
    this.#store = store;
  }

  /** Measures this model with batches of this shape and these outputs from now on. */
  remember(batch: Batch): void {
    // Zeros cannot stand for what lies in the backend.
    if (batch.keptFeeds || batch.keep) return;
    const feeds = Object.entries(batch.feeds).map(([name, { type, dims }]) => [
      name,
      { type, dims, parts: [] },
    ]);
    this.#examples.set(batch.model, { ...batch, feeds: Object.fromEntries(feeds) as Batch['feeds'] });
  }

  /** @param options.overdue only models that real work has kept from being measured */
  next(models: readonly string[], { overdue }: { overdue: boolean }): Measurement | undefined {
    for (const model of models) {
      const profile = this.#profile(model);
      const rows = profile.nextSize;
      if (rows === undefined || (overdue && !profile.overdue)) continue;
      // Without a request yet, shapes are only known where the manifest fixes them.
      const example = this.#examples.get(model) ?? zeroRow(this.#store.get(model));
      if (example) return { batch: zeroBatch(example, rows), rows };
    }
    return undefined;
  }
}
