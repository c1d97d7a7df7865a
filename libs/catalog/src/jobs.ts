import {
  invalidFields,
  JOB_STATES,
  JobQuery,
  type Job,
  type JobKind,
  type JobPage,
  type JobProgress,
  type JobState,
  type Problem,
  type Task,
} from '@fovea/contracts';
import type pg from 'pg';
import type { z } from 'zod';
import type { BlobFiles } from './blob-files.ts';
import type { Blobs } from './blobs.ts';
import { decodeCursor, isUuid, pageOf, placed } from './cursor.ts';
import type { Database } from './database.ts';
import { guarded } from './failures.ts';
import { checkOwner } from './record.ts';
import { cleanText } from './search-rows.ts';
import { OR_TOUCH_BLOB } from './touch-blobs.ts';

interface JobRow {
  readonly id: string;
  readonly owner: string;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly kind: JobKind;
  readonly task: Task;
  readonly state: JobState;
  readonly attempts: number;
  readonly request: Record<string, unknown>;
  readonly progress: JobProgress | null;
  readonly result: Job['result'];
  readonly error: Problem | null;
}

/** A job to be kept. */
export interface JobRecord {
  readonly id: string;
  readonly owner: string;
  readonly kind: JobKind;
  readonly task: Task;
  readonly request: Readonly<Record<string, unknown>>;
  /** Hashes that the owner gave to `blobs.put` within the hour, or may read. */
  readonly blobs: readonly string[];
}

/** How a job ends. `dropBlobs` takes back its references to the inputs. */
export type JobEnding = { readonly dropBlobs?: boolean } & (
  | { readonly state: 'completed'; readonly result: unknown }
  | { readonly state: 'failed'; readonly error: Problem }
);

/** Results that are longer than this are left out of lists. */
const LISTED_RESULT_BYTES = 64 * 1024;

/**
 * Jobs: what users see of them, and what a restart goes on with. Users name the owner, and see nobody else's; the
 * worker names the attempt (`attempts` of {@link begin}), and changes nothing once another attempt has begun.
 */
export class Jobs {
  readonly #database: Database;
  readonly #files: BlobFiles;
  readonly #blobs: Blobs;

  constructor(database: Database, files: BlobFiles, blobs: Blobs) {
    this.#database = database;
    this.#files = files;
    this.#blobs = blobs;
  }

  /**
   * Keeps a job and what refers to its inputs in one commit.
   * @returns null where the id is taken
   * @throws NOT_FOUND for a blob that the owner may not read; CATALOG_UNAVAILABLE
   */
  async add({ id, owner, kind, task, request, blobs }: JobRecord): Promise<Job | null> {
    checkOwner(owner);
    const hashes = [...new Set(blobs)];
    const holds = hashes.map((sha256) => this.#files.hold(sha256));
    try {
      const known = [...(await this.#blobs.readable(owner, hashes)).values()];
      const rows = await this.#query(ADD, [
        id,
        owner,
        kind,
        task,
        JSON.stringify(request),
        hashes,
        known.map(({ bytes }) => bytes),
        known.map(({ mime }) => cleanText(mime)),
      ]);
      return firstJob(rows);
    } finally {
      for (const release of holds) release();
    }
  }

  async get(owner: string, id: string): Promise<Job | null> {
    if (!isUuid(id)) return null;
    return firstJob(await this.#query('SELECT * FROM jobs WHERE id = $1 AND owner = $2', [id, owner]));
  }

  /**
   * One page, newest first; results longer than 64 KiB are left out (null).
   * @throws INVALID_PARAMETER for a filter or a cursor that is not one; CATALOG_UNAVAILABLE
   */
  async list(owner: string, query: Partial<z.input<typeof JobQuery>> = {}): Promise<JobPage> {
    const parsed = JobQuery.safeParse(query);
    if (!parsed.success) throw invalidFields(parsed.error);
    const { state, task, kind, limit, cursor } = parsed.data;
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const rows = await this.#query(
      `SELECT id, owner, created_at, started_at, finished_at, kind, task, state, attempts, request, progress, error,
              CASE WHEN octet_length(result::text) <= ${LISTED_RESULT_BYTES} THEN result END AS result
       FROM jobs
       WHERE owner = $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR task = $3)
         AND ($4::text IS NULL OR kind = $4)
         AND ($5::timestamptz IS NULL OR (created_at, id) < ($5::timestamptz, $6::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $7`,
      [owner, state, task, kind, after?.createdAt.toISOString(), after?.id, limit + 1],
    );
    return pageOf(rows.map(placed), limit, toJob);
  }

  /** The job becomes active; null where it has ended or is gone. */
  async begin(id: string): Promise<{ owner: string; job: Job } | null> {
    const [row] = await this.#query(
      `UPDATE jobs SET state = 'active', attempts = attempts + 1, started_at = coalesce(started_at, now())
       WHERE id = $1 AND state IN ('queued', 'active') RETURNING *`,
      [id],
    );
    return row ? { owner: row.owner, job: toJob(row) } : null;
  }

  /** False where another attempt has the job, or it has ended. */
  async saveProgress(id: string, attempt: number, progress: JobProgress): Promise<boolean> {
    const rows = await this.#query(
      `UPDATE jobs SET progress = $3 WHERE id = $1 AND attempts = $2 AND state = 'active' RETURNING *`,
      [id, attempt, JSON.stringify(progress)],
    );
    return rows.length > 0;
  }

  /** Ends a job; the steps of a completed one go with it. Null where another attempt has the job, or it has ended. */
  async settle(id: string, attempt: number, end: JobEnding): Promise<Job | null> {
    const result = end.state === 'completed' ? JSON.stringify(end.result ?? null) : null;
    const error = end.state === 'failed' ? JSON.stringify(end.error) : null;
    return firstJob(
      await this.#query(
        `WITH ended AS (
           UPDATE jobs SET state = $3, result = $4::json, error = $5::json, finished_at = now()
           WHERE id = $1 AND attempts = $2 AND state IN ('queued', 'active') RETURNING *
         ), steps AS (
           DELETE FROM job_steps WHERE $3 = 'completed' AND job_id IN (SELECT id FROM ended)
         ), dropped AS (
           DELETE FROM blob_references WHERE $6 AND job_id IN (SELECT id FROM ended)
         )
         SELECT * FROM ended`,
        [id, attempt, end.state, result, error, end.dropBlobs ?? false],
      ),
    );
  }

  /** Back into the queue, with its steps: the server stops. */
  async release(id: string, attempt: number): Promise<boolean> {
    const rows = await this.#query(
      `UPDATE jobs SET state = 'queued' WHERE id = $1 AND attempts = $2 AND state = 'active' RETURNING *`,
      [id, attempt],
    );
    return rows.length > 0;
  }

  /** Null where it has ended, or is not the owner's. */
  async cancel(owner: string, id: string, options: { dropBlobs: boolean }): Promise<Job | null> {
    if (!isUuid(id)) return null;
    return firstJob(
      await this.#query(
        `WITH ended AS (
           UPDATE jobs SET state = 'cancelled', finished_at = now()
           WHERE owner = $1 AND id = $2 AND state IN ('queued', 'active') RETURNING *
         ), dropped AS (
           DELETE FROM blob_references WHERE $3 AND job_id IN (SELECT id FROM ended)
         )
         SELECT * FROM ended`,
        [owner, id, options.dropBlobs],
      ),
    );
  }

  /** A failed or cancelled job is queued again; null where it is neither. */
  async requeue(owner: string, id: string): Promise<Job | null> {
    if (!isUuid(id)) return null;
    return firstJob(
      await this.#query(
        `UPDATE jobs SET state = 'queued', error = NULL, finished_at = NULL
         WHERE owner = $1 AND id = $2 AND state IN ('failed', 'cancelled') RETURNING *`,
        [owner, id],
      ),
    );
  }

  /** Removes a job that has ended; what it recorded stays. */
  async delete(owner: string, id: string): Promise<boolean> {
    if (!isUuid(id)) return false;
    const rows = await this.#query(
      'DELETE FROM jobs WHERE owner = $1 AND id = $2 AND finished_at IS NOT NULL RETURNING *',
      [owner, id],
    );
    return rows.length > 0;
  }

  async find(ids: readonly string[]): Promise<Job[]> {
    return (await this.#query('SELECT * FROM jobs WHERE id = ANY ($1::uuid[])', [ids])).map(toJob);
  }

  /** Every job that is queued or active, oldest first. */
  async open(): Promise<{ id: string; attempts: number }[]> {
    const rows = await this.#query(
      `SELECT id, attempts FROM jobs WHERE state IN ('queued', 'active') ORDER BY created_at, id`,
    );
    return rows.map(({ id, attempts }) => ({ id, attempts }));
  }

  /** How many there are of each state. */
  async counts(): Promise<Record<JobState, number>> {
    const rows = await this.#query<{ state: JobState; count: number }>(
      'SELECT state, count(*)::int AS count FROM jobs GROUP BY state',
    );
    const counts = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
    for (const { state, count } of rows) counts[state] = count;
    return counts;
  }

  async steps(id: string): Promise<Map<string, unknown>> {
    const rows = await this.#query<{ key: string; value: unknown }>(
      'SELECT key, value FROM job_steps WHERE job_id = $1',
      [id],
    );
    return new Map(rows.map(({ key, value }) => [key, value]));
  }

  /** The same key again replaces. */
  async putSteps(id: string, steps: readonly (readonly [key: string, value: unknown])[]): Promise<void> {
    // A job that was removed meanwhile has no steps any more.
    await this.#query(
      `INSERT INTO job_steps (job_id, key, value)
       SELECT j.id, s.key, s.value FROM jobs j, unnest($2::text[], $3::json[]) AS s(key, value) WHERE j.id = $1
       ON CONFLICT (job_id, key) DO UPDATE SET value = excluded.value`,
      [id, steps.map(([key]) => key), steps.map(([, value]) => JSON.stringify(value ?? null))],
    );
  }

  #query<R extends pg.QueryResultRow = JobRow>(text: string, values: unknown[] = []): Promise<R[]> {
    return guarded(async () => (await this.#database.pool.query<R>(text, values)).rows);
  }
}

const ADD = `WITH new_job AS (
  INSERT INTO jobs (id, owner, created_at, kind, task, state, request)
  VALUES ($1, $2, now(), $3, $4, 'queued', $5)
  ON CONFLICT (id) DO NOTHING
  RETURNING *
), given AS (
  SELECT sha256, bytes, mime FROM unnest($6::text[], $7::bigint[], $8::text[]) AS t(sha256, bytes, mime) ORDER BY sha256
), new_blobs AS (
  INSERT INTO blobs (sha256, bytes) SELECT sha256, bytes FROM given
  ${OR_TOUCH_BLOB}
), new_references AS (
  INSERT INTO blob_references (owner, sha256, kind, mime, job_id, created_at)
  SELECT j.owner, g.sha256, 'job', g.mime, j.id, j.created_at FROM new_job j CROSS JOIN given g
)
SELECT * FROM new_job`;

const firstJob = ([row]: readonly JobRow[]): Job | null => (row ? toJob(row) : null);

function toJob(row: JobRow): Job {
  const self = `/v1/jobs/${row.id}`;
  return {
    id: row.id,
    kind: row.kind,
    task: row.task,
    state: row.state,
    progress: row.progress,
    result: row.result,
    error: row.error,
    attempts: row.attempts,
    createdAt: row.created_at.toISOString(),
    startedAt: row.started_at?.toISOString() ?? null,
    finishedAt: row.finished_at?.toISOString() ?? null,
    request: row.request,
    links: { self, events: `${self}/events` },
  };
}
