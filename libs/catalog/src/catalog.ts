import type { CollectionStore } from '@fovea/application';
import { VisionError, type RunEnvelope, type RunPage, type RunQuery } from '@fovea/contracts';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { BlobFiles } from './blob-files.ts';
import { Blobs } from './blobs.ts';
import { openCollections } from './collections/collections.ts';
import { collectBlobs, type Collected } from './collect.ts';
import { heldDataLock, lockDataFolder } from './data-lock.ts';
import { Database, migrateDatabase } from './database.ts';
import { Evaluations } from './evaluations.ts';
import { guarded } from './failures.ts';
import { Idempotency } from './idempotency.ts';
import { Jobs } from './jobs.ts';
import { silentLog, type Log } from './log.ts';
import { EmbeddedPostgres } from './postgres/server.ts';
import { prepareRecord, type BlobUse, type PreparedRecord, type RunRecord } from './record.ts';
import { recordStatement } from './record-statement.ts';
import { Recorder } from './recorder.ts';
import { expireAnswers, expireRuns, type Expired, type KeepOptions } from './retention.ts';
import type { RunFilter } from './run-query.ts';
import { RunPictures } from './run-pictures.ts';
import { Runs } from './runs.ts';
import { resultBlobs } from './search-rows.ts';

export interface CatalogOptions {
  readonly dataDir: string;
  /** Default: an embedded Postgres in the data folder. */
  readonly databaseUrl?: string;
  readonly log?: Log;
  readonly keep?: KeepOptions & {
    /** Default true. False keeps the hashes of inputs, not their bytes. */
    readonly inputs?: boolean;
  };
}

export interface CatalogStats {
  readonly runs: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly collections: number;
  /** Of all collections together. */
  readonly items: number;
}

/** Everything that Fovea remembers: runs in Postgres, blobs on the disk beside it. */
export interface Catalog {
  /** With its password. */
  readonly databaseUrl: string;
  /** True where the Postgres is our own. */
  readonly embedded: boolean;
  /** False where only hashes of inputs are kept (`keep.inputs`). */
  readonly keepsInputs: boolean;
  /** @throws CATALOG_UNAVAILABLE within a few seconds */
  ping(): Promise<void>;
  readonly runs: {
    /**
     * Settles after the commit; its blobs are on the disk before. Calls that come together are committed together.
     * @throws CATALOG_UNAVAILABLE, STORAGE_FULL, CONFLICT (the id is taken)
     */
    record(record: RunRecord): Promise<void>;
    get(owner: string, id: string): Promise<RunEnvelope | null>;
    list(owner: string, query?: Partial<z.input<typeof RunQuery>>): Promise<RunPage>;
    stream(owner: string, filter?: RunFilter): AsyncIterable<RunEnvelope>;
    delete(owner: string, id: string): Promise<boolean>;
  } & Pick<RunPictures, keyof RunPictures>;
  readonly evaluations: Pick<Evaluations, 'record' | 'get' | 'list' | 'delete'>;
  readonly jobs: Jobs;
  readonly collections: CollectionStore;
  /** The connections, for the tables of the job queue alone: it keeps them in a schema of its own. */
  readonly queue: { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> };
  readonly idempotency: Pick<Idempotency, 'begin' | 'complete' | 'release'>;
  readonly blobs: Pick<Blobs, 'put' | 'putAnswer' | 'get' | 'open' | 'forget'>;
  /**
   * Removes blobs that nothing refers to.
   * @param options.graceMs how long a blob may wait for its run, default one hour
   */
  gc(options?: { graceMs?: number }): Promise<Collected>;
  /** Deletes what `keep` does not keep, then collects. */
  retention(): Promise<Expired & Collected>;
  stats(): Promise<CatalogStats>;
  /** Commits what waits, then closes; an embedded Postgres is stopped cleanly. */
  close(): Promise<void>;
}

/**
 * Opens the catalog of a data folder: starts or adopts the embedded Postgres, applies migrations.
 * Takes the folder's lock unless this process holds it already.
 * @throws CONFLICT when another process owns the folder; CATALOG_UNAVAILABLE; STORAGE_FULL
 * @example
 * const catalog = await openCatalog({ dataDir: '.fovea' });
 * await catalog.runs.record({ owner: 'local', envelope, inputs: [] });
 * const { items } = await catalog.runs.list('local', { label: 'tabby', minScore: 0.5 });
 */
export async function openCatalog(options: CatalogOptions): Promise<Catalog> {
  const log = options.log ?? silentLog;
  const ownLock = heldDataLock(options.dataDir) ? undefined : lockDataFolder(options.dataDir);
  let server: EmbeddedPostgres | undefined;
  let database: Database | undefined;
  try {
    const files = new BlobFiles(resolve(options.dataDir));
    if (options.databaseUrl === undefined)
      server = await EmbeddedPostgres.start({ dataDir: resolve(options.dataDir), log });
    const url = () => server?.url ?? options.databaseUrl ?? '';
    database = new Database({ url, log });
    const opened = database;
    server?.onReturn(() => opened.moveTo(url()));
    await migrateDatabase(url(), log);
    // Compiles Prisma's query compiler (0.1 s of this thread) now, not in the first request.
    await guarded(() => opened.prisma.$connect());
    return await buildCatalog({ options, database, files, server, release: () => ownLock?.release() });
  } catch (error) {
    await database?.close().catch(() => {});
    await server?.stop();
    ownLock?.release();
    throw error;
  }
}

interface Parts {
  readonly options: CatalogOptions;
  readonly database: Database;
  readonly files: BlobFiles;
  readonly server: EmbeddedPostgres | undefined;
  readonly release: () => void;
}

async function buildCatalog({ options, database, files, server, release }: Parts): Promise<Catalog> {
  const runs = new Runs(database);
  const pictures = new RunPictures(database);
  const blobs = new Blobs(database, files);
  const idempotency = new Idempotency(database);
  if (server) await idempotency.endLeases();
  const keepsInputs = options.keep?.inputs ?? true;
  const recorder = new Recorder({
    insert: async (batch) => void (await database.pool.query(recordStatement(batch, idempotency.holder))),
    committed: (batch) => committedRuns(database, batch),
  });
  let closing: Promise<void> | undefined;
  /** What close waits for. */
  const recording = new Set<Promise<void>>();

  const recordNow = async (given: RunRecord): Promise<void> => {
    const holds = namedBlobs(given).map((sha256) => files.hold(sha256));
    try {
      const uses = await storeBlobs(given, { files, blobs, keepsInputs });
      await recorder.add(prepareRecord(given, uses));
    } finally {
      for (const release of holds) release();
    }
    if (given.idempotencyKey && (given.idempotencyKey.done ?? true))
      idempotency.ended(given.owner, given.idempotencyKey.key);
  };
  const record = async (given: RunRecord): Promise<void> => {
    if (closing) throw new VisionError('CATALOG_UNAVAILABLE', 'The catalog is being closed.');
    const done = recordNow(given);
    recording.add(done);
    await done.finally(() => recording.delete(done));
  };
  const gc = (collect: { graceMs?: number } = {}) =>
    guarded(async () => {
      await idempotency.removeExpired();
      await expireAnswers(database);
      return await collectBlobs(database, files, collect.graceMs);
    });
  const close = async () => {
    await Promise.allSettled(recording);
    idempotency.close();
    await database.close();
    await server?.stop();
    release();
  };
  return {
    get databaseUrl() {
      return server?.url ?? options.databaseUrl ?? '';
    },
    embedded: server !== undefined,
    keepsInputs,
    ping: () => database.ping(),
    runs: {
      record,
      get: (owner, id) => runs.get(owner, id),
      list: (owner, query) => runs.list(owner, query),
      stream: (owner, filter) => runs.stream(owner, filter),
      delete: (owner, id) => runs.delete(owner, id),
      byInputs: (owner, sha256s, query) => pictures.byInputs(owner, sha256s, query),
      inputPictures: (owner, query) => pictures.inputPictures(owner, query),
      picturesByWords: (owner, text, options) => pictures.picturesByWords(owner, text, options),
      altTexts: (owner, sha256s) => pictures.altTexts(owner, sha256s),
      withoutRuns: (owner, sha256s) => pictures.withoutRuns(owner, sha256s),
    },
    evaluations: new Evaluations(database, files),
    jobs: new Jobs(database, files, blobs),
    collections: openCollections({ database, files, blobs }),
    // Its migrations may take longer than a query.
    queue: { executeSql: (text, values) => database.maintain(text, values) },
    idempotency,
    blobs,
    gc,
    retention: async () => {
      const expired = await guarded(() => expireRuns(database, options.keep ?? {}));
      return { ...expired, ...(await gc()) };
    },
    stats: () => guarded(() => catalogStats(database)),
    close: () => (closing ??= close()),
  };
}

/** Every hash that the rows of a record will refer to. */
const namedBlobs = ({ inputs, attachments = [], envelope }: RunRecord): string[] => [
  ...[...inputs, ...attachments].map((blob) => blob.sha256),
  ...resultBlobs(envelope.result),
  ...(envelope.attachments ?? []).map((attachment) => attachment.blob),
];

/** Writes what a run brings along, and finds what was put for it before; the rows that refer to it come after. */
async function storeBlobs(
  record: RunRecord,
  options: { files: BlobFiles; blobs: Blobs; keepsInputs: boolean },
): Promise<BlobUse[]> {
  const { files, blobs, keepsInputs } = options;
  const { result, attachments = [], run } = record.envelope;
  const ofResult = new Set(resultBlobs(result));
  const kind = (sha256: string) => (ofResult.has(sha256) ? 'result' : 'attachment');
  const inputs = (keepsInputs ? record.inputs : []).map(async ({ sha256, mime, bytes }): Promise<BlobUse> => {
    if (bytes) await files.put(bytes, sha256);
    return { sha256, mime, kind: 'input', bytes: bytes?.length ?? null };
  });
  const given = (record.attachments ?? []).map(async ({ sha256, mime, bytes }): Promise<BlobUse> => {
    const size = bytes ? (await files.put(bytes, sha256)).bytes : await files.size(sha256);
    if (size === null) throw new RangeError(`blob ${sha256} of run ${run.id} was not put`);
    return { sha256, mime, kind: kind(sha256), bytes: size };
  });
  const named = new Set([...ofResult, ...attachments.map((attachment) => attachment.blob)]);
  for (const { sha256 } of record.attachments ?? []) named.delete(sha256);
  const put = [...named].map((sha256): BlobUse => {
    const recent = blobs.recent(record.owner, sha256);
    return { sha256, mime: recent?.mime ?? null, kind: kind(sha256), bytes: recent?.bytes ?? null };
  });
  return [...(await Promise.all([...inputs, ...given])), ...put];
}

async function committedRuns(database: Database, batch: readonly PreparedRecord[]): Promise<Set<string>> {
  const owners = new Map(batch.map((record) => [record.envelope.run.id, record.owner]));
  const { rows } = await database.pool.query<{ id: string; owner: string }>(
    'SELECT id, owner FROM runs WHERE id = ANY ($1::uuid[])',
    [[...owners.keys()]],
  );
  return new Set(rows.filter((row) => owners.get(row.id) === row.owner).map((row) => row.id));
}

async function catalogStats({ prisma }: Database): Promise<CatalogStats> {
  const [runs, blobs, collections] = await Promise.all([
    prisma.run.count(),
    prisma.blob.aggregate({ _count: true, _sum: { bytes: true } }),
    prisma.collection.aggregate({ _count: true, _sum: { items: true } }),
  ]);
  return {
    runs,
    blobs: blobs._count,
    bytes: Number(blobs._sum.bytes ?? 0n),
    collections: collections._count,
    items: collections._sum.items ?? 0,
  };
}
