import type { ExportFormat, ReplayEnvelope, RunEnvelope, RunPage, RunQuery } from '@fovea/contracts';
import { everyItem } from './pages.ts';
import type { Query, Transport } from './transport.ts';

export type RunFilter = Partial<RunQuery>;

/** The catalog of recorded runs. */
export class Runs {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** One page of runs, newest first; `nextCursor` is null on the last. */
  list(filter: RunFilter = {}): Promise<RunPage> {
    return this.#transport.json('GET', '/v1/runs', { query: filter as Query });
  }

  /**
   * Every run that the filter finds, page by page.
   * @param filter its `limit` is the size of a page
   * @example for await (const { run, result } of fovea.runs.all({ label: 'tabby' })) …
   */
  all(filter: RunFilter = {}): AsyncGenerator<RunEnvelope, void, undefined> {
    return everyItem((page) => this.list(page), filter);
  }

  /**
   * The runs that a filter finds as one file, read as it comes: COCO JSON, a ZIP of YOLO labels, CSV or JSON lines.
   * @example await pipeline(await fovea.runs.export('coco', { label: 'dog' }), createWriteStream('dogs.json'));
   */
  export(
    format: ExportFormat,
    filter: Omit<RunFilter, 'limit' | 'cursor'> = {},
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    return this.#transport.send(
      'GET',
      '/v1/runs/export',
      (response) => Promise.resolve(response.body as ReadableStream<Uint8Array<ArrayBuffer>>),
      { query: { ...filter, format } as Query },
    );
  }

  /** The address of an export, for a link where no API key is needed. */
  exportUrl(format: ExportFormat, filter: Omit<RunFilter, 'limit' | 'cursor'> = {}): string {
    return this.#transport.url('/v1/runs/export', { ...filter, format } as Query);
  }

  /** @throws NOT_FOUND */
  get(id: string): Promise<RunEnvelope> {
    return this.#transport.json('GET', path(id));
  }

  /** Deletes the run, and its picture where no other run needs it. @throws NOT_FOUND */
  delete(id: string): Promise<void> {
    return this.#transport.send('DELETE', path(id), () => Promise.resolve());
  }

  /**
   * Runs it again with the recorded models, parameters and inputs, and compares.
   * @param options `model: 'current'` where the recorded weights are gone
   * @throws MODEL_CHANGED, NOT_FOUND
   */
  replay(id: string, options: { model?: 'current' } = {}): Promise<ReplayEnvelope> {
    return this.#transport.json('POST', `${path(id)}/replay`, {
      body: JSON.stringify(options),
      headers: { 'content-type': 'application/json' },
    });
  }

  /** The picture of a run with its result drawn over it. @throws NOT_FOUND */
  overlay(id: string, format: 'png' | 'svg' = 'png'): Promise<Blob> {
    return this.#transport.send('GET', `${path(id)}/overlay.${format}`, (response) => response.blob());
  }
}

const path = (id: string): string => `/v1/runs/${encodeURIComponent(id)}`;
