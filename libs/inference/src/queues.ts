import { VisionError } from '@fovea/contracts';
import { Fairness } from './fairness.ts';
import type { PendingRequest } from './request.ts';

/**
 * The waiting requests: one bounded queue per model, and the choice of who goes next across them: interactive
 * before job, then the owner who used least device time, then the model that owner used least, then age.
 */
export class Queues {
  readonly #limit: number;
  readonly #waiting = new Map<string, PendingRequest[]>();
  readonly #owners = new Fairness();
  /** Per owner: between the models it uses. */
  readonly #models = new Map<string, Fairness>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws QUEUE_FULL when no further request may wait for a model */
  checkRoom(model: string, retryAfterS: () => number): void {
    const depth = this.depth(model);
    if (depth < this.#limit) return;
    const seconds = retryAfterS();
    throw new VisionError('QUEUE_FULL', `${depth} requests wait for ${model}`, {
      hint: `Try again in ${seconds} s, or raise FOVEA_QUEUE.`,
      retryAfterS: seconds,
    });
  }

  add(request: PendingRequest): void {
    this.#queue(request.model.id).push(request);
    this.#owners.enter(request.owner);
    let models = this.#models.get(request.owner);
    if (!models) this.#models.set(request.owner, (models = new Fairness()));
    models.enter(request.model.id);
  }

  /** A request is over: it leaves the queue if it still waits there. */
  settled(request: PendingRequest): void {
    this.#drop(request);
    this.#models.get(request.owner)?.leave(request.model.id);
    this.#owners.leave(request.owner);
    if (!this.#owners.isActive(request.owner)) this.#models.delete(request.owner);
  }

  /** Puts requests back to the front; the limit is for new ones. */
  putBack(requests: readonly PendingRequest[]): void {
    for (const request of requests.toReversed())
      if (!request.settled) this.#queue(request.model.id).unshift(request);
  }

  depth(model: string): number {
    return this.#waiting.get(model)?.length ?? 0;
  }

  waiting(model?: string): PendingRequest[] {
    return model === undefined ? [...this.#waiting.values()].flat() : [...(this.#waiting.get(model) ?? [])];
  }

  /** The request that goes next among those that pass. */
  choose(passes: (request: PendingRequest) => boolean): PendingRequest | undefined {
    let best: PendingRequest | undefined;
    for (const queue of this.#waiting.values())
      for (const request of queue)
        if (passes(request) && (!best || this.#before(request, best))) best = request;
    return best;
  }

  /** The batch that a chosen request would lead: with others of its model, shape and priority, up to so many rows. */
  companions(lead: PendingRequest, limitRows: number): PendingRequest[] {
    const batch = [lead];
    if (lead.alone || !lead.model.batchable || lead.rows >= limitRows) return batch;
    const others = this.waiting(lead.model.id)
      .filter(
        (other) =>
          other !== lead &&
          !other.alone &&
          other.priority === lead.priority &&
          other.signature === lead.signature,
      )
      .sort((a, b) => (this.#before(a, b) ? -1 : this.#before(b, a) ? 1 : 0));
    let rows = lead.rows;
    for (const other of others) {
      if (rows + other.rows > limitRows) continue;
      rows += other.rows;
      batch.push(other);
    }
    return batch;
  }

  /** Takes requests out to run them. */
  take(requests: readonly PendingRequest[]): void {
    for (const request of requests) this.#drop(request);
  }

  /** Charges device time, shared by rows. */
  charge(requests: readonly PendingRequest[], ms: number): void {
    const rows = requests.reduce((sum, request) => sum + request.rows, 0);
    for (const request of requests) {
      const own = (ms * request.rows) / rows;
      this.#owners.charge(request.owner, own);
      this.#models.get(request.owner)?.charge(request.model.id, own);
    }
  }

  #before(a: PendingRequest, b: PendingRequest): boolean {
    if (a.priority !== b.priority) return a.priority === 'interactive';
    if (a.owner !== b.owner) {
      const byOwner = this.#owners.usedMs(a.owner) - this.#owners.usedMs(b.owner);
      if (byOwner !== 0) return byOwner < 0;
    } else if (a.model.id !== b.model.id) {
      const models = this.#models.get(a.owner);
      const byModel = (models?.usedMs(a.model.id) ?? 0) - (models?.usedMs(b.model.id) ?? 0);
      if (byModel !== 0) return byModel < 0;
    }
    return a.order < b.order;
  }

  #queue(model: string): PendingRequest[] {
    let queue = this.#waiting.get(model);
    if (!queue) this.#waiting.set(model, (queue = []));
    return queue;
  }

  #drop(request: PendingRequest): void {
    const queue = this.#waiting.get(request.model.id);
    const position = queue?.indexOf(request) ?? -1;
    if (position >= 0) queue?.splice(position, 1);
  }
}
