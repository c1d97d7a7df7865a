import { EmbeddedPostgres, findBinaries, migrateDatabase, silentLog } from '@fovea/catalog/internal';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Why no Postgres can run here, or null. Specs skip on it, and say so. */
export const postgresMissing: string | null = (() => {
  try {
    findBinaries();
    return null;
  } catch (error) {
    const reason = (error as Error).message;
    console.warn(`\n*** Every test of the catalog is SKIPPED: ${reason} ***\n`);
    return reason;
  }
})();

/** A real Postgres of its own, whose databases are copies of one that was migrated once. */
export interface TestPostgres {
  readonly url: string;
  /** A new database with all migrations, and nothing in it. */
  freshDatabase(): Promise<string>;
  /** A new database with nothing at all. */
  emptyDatabase(): Promise<string>;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<TestPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), 'fovea-postgres-'));
  const server = await EmbeddedPostgres.start({ dataDir, log: silentLog });
  const databaseUrl = (name: string) => server.url.replace(/\/[^/]*$/, `/${name}`);
  const create = async (template: string) => {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    await query(server.url, `CREATE DATABASE ${name} TEMPLATE ${template}`);
    return databaseUrl(name);
  };
  // Nothing here must survive a power cut, and copies of databases are mostly syncs. (Durability has specs of its own.)
  for (const statement of ['ALTER SYSTEM SET fsync = off', 'SELECT pg_reload_conf()'])
    await query(server.url, statement);
  await query(server.url, 'CREATE DATABASE migrated');
  await migrateDatabase(databaseUrl('migrated'), silentLog);
  return {
    url: server.url,
    freshDatabase: () => create('migrated'),
    emptyDatabase: () => create('template0'),
    stop: async () => {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** One statement on a connection of its own. */
export async function query<R extends pg.QueryResultRow = Record<string, unknown>>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}
