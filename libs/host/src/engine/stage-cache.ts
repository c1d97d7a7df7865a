import type { Stage, StageModel } from '@fovea/application';
import { LRUCache } from 'lru-cache';

interface StageUse<I, P> {
  readonly input: I;
  readonly params: P;
  readonly model: StageModel;
}
interface Entry {
  readonly output: unknown;
}

/** What one owner's runs see of the cache. */
export interface OwnedStageCache {
  /** The output that is kept, being made, or made now; stages that do not ask to be cached are always made. */
  through<I, P, F, O>(stage: Stage<I, P, F, O>, use: StageUse<I, P>, make: () => Promise<O>): Promise<O>;
}

/**
 * Results of stages that several applications ask for about the same input: a caption, five answers and a search of one
 * picture cost one encoder run. Kept in memory by owner, stage, version, model hash and input; the least recently used
 * go first.
 */
export class StageCache {
  readonly #kept: LRUCache<string, Entry> | undefined;
  readonly #making = new Map<string, Promise<unknown>>();

  /** @param maxBytes of all results together; 0 keeps nothing, but requests at the same time still share a run */
  constructor(maxBytes: number) {
    this.#kept = maxBytes > 0 ? new LRUCache({ maxSize: maxBytes, maxEntrySize: maxBytes }) : undefined;
  }

  of(owner: string): OwnedStageCache {
    return { through: (stage, use, make) => this.#through(owner, { stage, use, make }) };
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#kept?.calculatedSize ?? 0;
  }

  async #through<I, P, F, O>(
    owner: string,
    { stage, use, make }: { stage: Stage<I, P, F, O>; use: StageUse<I, P>; make: () => Promise<O> },
  ): Promise<O> {
    const key = keyOf(owner, stage, use);
    if (key === undefined || !stage.cache) return make();
    const { bytes, within } = stage.cache;
    const outer = within && keyOf(owner, within.stage, use);
    // Nothing may be awaited between looking and making: whoever asks meanwhile would make it as well.
    for (;;) {
      const pending = this.#find(key) ?? (outer === undefined ? undefined : this.#find(outer, within?.pick));
      if (!pending) break;
      const found = await pending;
      if (found) return found.output as O;
    }
    const making = make();
    this.#making.set(key, making);
    try {
      const output = await making;
      this.#kept?.set(key, { output }, { size: Math.max(1, bytes(output)) });
      return output;
    } finally {
      if (this.#making.get(key) === making) this.#making.delete(key);
    }
  }

  #find(
    key: string,
    pick: (output: unknown) => unknown = (output) => output,
  ): Promise<Entry | undefined> | undefined {
    const kept = this.#kept?.get(key);
    if (kept) return Promise.resolve({ output: pick(kept.output) });
    // Whoever makes it may be cancelled: then it is made again.
    return this.#making.get(key)?.then(
      (output) => ({ output: pick(output) }),
      () => undefined,
    );
  }
}

function keyOf<I, P, F, O>(
  owner: string,
  stage: Stage<I, P, F, O>,
  { input, params, model }: StageUse<I, P>,
): string | undefined {
  const key = stage.cache?.key(input, params);
  return key === undefined
    ? undefined
    : JSON.stringify([owner, stage.name, stage.version, model.sha256, key]);
}
