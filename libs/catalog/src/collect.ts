import type { BlobFiles } from './blob-files.ts';
import type { Database } from './database.ts';

/** Time between the writing of a blob and the commit that refers to it. */
export const GRACE_MS = 60 * 60 * 1000;
const BATCH = 500;
/** foreign_key_violation and restrict_violation: Postgres 18 names them apart. */
const STILL_REFERENCED = new Set(['23503', '23001']);

export interface Collected {
  readonly removedBlobs: number;
  readonly bytes: number;
}

/**
 * Removes blobs that nothing refers to, and files that the database does not know: what a crash left.
 * A blob that was put within the grace period stays: its run may be about to be recorded.
 */
export async function collectBlobs(
  database: Database,
  files: BlobFiles,
  graceMs: number = GRACE_MS,
): Promise<Collected> {
  let removedBlobs = 0;
  let bytes = 0;
  const removeFile = async (sha256: string) => {
    // A run may have been recorded with it since the database was asked.
    const isKnown = () =>
      database
        .maintain('SELECT 1 FROM blobs WHERE sha256 = $1', [sha256])
        .then(({ rows }) => rows.length > 0);
    const freed = await files.remove(sha256, graceMs, isKnown);
    if (freed > 0) removedBlobs++;
    bytes += freed;
  };
  for (;;) {
    const found = await deleteUnreferenced(database, graceMs);
    for (const sha256 of found) await removeFile(sha256);
    if (found.length < BATCH) break;
  }
  for await (const hashes of files.hashes()) {
    const known = await database.maintain<{ sha256: string }>(
      'SELECT sha256 FROM blobs WHERE sha256 = ANY ($1)',
      [hashes],
    );
    const rows = new Set(known.rows.map((row) => row.sha256));
    for (const sha256 of hashes) if (!rows.has(sha256)) await removeFile(sha256);
  }
  await files.removeDrafts(graceMs);
  return { removedBlobs, bytes };
}

/** The row first, then the file: a crash in between leaves a file without a row, which the next collection removes. */
async function deleteUnreferenced(database: Database, graceMs: number): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    try {
      const { rows } = await database.maintain<{ sha256: string }>(
        `DELETE FROM blobs b
         WHERE b.touched_at <= now() - make_interval(secs => $1::float8 / 1000)
           AND b.sha256 IN (
             SELECT x.sha256 FROM blobs x
             WHERE x.touched_at <= now() - make_interval(secs => $1::float8 / 1000)
               AND NOT EXISTS (SELECT 1 FROM blob_references r WHERE r.sha256 = x.sha256)
             LIMIT $2)
         RETURNING b.sha256`,
        [graceMs, BATCH],
      );
      return rows.map((row) => row.sha256);
    } catch (error) {
      // A run referred to one of them at this very moment: look again.
      if (!STILL_REFERENCED.has((error as { code?: string }).code ?? '') || attempt >= 5) throw error;
    }
  }
}
