import type { JobContext } from '@fovea/application';
import { setTimeout as delay } from 'node:timers/promises';
import type { JobStore } from './store.ts';

/** Steps that end together are written together. */
const GATHER_MS = 20;

/** What a job has done, kept for the next attempt. */
export class Steps {
  readonly #id: string;
  readonly #store: Pick<JobStore, 'steps' | 'putSteps'>;
  #waiting = new Map<string, unknown>();
  #writing: Promise<void> | undefined;

  constructor(id: string, store: Pick<JobStore, 'steps' | 'putSteps'>) {
    this.#id = id;
    this.#store = store;
  }

  readonly port: JobContext['steps'] = {
    all: async () => {
      await this.#writing;
      return await this.#store.steps(this.#id);
    },
    put: (key, value) => {
      this.#waiting.set(key, value);
      return (this.#writing ??= this.#write());
    },
  };

  async #write(): Promise<void> {
    await delay(GATHER_MS);
    const steps = [...this.#waiting];
    this.#waiting = new Map();
    this.#writing = undefined;
    await this.#store.putSteps(this.#id, steps);
  }
}
