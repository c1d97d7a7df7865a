import type { ModelInfo, ModelList } from '@fovea/contracts';
import type { Transport } from './transport.ts';

/** The models of a server. */
export class Models {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All models and the device that runs them. */
  list(): Promise<ModelList> {
    return this.#transport.json('GET', '/v1/models');
  }

  /** @throws NOT_FOUND */
  get(id: string): Promise<ModelInfo> {
    return this.#transport.json('GET', path(id));
  }

  /** Loads it now, so that the first run need not wait. @throws NOT_FOUND, MODEL_MISSING, MODEL_FAILED */
  load(id: string): Promise<ModelInfo> {
    return this.#transport.json('POST', `${path(id)}/load`);
  }

  /** Frees its memory. @throws NOT_FOUND */
  unload(id: string): Promise<ModelInfo> {
    return this.#transport.json('POST', `${path(id)}/unload`);
  }

  /** Fetches its weights to the server and verifies them; without a time limit, since weights can be large. @throws NOT_FOUND, MODEL_FAILED */
  pull(id: string): Promise<ModelInfo> {
    return this.#transport.json('POST', `${path(id)}/pull`, { timeoutMs: 0 });
  }
}

const path = (id: string): string => `/v1/models/${encodeURIComponent(id)}`;
