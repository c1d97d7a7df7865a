import {
  INPUT_FAULTS,
  type AddedItems,
  type Collection,
  type CollectionChange,
  type CollectionItem,
  type CollectionMap,
  type CollectionPage,
  type CollectionQuery,
  type CollectionRequest,
  type DuplicateGroups,
  type DuplicatesRequest,
  type InputSource,
  type ItemPage,
  type Job,
  type MapQuery,
  type Metadata,
  type MetadataFilter,
  type RebuildReport,
  type SearchAnswer,
} from '@fovea/contracts';
import { ServerError } from './errors.ts';
import { isInput, settle, toSource, type OneInput } from './inputs.ts';
import { everyItem } from './pages.ts';
import { searchBody, type SearchOptions, type SearchQuery } from './search-body.ts';
import type { Query, RequestOptions, Transport } from './transport.ts';

/** A picture with what is known of it. */
export interface NewPicture {
  readonly input: OneInput;
  /** Default: the file's own. */
  readonly name?: string;
  readonly metadata?: Metadata;
}

export interface AddOptions {
  /** Of every picture. */
  readonly metadata?: Metadata;
  readonly signal?: AbortSignal;
}

export interface ItemFilter {
  /** Items to a page; default 50. */
  readonly limit?: number;
  readonly cursor?: string;
  /** @example { year: { gte: 2020 }, place: 'Rome' } */
  readonly filter?: MetadataFilter;
}

/** What became of one picture: the item, or the problem with it. */
export type Added = AddedItems['items'][number];

interface WithSignal {
  readonly signal?: AbortSignal;
}

/** The most pictures that travel in one request. */
const BATCH_SIZE = 16;
/** The most items that are deleted by one request. */
const DELETE_SIZE = 1000;

/** Pictures that are searched by picture, by text, by stored run or by vector. */
export class Collections {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Makes a collection.
   * @param request its name and spaces (default: `visual`, how pictures look, and `cross-modal`, what they show)
   * @throws CONFLICT where the name is taken, MODEL_MISSING
   * @example const { id } = await fovea.collections.create({ name: 'Holidays' });
   */
  create(request: CollectionRequest): Promise<Collection> {
    return this.#json('POST', '', request);
  }

  /** One page of collections, newest first; `nextCursor` is null on the last. */
  list(page: Partial<CollectionQuery> = {}): Promise<CollectionPage> {
    return this.#transport.json('GET', ROOT, { query: page as Query });
  }

  /** Every collection, page by page. */
  all(page: Partial<CollectionQuery> = {}): AsyncGenerator<Collection, void, undefined> {
    return everyItem((each) => this.list(each), page);
  }

  /** @throws NOT_FOUND */
  get(id: string): Promise<Collection> {
    return this.#transport.json('GET', path(id));
  }

  /** Gives it another name. @throws NOT_FOUND, CONFLICT where the name is taken */
  rename(id: string, name: string): Promise<Collection> {
    return this.update(id, { name });
  }

  /**
   * Changes the name, or the encoder of a space: then every picture is embedded again by a job (`spaces[].next.job`),
   * while the vectors there are go on answering.
   * @throws NOT_FOUND, CONFLICT, MODEL_MISSING, INVALID_PARAMETER (no encoder of that space)
   * @example
   * const { spaces } = await fovea.collections.update(id, { models: { visual: 'efficientnet-lite2' } });
   * const job = spaces.find(({ next }) => next)?.next?.job;
   * if (job) await fovea.jobs.wait(job);
   */
  update(id: string, change: CollectionChange): Promise<Collection> {
    return this.#json('PATCH', part(id), change);
  }

  /** Deletes it with its items; pictures that nothing else needs go too. @throws NOT_FOUND */
  delete(id: string): Promise<void> {
    return this.#transport.send('DELETE', path(id), () => Promise.resolve());
  }

  /**
   * Adds pictures, 16 to a request; the answers stand in the order of the pictures. A picture that is there already
   * stays one item (`existing`). A bad one is a Problem in its place; a fault of the whole request rejects.
   * @param pictures bytes, `{ url }`, `{ blob }`, `{ base64 }`, or one of these as `input` with a name and metadata
   * @throws NOT_FOUND, INVALID_PARAMETER (metadata), the signal's reason (what was added stays)
   * @example
   * const answers = await fovea.collections.add(id, files, { metadata: { place: 'Rome' } });
   * const failed = answers.filter((answer) => !('item' in answer));
   */
  async add(
    id: string,
    pictures: readonly (OneInput | NewPicture)[],
    options: AddOptions = {},
  ): Promise<Added[]> {
    const answers: Added[] = [];
    for (let at = 0; at < pictures.length; at += BATCH_SIZE)
      answers.push(
        ...(await this.#addGroup(id, pictures.slice(at, at + BATCH_SIZE).map(toPicture), options)),
      );
    return answers;
  }

  /**
   * As {@link add}, by a job: the answer comes when the pictures have arrived, not when they are embedded.
   * @param pictures at most 64, in one request
   * @throws RangeError for more; see importArchive and importFolder
   * @example const job = await fovea.jobs.wait((await fovea.collections.addAsJob(id, files)).id);
   */
  async addAsJob(
    id: string,
    pictures: readonly (OneInput | NewPicture)[],
    options: AddOptions = {},
  ): Promise<Job> {
    if (pictures.length > JOB_SIZE)
      throw new RangeError(`pictures: at most ${JOB_SIZE} travel in one request, got ${pictures.length}`);
    const { body, headers } = await picturesBody(pictures.map(toPicture), options.metadata);
    return this.#transport.json('POST', itemsPath(id), {
      body,
      headers: { ...headers, prefer: 'respond-async' },
      signal: options.signal,
    });
  }

  async #addGroup(id: string, group: readonly NewPicture[], options: AddOptions): Promise<Added[]> {
    options.signal?.throwIfAborted();
    try {
      const { body, headers } = await picturesBody(group, options.metadata);
      const { items } = await this.#transport.json<AddedItems>('POST', itemsPath(id), {
        body,
        headers,
        signal: options.signal,
        // Sent again it finds its pictures there: no item is made twice.
        idempotent: true,
      });
      return items;
    } catch (error) {
      if (!(error instanceof ServerError) || !INPUT_FAULTS.includes(error.code)) throw error;
      if (group.length === 1) return [error.problem];
      // The request failed as a whole (too many bytes together, say): each half for itself.
      const middle = Math.ceil(group.length / 2);
      return [
        ...(await this.#addGroup(id, group.slice(0, middle), options)),
        ...(await this.#addGroup(id, group.slice(middle), options)),
      ];
    }
  }

  /**
   * Adds every picture below a folder of the server, which must lie under its FOVEA_IMPORT_ROOTS.
   * @returns the job; wait for it with `fovea.jobs.wait`
   * @throws NOT_FOUND, FORBIDDEN
   * @example
   * const { id: job } = await fovea.collections.importFolder(id, '/data/holidays');
   * const { result } = await fovea.jobs.wait(job, { onProgress: ({ progress }) => console.log(progress.done) });
   */
  importFolder(id: string, folder: string, options: AddOptions = {}): Promise<Job> {
    return this.#import(id, { folder }, options);
  }

  /**
   * Adds the pictures of a ZIP.
   * @returns the job; wait for it with `fovea.jobs.wait`
   * @throws NOT_FOUND, UNSUPPORTED_MEDIA, PAYLOAD_TOO_LARGE
   */
  async importArchive(id: string, archive: OneInput, options: AddOptions = {}): Promise<Job> {
    const settled = await settle(archive, 'archive');
    if (!(settled instanceof Blob)) return this.#import(id, { archive: settled }, options);
    const form = new FormData();
    if (options.metadata) form.set('params', JSON.stringify({ metadata: options.metadata }));
    form.append('archive', settled, fileName(settled) ?? 'archive.zip');
    return this.#transport.json('POST', itemsPath(id), {
      body: form,
      headers: { prefer: 'respond-async' },
      signal: options.signal,
      // However large it is.
      timeoutMs: 0,
    });
  }

  /**
   * Adds the pictures of stored runs.
   * @returns the job; wait for it with `fovea.jobs.wait`
   * @throws NOT_FOUND
   */
  importRuns(id: string, runs: readonly string[], options: AddOptions = {}): Promise<Job> {
    return this.#import(id, { runs }, options);
  }

  #import(id: string, request: Readonly<Record<string, unknown>>, options: AddOptions): Promise<Job> {
    const { metadata, signal } = options;
    return this.#json('POST', `${part(id)}/items`, metadata ? { ...request, metadata } : request, {
      headers: { prefer: 'respond-async' },
      signal,
    });
  }

  /** One page of items, newest first; `nextCursor` is null on the last. @throws NOT_FOUND, INVALID_PARAMETER (filter) */
  items(id: string, { filter, ...page }: ItemFilter = {}): Promise<ItemPage> {
    const query: Query = { ...page, ...(filter ? { filter: JSON.stringify(filter) } : {}) };
    return this.#transport.json('GET', itemsPath(id), { query });
  }

  /**
   * Every item that the filter finds, page by page.
   * @example for await (const { name, metadata } of fovea.collections.allItems(id, { filter: { place: 'Rome' } })) …
   */
  allItems(id: string, filter: ItemFilter = {}): AsyncGenerator<CollectionItem, void, undefined> {
    return everyItem((page) => this.items(id, page), filter);
  }

  /** @throws NOT_FOUND */
  item(id: string, itemId: string): Promise<CollectionItem> {
    return this.#transport.json('GET', itemPath(id, itemId));
  }

  /** Puts this metadata in place of the item's. @throws NOT_FOUND, INVALID_PARAMETER (more than 16 KiB) */
  setMetadata(id: string, itemId: string, metadata: Metadata): Promise<CollectionItem> {
    return this.#json('PATCH', `${part(id)}/items/${encodeURIComponent(itemId)}`, { metadata }, HARMLESS);
  }

  /** @throws NOT_FOUND */
  deleteItem(id: string, itemId: string): Promise<void> {
    return this.#transport.send('DELETE', itemPath(id, itemId), () => Promise.resolve());
  }

  /** Deletes several items, 1,000 to a request; those that are gone already are passed over. @throws NOT_FOUND */
  async deleteItems(id: string, itemIds: readonly string[]): Promise<void> {
    for (let at = 0; at < itemIds.length; at += DELETE_SIZE)
      await this.#transport.send('POST', `${itemsPath(id)}/delete`, () => Promise.resolve(), {
        body: JSON.stringify({ ids: itemIds.slice(at, at + DELETE_SIZE) }),
        headers: JSON_TYPE,
      });
  }

  /**
   * Searches.
   * @param query a text, a picture, or parts: what is alike is averaged, what stands under `minus` is taken away
   * @param options k 10, minScore (`auto` = the calibrated cut-off), diversity, filter, explain, space
   * @throws NOT_FOUND, INVALID_PARAMETER, MODEL_MISSING
   * @example
   * const { result } = await fovea.collections.search(id, 'a dog on the beach', { minScore: 'auto' });
   * await fovea.collections.search(id, file, { k: 20, filter: { year: { gte: 2020 } } });
   * await fovea.collections.search(id, { query: [{ itemId }], minus: [{ text: 'people' }] }, { space: 'cross-modal' });
   */
  async search(
    id: string,
    query: SearchQuery,
    { signal, ...options }: SearchOptions & WithSignal = {},
  ): Promise<SearchAnswer> {
    const { body, headers } = await searchBody(query, options);
    return this.#transport.json('POST', `${path(id)}/search`, { body, headers, signal, idempotent: true });
  }

  /**
   * Groups of pictures that are nearly the same, the largest first.
   * @throws NOT_FOUND, INVALID_PARAMETER
   * @example const { groups } = await fovea.collections.duplicates(id, { minScore: 0.95 });
   */
  duplicates(
    id: string,
    request: Partial<DuplicatesRequest> = {},
    options: WithSignal = {},
  ): Promise<DuplicateGroups> {
    return this.#json('POST', `${part(id)}/duplicates`, request, { ...HARMLESS, signal: options.signal });
  }

  /** Where the items lie in the plane, alike ones near each other. @throws NOT_FOUND */
  map(id: string, query: Partial<MapQuery> = {}, options: WithSignal = {}): Promise<CollectionMap> {
    return this.#transport.json('GET', `${path(id)}/map`, { query: query as Query, signal: options.signal });
  }

  /** Compares the indexes with Postgres. @throws NOT_FOUND */
  index(id: string): Promise<RebuildReport> {
    return this.#transport.json('GET', `${path(id)}/index`);
  }

  /** Makes the indexes again from Postgres. @returns the job; its result is the comparison afterwards */
  rebuild(id: string): Promise<Job> {
    return this.#json('POST', `${part(id)}/rebuild`, {});
  }

  #json<T>(
    method: 'POST' | 'PATCH',
    below: string,
    body: object,
    { headers, ...options }: RequestOptions = {},
  ): Promise<T> {
    return this.#transport.json(method, ROOT + below, {
      ...options,
      body: JSON.stringify(body),
      headers: { ...JSON_TYPE, ...headers },
    });
  }
}

/** What the schema of the server takes in one request. */
const JOB_SIZE = 64;
const ROOT = '/v1/collections';
const JSON_TYPE = { 'content-type': 'application/json' };
const HARMLESS: RequestOptions = { idempotent: true };

const part = (id: string): string => `/${encodeURIComponent(id)}`;
const path = (id: string): string => ROOT + part(id);
const itemsPath = (id: string): string => `${path(id)}/items`;
const itemPath = (id: string, itemId: string): string => `${itemsPath(id)}/${encodeURIComponent(itemId)}`;

const toPicture = (picture: OneInput | NewPicture): NewPicture =>
  isInput(picture) ? { input: picture } : picture;

const fileName = (blob: Blob): string | undefined =>
  ('name' in blob && typeof blob.name === 'string' && blob.name) || undefined;

/** Multipart where all are bytes without metadata of their own; JSON otherwise. */
async function picturesBody(
  pictures: readonly NewPicture[],
  metadata: Metadata | undefined,
): Promise<{ body: BodyInit; headers: Record<string, string> }> {
  const settled = await Promise.all(
    pictures.map(async ({ input, ...about }, at) => ({
      ...about,
      input: await settle(input, `pictures[${at}]`),
    })),
  );
  if (settled.length > 0 && settled.every((one) => one.input instanceof Blob && !one.metadata)) {
    const form = new FormData();
    if (metadata) form.set('params', JSON.stringify({ metadata }));
    for (const { input, name } of settled)
      form.append('image', input as Blob, name ?? fileName(input as Blob) ?? 'image');
    return { body: form, headers: {} };
  }
  const sources = await Promise.all(
    settled.map(async ({ input, name = input instanceof Blob ? fileName(input) : undefined, ...about }) => ({
      source: (await toSource(input)) satisfies InputSource,
      ...(name === undefined ? {} : { name }),
      ...(about.metadata ? { metadata: about.metadata } : {}),
    })),
  );
  return {
    body: JSON.stringify({ pictures: sources, ...(metadata ? { metadata } : {}) }),
    headers: JSON_TYPE,
  };
}
