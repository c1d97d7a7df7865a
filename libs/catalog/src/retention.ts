import type { Database } from './database.ts';

const BATCH = 500;
const DAY_MS = 24 * 60 * 60 * 1000;
/** How long an answer of a collection (a map of a match) can be read: its page is closed by then. */
const ANSWER_DAYS = 1;
/** How long an index may have been away to follow what was removed; after that it is made anew. */
const REMOVED_DAYS = 30;

export interface KeepOptions {
  /** Runs, uploads and finished jobs older than this are deleted. 0 or undefined = for ever. */
  readonly days?: number;
  /** The most bytes of blobs that neither a collection nor an evaluation holds; what holds the oldest is deleted first. 0 or undefined = no limit. */
  readonly bytes?: number;
}

export interface Expired {
  readonly removedRuns: number;
  readonly removedUploads: number;
  readonly removedJobs: number;
}

/** Deletes what is too old or too much; the blobs go with the collection that follows. */
export async function expireRuns(database: Database, keep: KeepOptions): Promise<Expired> {
  let removedRuns = 0;
  let removedUploads = 0;
  let removedJobs = 0;
  if (keep.days) {
    const before = new Date(Date.now() - keep.days * DAY_MS);
    removedRuns += await deleteInBatches(
      database,
      'DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE created_at < $1 ORDER BY created_at LIMIT $2)',
      before,
    );
    removedUploads += await deleteInBatches(database, UPLOADS.replace('<=', '<'), before);
    removedJobs += await deleteInBatches(
      database,
      'DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE finished_at < $1 LIMIT $2)',
      before,
    );
  }
  const limit = keep.bytes ? await overflowEnd(database, keep.bytes) : null;
  if (limit) {
    removedRuns += await deleteInBatches(
      database,
      `DELETE FROM runs WHERE id IN (
         SELECT run_id FROM blob_references WHERE run_id IS NOT NULL AND created_at <= $1 ORDER BY created_at LIMIT $2)`,
      limit,
    );
    removedUploads += await deleteInBatches(database, UPLOADS, limit);
    await deleteInBatches(database, ANSWERS, limit);
    removedJobs += await deleteInBatches(
      database,
      `DELETE FROM jobs WHERE id IN (
         SELECT j.id FROM jobs j JOIN blob_references r ON r.job_id = j.id
         WHERE j.finished_at IS NOT NULL AND r.created_at <= $1 LIMIT $2)`,
      limit,
    );
  }
  await pruneRemovals(database);
  return { removedRuns, removedUploads, removedJobs };
}

/** Answers of collections whose day is over. */
export const expireAnswers = (database: Database): Promise<number> =>
  deleteInBatches(database, ANSWERS, new Date(Date.now() - ANSWER_DAYS * DAY_MS));

/**
 * Forgets what was removed from collections long ago. A reader that is behind is told to read everything, from the same
 * commit on.
 */
async function pruneRemovals(database: Database): Promise<void> {
  const before = new Date(Date.now() - REMOVED_DAYS * DAY_MS);
  const { rows } = await database.maintain<{ id: string }>(
    'SELECT DISTINCT collection_id AS id FROM removed_items WHERE removed_at < $1',
    [before],
  );
  for (const { id } of rows)
    await database.maintain(
      `WITH locked AS MATERIALIZED (
         SELECT id FROM collections WHERE id = $1 FOR UPDATE
       ), gone AS (
         DELETE FROM removed_items WHERE collection_id IN (SELECT id FROM locked) AND removed_at < $2 RETURNING revision
       )
       UPDATE collections SET pruned_to = greatest(pruned_to, (SELECT max(revision) FROM gone))
       WHERE id = $1 AND EXISTS (SELECT 1 FROM gone)`,
      [id, before],
    );
}

const UPLOADS = `DELETE FROM blob_references WHERE id IN (
  SELECT id FROM blob_references WHERE kind = 'upload' AND created_at <= $1 LIMIT $2)`;

// Nothing else refers to a collection: the index on collection_id finds them.
const ANSWERS = `DELETE FROM blob_references WHERE id IN (
  SELECT id FROM blob_references WHERE collection_id IS NOT NULL AND created_at <= $1 LIMIT $2)`;

/**
 * The moment up to which everything must go so that the rest fits. What evaluations and collections hold stays
 * with them and does not count: no run has to go for it. A blob goes when the newest that refers to it goes:
 * blobs are counted from the newest back, and the first that does not fit any more marks the moment.
 */
async function overflowEnd(database: Database, bytes: number): Promise<Date | null> {
  const { rows } = await database.maintain<{ at: Date | null }>(
    `WITH last_use AS (
       SELECT b.sha256, b.bytes, max(r.created_at) AS at
       FROM blobs b JOIN blob_references r USING (sha256)
       GROUP BY b.sha256, b.bytes
       HAVING count(r.evaluation_id) = 0 AND count(r.item_id) = 0
     ), counted AS (
       SELECT at, sum(bytes) OVER (ORDER BY at DESC) AS total FROM last_use
     )
     SELECT max(at) AS at FROM counted WHERE total > $1`,
    [bytes],
  );
  return rows[0]?.at ?? null;
}

async function deleteInBatches(database: Database, text: string, moment: Date): Promise<number> {
  let removed = 0;
  for (;;) {
    const { rowCount } = await database.maintain(text, [moment, BATCH]);
    removed += rowCount ?? 0;
    if (!rowCount) return removed;
  }
}
