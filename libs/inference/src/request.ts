import type { InferenceRequest, InferenceResponse, Priority, StageModel } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import type { Tensor, Tensors } from '@fovea/tensor';
import type { Binding } from './types.ts';

let lastOrder = 0;

/** One request while it waits and runs. It settles once: by its answer, an error, its deadline or its abort. */
export class PendingRequest {
  readonly model: StageModel;
  readonly owner: string;
  readonly priority: Priority;
  readonly feeds: Tensors;
  /** Empty = all. */
  readonly outputs: readonly string[];
  readonly rows: number;
  /** Requests with the same signature may share a batch. */
  readonly signature: string;
  readonly enqueuedAt = performance.now();
  /** Age among all requests. */
  readonly order: number = ++lastOrder;
  readonly answer: Promise<InferenceResponse>;
  /** Set after a failure: it must not take neighbours with it. */
  alone = false;
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
    options: { model: StageModel; binding: Binding; onSettled: (request: PendingRequest) => void },
  ) {
    this.model = options.model;
    this.#binding = options.binding;
    this.owner = options.binding.owner;
    this.priority = options.binding.priority;
    this.feeds = request.feeds as Tensors;
    this.outputs = request.outputs ?? [];
    this.rows = checkedRows(request, options.model);
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

/** Checks a request against its model's manifest row; the number of rows is axis 0 of the feeds. */
function checkedRows({ feeds, outputs }: InferenceRequest, model: StageModel): number {
  const known = new Set(model.outputs.map((output) => output.name));
  const unknown = outputs?.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new RangeError(`${model.id} has no output "${unknown}", only ${[...known].join(', ')}`);
  const surplus = Object.keys(feeds).find((name) => !model.inputs.some((input) => input.name === name));
  if (surplus !== undefined) throw new RangeError(`${model.id} has no input "${surplus}"`);
  let rows: number | undefined;
  for (const input of model.inputs) {
    const feed = feeds[input.name] as Tensor | undefined;
    if (!feed) throw new TypeError(`${model.id} needs the input "${input.name}"`);
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
