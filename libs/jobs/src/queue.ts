import type { JobWithMetadata } from 'pg-boss';
import { PgBoss } from 'pg-boss';
import type { JobsLog } from './log.ts';

/** Statements go to the catalog's own pool: it follows an embedded Postgres that comes back elsewhere. */
export interface QueueDatabase {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** What the queue knows of a job: `lost` has ended its process too often. */
export type EntryState = 'waiting' | 'active' | 'done' | 'lost';

/** Deals jobs out, each to one worker at a time; it knows their ids and nothing else. */
export interface JobQueue {
  /** Does nothing where the job is in the queue. */
  add(id: string): Promise<void>;
  /** The job as if it had never been begun, whatever became of it. */
  renew(id: string): Promise<void>;
  /** Whoever works on it is told by the signal, within {@link HEARTBEAT_S}. */
  remove(id: string): Promise<void>;
  entries(): Promise<Map<string, EntryState>>;
  /**
   * Begins to deal out.
   * @param options.exclusive nobody else can be working: what was begun and not ended is dealt out again at once
   * @param work the signal fires when the job was taken away from this worker
   */
  start(
    options: { concurrency: number; exclusive: boolean },
    work: (id: string, signal: AbortSignal) => Promise<void>,
  ): Promise<void>;
  /** Deals out no more; what runs goes on. */
  pause(): void;
  /** Waits for what runs, then lets go of the database. */
  close(): Promise<void>;
}

const SCHEMA = 'fovea_jobs';
const QUEUE = 'jobs';
/** How often a job may end the process that works on it. */
export const MAX_CRASHES = 3;
/** A worker that was silent for so long is dead. */
const HEARTBEAT_S = 60;
const REFRESH_S = 15;
const SUPERVISE_S = 15;
/** New jobs of this process are taken at once; those of others when it asks. */
const POLL_S = 1;
/** pg-boss allows no more for one attempt. */
const DAY_S = 24 * 60 * 60;
const MAX_ENTRIES = 100_000;
const CLOSE_MS = 10_000;

const STATES: Readonly<Record<JobWithMetadata['state'], EntryState>> = {
  created: 'waiting',
  retry: 'waiting',
  active: 'active',
  completed: 'done',
  cancelled: 'done',
  failed: 'lost',
};

/** The queue in Postgres, by pg-boss, in a schema of its own. */
export class PostgresQueue implements JobQueue {
  readonly #database: QueueDatabase;
  readonly #log: JobsLog;
  #opening: Promise<PgBoss> | undefined;
  #workers: string[] = [];

  constructor(options: { database: QueueDatabase; log: JobsLog }) {
    this.#database = options.database;
    this.#log = options.log;
  }

  async add(id: string): Promise<void> {
    const boss = await this.#boss();
    await boss.send(QUEUE, null, { id });
    for (const worker of this.#workers) boss.notifyWorker(worker);
  }

  async renew(id: string): Promise<void> {
    await this.remove(id);
    await this.add(id);
  }

  async remove(id: string): Promise<void> {
    await (await this.#boss()).deleteJob(QUEUE, id);
  }

  async entries(): Promise<Map<string, EntryState>> {
    const found = await (await this.#boss()).findJobs(QUEUE, { limit: MAX_ENTRIES });
    return new Map(found.map(({ id, state }) => [id, STATES[state]]));
  }

  async start(
    options: { concurrency: number; exclusive: boolean },
    work: (id: string, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const boss = await this.#boss();
    if (options.exclusive) {
      const orphans = [...(await this.entries())].filter(([, state]) => state === 'active').map(([id]) => id);
      if (orphans.length > 0) await boss.fail(QUEUE, orphans, { message: 'the process ended' });
    }
    for (let n = 0; n < options.concurrency; n++)
      this.#workers.push(
        // One each, not localConcurrency: only the first of those could be woken.
        await boss.work(
          QUEUE,
          { pollingIntervalSeconds: POLL_S, heartbeatRefreshSeconds: REFRESH_S },
          async ([job]) => {
            if (job) await work(job.id, job.signal);
          },
        ),
      );
  }

  pause(): void {
    const workers = this.#workers.splice(0);
    void this.#opening?.then((boss) =>
      Promise.all(workers.map((id) => boss.offWork(QUEUE, { id, wait: false }))),
    );
  }

  async close(): Promise<void> {
    const boss = await this.#opening?.catch(() => undefined);
    await boss?.stop({ graceful: true, timeout: CLOSE_MS });
  }

  #boss(): Promise<PgBoss> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined; // the next call tries again
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<PgBoss> {
    const boss = new PgBoss({
      db: this.#database,
      schema: SCHEMA,
      schedule: false,
      superviseIntervalSeconds: SUPERVISE_S,
      monitorIntervalSeconds: SUPERVISE_S,
      reindex: false,
      monitorVacuum: false,
      registerInstance: false,
      openTelemetry: { enabled: false },
    });
    // Postgres restarts: pg-boss says so here and asks again by itself.
    boss.on('error', (error) => this.#log.warn(`jobs: ${error.message}`));
    await boss.start();
    await boss.createQueue(QUEUE, {
      retryLimit: MAX_CRASHES - 1,
      retryDelay: 0,
      heartbeatSeconds: HEARTBEAT_S,
      expireInSeconds: DAY_S,
      retentionSeconds: 365 * DAY_S,
      deleteAfterSeconds: 60 * 60,
    });
    return boss;
  }
}
