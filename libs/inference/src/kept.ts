import { KeptLost, type KeptTensor } from '@fovea/application';
import type { TensorType } from '@fovea/tensor';
import { byteLength, type Backend, type Batch, type KeptFacts } from './backend.ts';
import type { PendingRequest } from './request.ts';

let lastHandle = 0;
/** Handles are never used twice, so that a late release hits nothing else. */
export const nextHandle = (): number => ++lastHandle;

/** The tensors that stay in one backend, as long as it lives. */
export class KeptHome {
  readonly #backend: Backend;
  readonly #limitBytes: number;
  readonly #sizes = new Map<number, number>();
  #bytes = 0;
  #lost = false;

  constructor(backend: Backend, limitBytes: number) {
    this.#backend = backend;
    this.#limitBytes = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get full(): boolean {
    return this.#bytes >= this.#limitBytes;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /**
   * Takes note of what a request keeps here; gives it up again where nobody waits for it any longer.
   * @param handles by the names of `facts`
   */
  receive(
    { settled, scope }: Pick<PendingRequest, 'settled' | 'scope'>,
    handles: Batch['keep'] = {},
    facts: readonly KeptFacts[] = [],
  ): Record<string, KeptTensor> {
    const kept: Record<string, KeptTensor> = {};
    for (const { name, type, dims } of facts) kept[name] = this.#add(handles[name] ?? 0, type, dims);
    if (settled || scope?.ended !== false) this.release(Object.values(kept).map(({ id }) => id));
    else scope.add(Object.values(kept));
    return kept;
  }

  release(handles: readonly number[]): void {
    const own = handles.filter((handle) => this.#sizes.has(handle));
    for (const handle of own) {
      this.#bytes -= this.#sizes.get(handle) ?? 0;
      this.#sizes.delete(handle);
    }
    if (own.length > 0 && !this.#lost) this.#backend.release(own);
  }

  /** The backend is gone, and all of this with it: requests that wait to be fed with it wait in vain. */
  lose(waiting: readonly PendingRequest[], reason: string): void {
    const mine = waiting.filter(({ home }) => home === this);
    this.#lost = true;
    for (const request of mine)
      if (Object.keys(request.keptFeeds).length > 0) request.fail(new KeptLost(reason));
    this.#sizes.clear();
    this.#bytes = 0;
  }

  #add(handle: number, type: TensorType, dims: readonly number[]): KeptTensor {
    const bytes = byteLength(type, dims);
    this.#sizes.set(handle, bytes);
    this.#bytes += bytes;
    return { id: handle, type, dims };
  }
}

/** What one request keeps: all in one home, the one that ran what it kept first; given up when the request ends. */
export class KeptScope {
  readonly #handles = new Set<number>();
  #home: KeptHome | undefined;
  #ended = false;

  /** Where requests that keep or are fed kept tensors must run; undefined = anywhere yet. */
  get home(): KeptHome | undefined {
    return this.#home?.lost ? undefined : this.#home;
  }

  get ended(): boolean {
    return this.#ended;
  }

  settleIn(home: KeptHome): void {
    if (this.#home !== home) this.#handles.clear();
    this.#home = home;
  }

  add(kept: readonly KeptTensor[]): void {
    for (const { id } of kept) this.#handles.add(id);
  }

  /** @throws KeptLost when the tensor's home is gone, RangeError when it is not (any longer) this request's */
  check({ id }: KeptTensor): void {
    if (this.#home?.lost) throw new KeptLost('the session host that kept tensors of this request is gone');
    if (!this.#handles.has(id)) throw new RangeError(`the kept tensor ${id} is not one of this request's`);
  }

  release(kept: readonly KeptTensor[]): void {
    const handles = kept.map(({ id }) => id).filter((id) => this.#handles.delete(id));
    this.#home?.release(handles);
  }

  end(): void {
    this.#ended = true;
    this.#home?.release([...this.#handles]);
    this.#handles.clear();
  }
}
