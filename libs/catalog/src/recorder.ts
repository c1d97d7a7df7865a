import { VisionError } from '@fovea/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { asCatalogError, isFull, isRecorded, isUnavailable } from './failures.ts';
import type { PreparedRecord } from './record.ts';

const BATCH_RUNS = 256;
const RETRY_MS = [100, 200, 400, 800, 1_500];

interface Waiting {
  readonly record: PreparedRecord;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** What the recorder needs of the database. */
export interface RecordTarget {
  /** Inserts all of them in one commit, or none. */
  insert(batch: readonly PreparedRecord[]): Promise<void>;
  /** Which of these are there: asked after a connection broke, when nobody knows whether a commit happened. */
  committed(batch: readonly PreparedRecord[]): Promise<ReadonlySet<string>>;
}

/**
 * Group commit: calls that come while a commit runs wait and then share the next one. There is no timer:
 * a lone call is committed at once.
 */
export class Recorder {
  readonly #target: RecordTarget;
  readonly #wait: (ms: number) => Promise<unknown>;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(target: RecordTarget, options: { wait?: (ms: number) => Promise<unknown> } = {}) {
    this.#target = target;
    this.#wait = options.wait ?? delay;
  }

  /** Settles after the commit. */
  add(record: PreparedRecord): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, BATCH_RUNS));
    // In the same turn as the look at the list: a call in between would wait for ever.
    this.#running = false;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#target.insert(batch.map(({ record }) => record));
    } catch (error) {
      if (isUnavailable(error) && !isFull(error)) await this.#afterLoss(batch, error);
      else if (batch.length > 1) {
        // One of them is at fault: it shall fail alone.
        const middle = batch.length >> 1;
        await this.#commit(batch.slice(0, middle));
        await this.#commit(batch.slice(middle));
      } else batch[0]?.reject(rejection(error, batch[0].record));
      return;
    }
    for (const { resolve } of batch) resolve();
  }

  /** The connection broke: what had been committed is found out, the rest is tried again for a few seconds. */
  async #afterLoss(batch: readonly Waiting[], loss: unknown): Promise<void> {
    let open = batch;
    let last = loss;
    for (const waitMs of RETRY_MS) {
      await this.#wait(waitMs);
      try {
        const done = await this.#target.committed(open.map(({ record }) => record));
        for (const { record, resolve } of open) if (done.has(record.envelope.run.id)) resolve();
        open = open.filter(({ record }) => !done.has(record.envelope.run.id));
        if (open.length > 0) await this.#target.insert(open.map(({ record }) => record));
        for (const { resolve } of open) resolve();
        return;
      } catch (error) {
        last = error;
        // "Recorded already" may be our own statement, which ended after its connection: look again.
        if (!isUnavailable(error) && !isRecorded(error)) break;
      }
    }
    if (!isUnavailable(last)) await this.#commit(open);
    else for (const { reject } of open) reject(asCatalogError(last));
  }
}

function rejection(error: unknown, record: PreparedRecord): unknown {
  if (!isRecorded(error)) return asCatalogError(error);
  return new VisionError('CONFLICT', `A run with the id ${record.envelope.run.id} is recorded already.`, {
    cause: error,
    hint: 'Every run needs an id of its own.',
  });
}
