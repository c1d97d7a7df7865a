import { PrismaPg } from '@prisma/adapter-pg';
import { VisionError } from '@fovea/contracts';
import pg from 'pg';
import { asCatalogError, guarded } from './failures.ts';
import { PrismaClient } from './generated/client.ts';
import type { Log } from './log.ts';
import { applyMigrations, migrationsFolder, readMigrations } from './migrations.ts';

const POOL_SIZE = 10;
const CONNECT_MS = 3_000;
/** A server that vanished without a word (cable, frozen machine) is noticed by then. */
const QUERY_MS = 10_000;
/** Retention and collection look at everything. */
const MAINTENANCE_MS = 300_000;
const PING_MS = 2_000;

/** One pool of connections; Prisma and the hand-written statements share it. */
export class Database {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;

  constructor(options: { url: () => string; log: Log }) {
    this.pool = new pg.Pool({
      ...connectionConfig(options.url()),
      max: POOL_SIZE,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: QUERY_MS,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      application_name: 'fovea',
    });
    // An idle connection that the server ends: the next query gets a new one.
    this.pool.on('error', (error) => {
      // While we close, the server may be quicker than our farewell.
      if (!this.pool.ending) options.log.warn(`catalog: a connection was lost: ${error.message}`);
    });
    this.prisma = new PrismaClient({ adapter: new PrismaPg(this.pool) });
  }

  /** New connections go to this address (an embedded Postgres that came back on another port). */
  moveTo(url: string): void {
    Object.assign(this.pool.options, connectionConfig(url));
  }

  /** @throws CATALOG_UNAVAILABLE within a few seconds */
  async ping(): Promise<void> {
    await guarded(async () => {
      const query = { text: 'SELECT 1', query_timeout: PING_MS };
      await this.pool.query(query);
    });
  }

  /** A statement that may take minutes. */
  async maintain<R extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<pg.QueryResult<R>> {
    const query = { text, values: [...values], query_timeout: MAINTENANCE_MS };
    return await this.pool.query<R>(query);
  }

  /** A connection of its own, for what reads for long; the caller ends it. */
  async connect(): Promise<pg.Client> {
    const { connectionString } = this.pool.options;
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: MAINTENANCE_MS,
      application_name: 'fovea-reader',
    });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    await this.prisma.$disconnect();
    if (!this.pool.ended) await this.pool.end();
  }
}

const connectionConfig = (url: string): pg.PoolConfig => ({ connectionString: url });

/**
 * Brings the database at an address to the newest migration, on a connection of its own: nothing ends it early.
 * @throws CATALOG_UNAVAILABLE
 */
export async function migrateDatabase(url: string, log: Log): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'fovea-migrate',
  });
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw unreachable(error);
  }
  try {
    await guarded(() => applyMigrations(client, { migrations: readMigrations(migrationsFolder()), log }));
  } finally {
    await client.end().catch(() => {});
  }
}

function unreachable(error: unknown): unknown {
  const failure = asCatalogError(error);
  if (!(failure instanceof VisionError)) return failure;
  return new VisionError('CATALOG_UNAVAILABLE', failure.message, {
    cause: error,
    hint: 'Check DATABASE_URL and that its Postgres runs; without DATABASE_URL an embedded Postgres is used.',
  });
}
