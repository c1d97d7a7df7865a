import { VisionError } from '@fovea/contracts';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type pg from 'pg';
import type { Log } from './log.ts';

export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, as Prisma's own tools write it. */
  readonly checksum: string;
}

interface AppliedMigration {
  readonly migration_name: string;
  readonly checksum: string;
  readonly finished_at: Date | null;
  readonly rolled_back_at: Date | null;
}

/** Any fixed number: whoever holds this advisory lock migrates. */
const ADVISORY_LOCK = 4_023_071_201;

// The table of Prisma's own tools, column by column, so that `prisma migrate status` understands it.
const TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  varchar(36)  PRIMARY KEY NOT NULL,
    checksum            varchar(64)  NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz  NOT NULL DEFAULT now(),
    applied_steps_count integer      NOT NULL DEFAULT 0
  )`;

/** prisma/migrations, seen from the source as from the build: the first on the way up to the root of the repository. */
export function migrationsFolder(): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, 'prisma', 'migrations');
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder))
      throw new Error(`no prisma/migrations above ${start}: the installation is not complete`);
  }
}

/** Reads a folder of migrations (`NNNN_name/migration.sql`) in their order. */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d{4}_\w+$/.test(entry.name))
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(folder, name, 'migration.sql'));
      return {
        name,
        sql: bytes.toString('utf8'),
        checksum: createHash('sha256').update(bytes).digest('hex'),
      };
    });
}

/**
 * Brings a database to the newest migration, each file in a transaction of its own, one process at a time.
 * @returns the names of those that were applied now
 * @throws CATALOG_UNAVAILABLE when an applied file has changed, the database is ahead of the code, or a file fails
 * @example await applyMigrations(client, { migrations: readMigrations(migrationsFolder()), log });
 */
export async function applyMigrations(
  client: pg.ClientBase,
  options: { migrations: readonly Migration[]; log: Log },
): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
  try {
    await client.query(TABLE);
    const { rows } = await client.query<AppliedMigration>(
      'SELECT migration_name, checksum, finished_at, rolled_back_at FROM _prisma_migrations ORDER BY started_at, migration_name',
    );
    const waiting = pendingMigrations(options.migrations, rows);
    for (const migration of waiting) {
      await applyOne(client, migration);
      options.log.info(`catalog: applied migration ${migration.name}`);
    }
    return waiting.map((migration) => migration.name);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [ADVISORY_LOCK]).catch(() => {});
  }
}

/** What is still to do, after the database and the code were found to agree on what was done. */
export function pendingMigrations(
  known: readonly Migration[],
  recorded: readonly AppliedMigration[],
): Migration[] {
  const applied = new Map(
    recorded
      .filter((row) => row.finished_at !== null && row.rolled_back_at === null)
      .map((row) => [row.migration_name, row.checksum]),
  );
  const names = new Set(known.map((migration) => migration.name));
  const unknown = [...applied.keys()].filter((name) => !names.has(name));
  if (unknown.length > 0)
    throw new VisionError(
      'CATALOG_UNAVAILABLE',
      `The database is ahead of this version of Fovea: it has ${unknown.join(', ')}.`,
      {
        hint: 'Start the newer version of Fovea that made it, or point DATABASE_URL (or FOVEA_DATA) to another database.',
      },
    );
  for (const migration of known) {
    const checksum = applied.get(migration.name);
    if (checksum !== undefined && checksum !== migration.checksum)
      throw new VisionError(
        'CATALOG_UNAVAILABLE',
        `Migration ${migration.name} was changed after it had been applied.`,
        {
          hint: 'Restore prisma/migrations from the release; a change of the schema is a new migration.',
        },
      );
  }
  const waiting = known.filter((migration) => !applied.has(migration.name));
  const last = known.findLastIndex((migration) => applied.has(migration.name));
  const late = waiting.find((migration) => known.indexOf(migration) < last);
  if (late)
    throw new VisionError(
      'CATALOG_UNAVAILABLE',
      `Migration ${late.name} comes before one that is applied already.`,
      {
        hint: 'Restore prisma/migrations from the release; a new migration takes the next number.',
      },
    );
  return waiting;
}

async function applyOne(client: pg.ClientBase, migration: Migration): Promise<void> {
  const startedAt = new Date();
  try {
    await client.query('BEGIN');
    await client.query(migration.sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, started_at, finished_at, migration_name, applied_steps_count)
       VALUES ($1, $2, $3, clock_timestamp(), $4, 1)`,
      [randomUUID(), migration.checksum, startedAt, migration.name],
    );
    await client.query('COMMIT');
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => {});
    throw new VisionError(
      'CATALOG_UNAVAILABLE',
      `Migration ${migration.name} failed: ${(cause as Error).message}`,
      {
        cause,
        hint: 'Nothing of it was kept. Check that the database user may create tables, then start again.',
      },
    );
  }
}
