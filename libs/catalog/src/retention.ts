import type { Database } from './database.ts';

const BATCH = 500;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface KeepOptions {
  /** Runs, uploads and finished jobs older than this are deleted. 0 or undefined = for ever. */
  readonly days?: number;
  /** The most bytes of blobs; what holds the oldest is deleted first. 0 or undefined = no limit. */
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
    removedJobs += await deleteInBatches(
      database,
      `DELETE FROM jobs WHERE id IN (
         SELECT j.id FROM jobs j JOIN blob_references r ON r.job_id = j.id
         WHERE j.finished_at IS NOT NULL AND r.created_at <= $1 LIMIT $2)`,
      limit,
    );
  }
  return { removedRuns, removedUploads, removedJobs };
}

const UPLOADS = `DELETE FROM blob_references WHERE id IN (
  SELECT id FROM blob_references WHERE kind = 'upload' AND created_at <= $1 LIMIT $2)`;

/**
 * The moment up to which everything must go so that the rest fits. What evaluations hold stays
 * with them and does not count: no run has to go for it. A blob goes when the newest that refers to it goes:
 * blobs are counted from the newest back, and the first that does not fit any more marks the moment.
 */
async function overflowEnd(database: Database, bytes: number): Promise<Date | null> {
  const { rows } = await database.maintain<{ at: Date | null }>(
    `WITH last_use AS (
       SELECT b.sha256, b.bytes, max(r.created_at) AS at
       FROM blobs b JOIN blob_references r USING (sha256)
       WHERE r.evaluation_id IS NULL GROUP BY b.sha256, b.bytes
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
