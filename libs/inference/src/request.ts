import type {
  Feeds,
  InferenceRequest,
  InferenceResponse,
  KeptFeed,
  Priority,
  StageModel,
} from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import type { Tensor, Tensors } from '@fovea/tensor';
import type { HandleFeed } from './backend.ts';
import type { KeptHome, KeptScope } from './kept.ts';
import type { Binding } from './types.ts';

let lastOrder = 0;

/** One request while it waits and runs. It settles once: by its answer, an error, its deadline or its abort. */
export class PendingRequest {
  readonly model: StageModel;
  readonly owner: string;
  readonly priority: Priority;
  readonly feeds: Tensors;
  readonly keptFeeds: Readonly<Record<string, HandleFeed>>;
  /** Empty = all, or none where some are kept. */
  readonly outputs: readonly string[];
  readonly keep: readonly string[];
  /** Keeps tensors or is fed with kept ones. */
  readonly keeps: boolean;
  readonly scope: KeptScope | undefined;
  readonly rows: number;
  /** Requests with the same signature may share a batch. */
  readonly signature: string;
  readonly enqueuedAt = performance.now();
  /** Age among all requests. */
  readonly order: number = ++lastOrder;
  readonly answer: Promise<InferenceResponse>;
  /** Set after a failure: it must not take neighbours with it. */
  alone: boolean;
  crashes = 0;
  settled = false;
  readonly #resolve: (response: InferenceResponse) => void;
  readonly #reject: (error: Error) => void;
  readonly #binding: Binding;
  readonly #onSettled: (request: PendingRequest) => void;
  #timer: NodeJS.Timeout | undefined;

  /** @throws TypeError or RangeError when the feeds or outputs do not fit the model, DEADLINE_EXCEEDED, CANCELLED */
  constructor(
    request: InferenceRequest,
    options: {
      model: StageModel;
      binding: Binding;
      onSettled: (request: PendingRequest) => void;
      scope?: KeptScope | undefined;
    },
  ) {
    this.model = options.model;
    this.#binding = options.binding;
    this.owner = options.binding.owner;
    this.priority = options.binding.priority;
    this.scope = options.scope;
    this.rows = checkedRows(request, options.model);
    [this.feeds, this.keptFeeds] = parted(request.feeds, this.scope);
    this.keep = request.keep ?? [];
    const some = this.keep.length > 0 || options.model.derivedOutputs !== undefined;
    this.outputs = request.outputs ?? (some ? namesBut(options.model, this.keep) : []);
    this.keeps = this.keep.length > 0 || Object.keys(this.keptFeeds).length > 0;
    if (this.keeps && !this.scope) throw new TypeError('tensors are kept for bound requests only');
    this.alone = this.keeps;
    this.signature = signatureOf(this.feeds);
    this.#onSettled = options.onSettled;
    const { signal, deadlineMs } = options.binding;
    if (signal?.aborted) throw cancelled(signal);
    const leftMs = deadlineMs === undefined ? undefined : deadlineMs - Date.now();
    if (leftMs !== undefined && leftMs <= 0) throw late(this.model.id);
    const { promise, resolve, reject } = Promise.withResolvers<InferenceResponse>();
    this.answer = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    // setTimeout counts to 2^31 ms at most.
    if (leftMs !== undefined)
      this.#timer = setTimeout(() => this.fail(late(this.model.id)), Math.min(leftMs, 0x7fffffff));
  }

  /** Where it must run: with the tensors its owner kept. */
  get home(): KeptHome | undefined {
    return this.keeps ? this.scope?.home : undefined;
  }

  mayRunIn(home: KeptHome | undefined): boolean {
    return this.home === undefined || this.home === home;
  }

  succeed(response: InferenceResponse): void {
    if (this.#settle()) this.#resolve(response);
  }

  fail(error: Error): void {
    if (this.#settle()) this.#reject(error);
  }

  #settle(): boolean {
    if (this.settled) return false;
    this.settled = true;
    clearTimeout(this.#timer);
    this.#binding.signal?.removeEventListener('abort', this.#onAbort);
    this.#onSettled(this);
    return true;
  }

  readonly #onAbort = (): void => this.fail(cancelled(this.#binding.signal));
}

const late = (model: string): VisionError =>
  new VisionError('DEADLINE_EXCEEDED', `${model} did not answer before the request's deadline`);

/** A reason that already says what happened to the request is kept. */
const cancelled = (signal: AbortSignal | undefined): VisionError =>
  signal?.reason instanceof VisionError
    ? signal.reason
    : new VisionError('CANCELLED', 'The request was cancelled');

/** Names, types and all dims but the rows: what must be equal for requests to share a batch. */
function signatureOf(feeds: Tensors): string {
  return Object.keys(feeds)
    .sort()
    .map((name) => {
      const feed = feeds[name];
      return feed ? `${name}:${feed.type}[${feed.dims.slice(1).join(',')}]` : '';
    })
    .join(' ');
}

const isKept = (feed: Tensor | KeptFeed): feed is KeptFeed => 'kept' in feed;

const namesBut = (model: StageModel, kept: readonly string[]): string[] =>
  model.outputs.map(({ name }) => name).filter((name) => !kept.includes(name));

/** Feeds with bytes, and those that lie in the backend. @throws KeptLost, RangeError when a tensor is not the request's */
function parted(feeds: Feeds, scope: KeptScope | undefined): [Tensors, Readonly<Record<string, HandleFeed>>] {
  const own: Record<string, Tensor> = {};
  const kept: Record<string, HandleFeed> = {};
  for (const [name, feed] of Object.entries(feeds))
    if (isKept(feed)) {
      scope?.check(feed.kept);
      kept[name] = { handle: feed.kept.id, ...(feed.rows ? { rows: feed.rows } : {}) };
    } else own[name] = feed;
  return [own, kept];
}

/** Type and dims of a feed as the graph will see it. @throws RangeError when a row is not there */
function shapeOf(name: string, feed: Tensor | KeptFeed): Pick<Tensor, 'type' | 'dims'> {
  if (!isKept(feed)) return feed;
  const { kept, rows } = feed;
  if (!rows) return kept;
  const [count = 0, ...inner] = kept.dims;
  const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= count);
  if (wrong !== undefined)
    throw new RangeError(`input ${name}: a tensor of ${count} rows has no row ${wrong}`);
  return { type: kept.type, dims: [rows.length, ...inner] };
}

/** Checks a request against its model's manifest row; the number of rows is axis 0 of the feeds. */
function checkedRows({ feeds, outputs = [], keep = [] }: InferenceRequest, model: StageModel): number {
  const known = new Set([...model.outputs, ...(model.derivedOutputs ?? [])].map((output) => output.name));
  const unknown = [...outputs, ...keep].find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new RangeError(`${model.id} has no output "${unknown}", only ${[...known].join(', ')}`);
  const surplus = Object.keys(feeds).find((name) => !model.inputs.some((input) => input.name === name));
  if (surplus !== undefined) throw new RangeError(`${model.id} has no input "${surplus}"`);
  let rows: number | undefined;
  for (const input of model.inputs) {
    const given = feeds[input.name];
    if (!given) throw new TypeError(`${model.id} needs the input "${input.name}"`);
    const feed = shapeOf(input.name, given);
    if (feed.type !== input.dtype)
      throw new TypeError(`${model.id}: input ${input.name} must be ${input.dtype}, got ${feed.type}`);
    const fits =
      feed.dims.length === input.shape.length &&
      input.shape.every((dim, axis) => typeof dim === 'string' || dim === feed.dims[axis]);
    if (!fits)
      throw new RangeError(
        `${model.id}: input ${input.name} must have the shape [${input.shape.join(', ')}], got [${feed.dims.join(', ')}]`,
      );
    if (!model.batchable) continue;
    const own = feed.dims[0] ?? 0;
    if (own < 1 || (rows !== undefined && own !== rows))
      throw new RangeError(
        `${model.id}: axis 0 of every input must be the same number of rows, at least 1; ${input.name} has ${own}`,
      );
    rows = own;
  }
  return rows ?? 1;
}
