import type { IndexRef } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { buildSnapshot } from './build-snapshot.ts';
import { gather, nameSnapshot, remove, snapshotsIn, type Gathered } from './files.ts';
import type { IndexStats, OpenRequest } from './host/protocol.ts';
import { HostGone } from './host-process.ts';
import { abortable, messageOf, pack, type BuildOptions, type Opened, type Shared } from './keeping.ts';

/** How often an index that cannot follow is read anew before that counts as a failure. */
const MOST_READINGS = 4;

/** Keeps the index of one space of one collection at the revision of Postgres, and its snapshot not far behind. */
export class IndexKeeper {
  readonly ref: IndexRef;
  usedAt = 0;
  readonly #shared: Shared;
  readonly #folder: string;
  readonly #over = new AbortController();
  #opened: Opened | null = null;
  #opening: Promise<Opened> | null = null;
  #following: Promise<boolean> | null = null;
  /** Never rejects. */
  #building: Promise<unknown> | null = null;
  #buildNotBeforeMs = 0;
  #libraryFailed = false;

  constructor(ref: IndexRef, { folder, shared }: { folder: string; shared: Shared }) {
    this.ref = ref;
    this.#folder = folder;
    this.#shared = shared;
  }

  get stats(): IndexStats | null {
    return this.#current()?.stats ?? null;
  }

  get idle(): boolean {
    return this.#opened?.uses === 0 && !this.#opening && !this.#building;
  }

  /**
   * Works with the index at the revision that Postgres has now, or a later one; once more if the host ends meanwhile.
   * Null where the collection is gone.
   */
  async use<T>(work: (opened: Opened) => Promise<T>, signal?: AbortSignal): Promise<T | null> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const acquiring = this.#acquire(1);
        const opened = await abortable(acquiring, signal).catch((error: unknown) => {
          acquiring.then(
            (late) => late && this.#release(late),
            () => undefined,
          );
          throw error;
        });
        if (!opened) return null;
        try {
          return await work(opened);
        } finally {
          this.#release(opened);
        }
      } catch (error) {
        if (this.#over.signal.aborted && !signal?.aborted) return null;
        if (error instanceof HostGone && attempt === 0) continue;
        if (error instanceof VisionError || error instanceof RangeError) throw error;
        throw new VisionError('INTERNAL', `The index failed: ${messageOf(error)}`, { cause: error });
      }
    }
  }

  /** Applies the next changes: false where they are no longer listed. */
  async follow(opened: Opened): Promise<boolean> {
    const { source, host, limits } = this.#shared;
    const { collectionId, spaceId } = this.ref;
    opened.uses += 1;
    try {
      const after = opened.stats.revision;
      const changes = await source.changes(collectionId, { spaceId, after, limit: limits.changesAtOnce });
      if (!changes || changes.upTo <= after) return false;
      const packed = pack(changes, this.ref);
      const { handle, generation } = opened;
      opened.sent = changes.upTo;
      opened.stats = await host.call('apply', { handle, ...packed }, { generation });
      return true;
    } finally {
      this.#release(opened);
    }
  }

  /** Makes the snapshot again. @throws CANCELLED, STORAGE_FULL, CATALOG_UNAVAILABLE; Error where the builder fails */
  async rebuild(options: BuildOptions): Promise<void> {
    while (this.#building) await abortable(this.#building, options.signal);
    await this.#build(null, options);
  }

  /** Closes the index in the host; the next search opens it again. */
  evict(): void {
    const opened = this.#opened;
    this.#opened = null;
    if (opened) this.#retire(opened);
  }

  /** For good. */
  async stop(): Promise<void> {
    this.#over.abort();
    this.evict();
    await Promise.allSettled([this.#opening, this.#building]);
  }

  async drop(): Promise<void> {
    await this.stop();
    await remove(this.#folder);
  }

  /** In use until {@link #release}. */
  async #acquire(reading: number): Promise<Opened | null> {
    const { source, log } = this.#shared;
    const { collectionId } = this.ref;
    const before = this.#current();
    const known = before?.stats.revision ?? 0;
    const revision = await source.revision(collectionId);
    if (revision === null) return null;
    if (before && known > revision) {
      log.warn(
        { ...this.ref, known, revision },
        'the collection is older than its index, which is read anew',
      );
      await this.#discard(before);
    }
    for (;;) {
      if (this.#over.signal.aborted) throw new VisionError('CANCELLED', 'The collection was dropped.');
      const opened = this.#current() ?? (await this.#open(revision));
      if (opened !== this.#current()) continue;
      if (opened.stats.revision >= revision) {
        opened.uses += 1;
        this.usedAt = performance.now();
        this.#buildIfWorthwhile(opened);
        return opened;
      }
      this.#following ??= this.follow(opened).finally(() => (this.#following = null));
      if (await this.#following) continue;
      if (reading >= MOST_READINGS)
        throw new VisionError('INTERNAL', `The index of collection ${collectionId} cannot follow it.`);
      if (opened === this.#current()) {
        log.info({ ...this.ref }, 'changes are no longer listed: the index is read anew');
        await this.#discard(opened);
      }
      return this.#acquire(reading + 1);
    }
  }

  #current(): Opened | null {
    if (this.#opened && this.#opened.generation !== this.#shared.host.generation) this.#opened = null;
    return this.#opened;
  }

  #open(revision: number): Promise<Opened> {
    return (this.#opening ??= this.#load(revision).finally(() => (this.#opening = null)));
  }

  async #load(revision: number): Promise<Opened> {
    const { log, source, limits } = this.#shared;
    for (const snapshot of await snapshotsIn(this.#folder)) {
      const answer = await this.#ask({ snapshot, check: true });
      if ('unreadable' in answer)
        log.warn({ ...this.ref, snapshot, reason: answer.unreadable }, 'an index is damaged and made again');
      else {
        const now =
          answer.stats.revision > revision ? await source.revision(this.ref.collectionId) : revision;
        if (answer.stats.revision <= (now ?? 0)) return this.#install(answer);
        this.#retire(answer);
        log.warn(
          { ...this.ref, snapshot },
          'an index is of a later revision than its collection, and made again',
        );
      }
      await remove(snapshot);
    }
    const gathered = await this.#gather({ signal: this.#over.signal });
    let opened: Opened;
    try {
      opened = this.#install(await this.#openGathered(gathered));
    } catch (error) {
      await remove(gathered.folder);
      throw error;
    }
    if (gathered.count < limits.snapshotFrom) await remove(gathered.folder);
    else this.#startBuild(gathered);
    return opened;
  }

  async #openGathered({ folder, revision, count }: Gathered): Promise<Opened> {
    const answer = await this.#ask(
      count === 0 ? { empty: true, revision } : { gathered: folder, revision, count },
    );
    if ('unreadable' in answer) throw new Error(answer.unreadable);
    return answer;
  }

  async #ask(from: OpenRequest['from']): Promise<Opened | { unreadable: string }> {
    const { host, limits } = this.#shared;
    const { dimension, spaceId } = this.ref;
    const handle = this.#shared.nextHandle();
    await host.start();
    const { generation } = host;
    const { inMemoryBytes } = limits;
    const stats = await host.call(
      'open',
      { handle, dimension, spaceId, from, inMemoryBytes },
      { generation },
    );
    if ('unreadable' in stats) return stats;
    return { handle, generation, stats, sent: stats.revision, uses: 0, retired: false };
  }

  /** Takes an index into service, unless a later one is. */
  #install(next: Opened): Opened {
    const current = this.#current();
    if (this.#over.signal.aborted || (current && current.stats.revision > next.stats.revision)) {
      this.#retire(next);
      return current ?? next;
    }
    this.#opened = next;
    if (current) this.#retire(current);
    this.#shared.grown(this);
    return next;
  }

  #gather({
    signal,
    onProgress,
  }: {
    signal: AbortSignal;
    onProgress?: (done: number) => void;
  }): Promise<Gathered> {
    return gather(this.#folder, { ...this.ref, source: this.#shared.source, signal, onProgress });
  }

  #buildIfWorthwhile({ stats }: Opened): void {
    const { limits, library } = this.#shared;
    const worn = stats.waste > Math.max(limits.wasteRows, limits.wasteShare * stats.built);
    const plain = library && !this.#libraryFailed && !stats.ann && stats.built >= limits.snapshotFrom;
    if (worn || plain) this.#startBuild(null);
  }

  #startBuild(gathered: Gathered | null): void {
    if (this.#building || performance.now() < this.#buildNotBeforeMs) {
      if (gathered) void remove(gathered.folder);
      return;
    }
    this.#build(gathered, {}).catch((error: unknown) => {
      if (this.#over.signal.aborted) return;
      this.#buildNotBeforeMs = performance.now() + this.#shared.limits.backoffMaxMs;
      this.#shared.log.error(
        { ...this.ref, err: error },
        `an index cannot be built (${messageOf(error)}): searches go on without it`,
      );
    });
  }

  #build(gathered: Gathered | null, options: BuildOptions): Promise<void> {
    const work = this.#makeSnapshot(gathered, options);
    const building = work
      .catch(() => undefined)
      .finally(() => {
        if (this.#building === building) this.#building = null;
      });
    this.#building = building;
    return work;
  }

  async #makeSnapshot(given: Gathered | null, { signal: wish, onProgress }: BuildOptions): Promise<void> {
    const { limits } = this.#shared;
    const signal = AbortSignal.any([this.#over.signal, ...(wish ? [wish] : [])]);
    let total = this.stats?.items ?? 0;
    const tell = (done: number): void => {
      total = Math.max(total, done);
      onProgress?.(Math.floor(done / 2), total);
    };
    const gathered = given ?? (await this.#gather({ signal, onProgress: tell }));
    const { count, folder } = gathered;
    try {
      const older = await snapshotsIn(this.#folder);
      if (count < limits.snapshotFrom) await this.#replace(await this.#openGathered(gathered));
      else {
        const half = (done: number): void => onProgress?.(Math.floor((count + done) / 2), count);
        const { dimension, spaceId } = this.ref;
        const built = await buildSnapshot(
          { ...gathered, dimension, spaceId, library: this.#shared.library && !this.#libraryFailed },
          { shared: this.#shared, signal, onProgress: half },
        );
        if (built.libraryFailed) this.#libraryFailed = true;
        const snapshot = await nameSnapshot(this.#folder, gathered);
        const answer = await this.#ask({ snapshot, check: false });
        if ('unreadable' in answer) throw new Error(answer.unreadable);
        await this.#replace(answer);
      }
      await Promise.all(older.map(remove));
      onProgress?.(count, count);
    } finally {
      await remove(folder);
    }
  }

  /** Puts a new index in the place of the present one as soon as it has caught up with it. */
  async #replace(next: Opened): Promise<void> {
    for (let current; (current = this.#current()) && next.stats.revision < current.stats.revision;)
      if (!(await this.follow(next))) {
        this.#retire(next);
        throw new Error('changes are no longer listed');
      }
    this.#install(next);
  }

  /** Forgets an index, and the snapshots that cannot follow either. */
  async #discard(opened: Opened): Promise<void> {
    if (this.#opened === opened) this.evict();
    await Promise.all((await snapshotsIn(this.#folder)).map(remove));
  }

  #retire(opened: Opened): void {
    opened.retired = true;
    this.#close(opened);
  }

  #release(opened: Opened): void {
    opened.uses -= 1;
    this.#close(opened);
  }

  #close({ handle, generation, retired, uses }: Opened): void {
    // A host that has ended has closed it already.
    if (retired && uses === 0 && generation === this.#shared.host.generation)
      this.#shared.host.call('close', { handle }, { generation }).catch(() => undefined);
  }
}
