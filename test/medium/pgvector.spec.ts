import type { IndexRef, VectorSource } from '@fovea/application';
import { openPgVectors } from '@fovea/vectors';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { vectorPortConformance } from '../../libs/vectors/test/conformance.ts';
import { bestOf } from '../../libs/vectors/test/expected.ts';
import { MemorySource } from '../../libs/vectors/test/memory-source.ts';
import { clustered, seeded, unitVectors } from '../../libs/vectors/test/random-vectors.ts';

const silent = () => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

/** A Postgres in WebAssembly, with its pgvector; null where the packages are not installed. */
const packages = await Promise.all([
  import('@electric-sql/pglite'),
  import('@electric-sql/pglite-pgvector'),
]).catch((error: unknown) => {
  console.warn(`\n*** pgvector is NOT TESTED: ${(error as Error).message} ***\n`);
  return null;
});

async function startPglite({ extension = true } = {}): Promise<Started> {
  const [{ PGlite }, { vector }] = packages!;
  const database = await PGlite.create(extension ? { extensions: { vector } } : {});
  return {
    executeSql: (text, values) => database.query(text, values),
    close: () => database.close(),
  };
}

type Sql = Parameters<typeof openPgVectors>[0]['database'];
type Started = Sql & { close(): Promise<void> };

/** A database of a server that the tester names: pgvector as it is installed there. */
async function connect(connectionString: string): Promise<Started> {
  const pool = new pg.Pool({ connectionString });
  await pool.query('DROP SCHEMA IF EXISTS fovea_vectors CASCADE');
  return { executeSql: (text, values) => pool.query(text, values), close: () => pool.end() };
}

function conforms(name: string, start: () => Promise<Started>): void {
  const open = async (source: VectorSource) => {
    const database = await start();
    const openPort = () => openPgVectors({ source, database, log, hnswFrom: 1000 });
    let port = await openPort();
    return {
      port,
      async reopen() {
        await port.close();
        return (port = await openPort());
      },
      async close() {
        await port.close();
        await database.close();
      },
      async tamper(ref: IndexRef) {
        const table = await tableOf(database, ref);
        await database.executeSql(
          `UPDATE ${table} SET vector = (SELECT vector FROM ${table} WHERE ordinal = 4) WHERE ordinal = 3`,
        );
      },
    };
  };
  vectorPortConformance(name, open, { recallSize: 3000, timeoutMs: 180_000 });
}

async function tableOf(database: Sql, { collectionId, spaceId }: IndexRef): Promise<string> {
  const { rows } = await database.executeSql(
    'SELECT table_name FROM fovea_vectors.indexes WHERE collection_id = $1 AND space_id = $2',
    [collectionId, spaceId],
  );
  return `fovea_vectors.${(rows as { table_name: string }[])[0]!.table_name}`;
}

if (packages) conforms('pgvector in PGlite', startPglite);
const url = process.env['FOVEA_TEST_PGVECTOR'];
if (url) conforms('pgvector at FOVEA_TEST_PGVECTOR', () => connect(url));

describe.skipIf(!packages)('pgvector', () => {
  it('lets two servers follow one collection at once', async () => {
    const database = await startPglite();
    const source = new MemorySource({ changesAtOnce: 5 });
    const ref = { collectionId: randomUUID(), spaceId: randomUUID(), dimension: 8 };
    const random = seeded(3);
    source.create(ref.collectionId);
    const ports = await Promise.all([1, 2].map(() => openPgVectors({ source, database, log, hnswFrom: 50 })));
    for (let round = 0; round < 20; round += 1) {
      const vectors = unitVectors(4, 8, random);
      for (const vector of vectors) source.add(ref.collectionId, { [ref.spaceId]: [vector] });
      const found = await Promise.all(
        ports.flatMap((port) => vectors.map((vector) => port.search(ref, vector, { k: 1, exact: true }))),
      );
      expect(found.map(({ hits }) => hits[0]!.ordinal)).toEqual(
        [0, 1].flatMap(() => vectors.map((_, index) => 4 * round + index)),
      );
    }
    for (const port of ports) expect(await port.verify(ref)).toMatchObject({ ok: true, items: 80 });
    await Promise.all(ports.map((port) => port.close()));
    await database.close();
  });

  it('searches and pairs through its graph, and says so', async () => {
    const database = await startPglite();
    const source = new MemorySource();
    const ref = { collectionId: randomUUID(), spaceId: randomUUID(), dimension: 16 };
    const random = seeded(4);
    const draw = clustered(9, { dimension: 16, clusters: 100, spread: 0.3 });
    source.create(ref.collectionId);
    source.add(ref.collectionId, { [ref.spaceId]: draw(400, random) });
    const port = await openPgVectors({ source, database, log, hnswFrom: 500 });
    const [query] = draw(1, random) as [Float32Array];
    expect(await port.search(ref, query, { k: 5 })).toMatchObject({ exact: true });
    // It grows past the size from which a graph is built.
    source.add(ref.collectionId, { [ref.spaceId]: draw(400, random) });
    await port.search(ref, query, { k: 5 });
    const answer = await port.search(ref, query, { k: 5 });
    expect(answer.exact).toBe(false);
    const state = source.at(ref.collectionId, ref.spaceId);
    const wanted = new Set<string>();
    for (const [ordinal, vector] of state)
      for (const near of bestOf(new Map([...state].filter(([other]) => other !== ordinal)), vector, 2))
        wanted.add(`${Math.min(ordinal, near.ordinal)}-${Math.max(ordinal, near.ordinal)}`);
    const pairs = await port.neighbours(ref, { k: 2, minScore: -1 });
    const found = pairs.filter(({ a, b }) => wanted.has(`${a}-${b}`));
    expect(found.length).toBeGreaterThan(0.95 * wanted.size);
    expect(pairs.length).toBeLessThan(1.05 * wanted.size);
    await port.close();
    await database.close();
  });

  it('leaves no tables behind', async () => {
    const database = await startPglite();
    const source = new MemorySource();
    const ref = { collectionId: randomUUID(), spaceId: randomUUID(), dimension: 8 };
    source.create(ref.collectionId);
    source.add(ref.collectionId, { [ref.spaceId]: unitVectors(5, 8, seeded(1)) });
    const port = await openPgVectors({ source, database, log });
    source.failNext('all', new Error('lost'));
    await expect(port.rebuild(ref)).rejects.toThrow('lost');
    await port.rebuild(ref);
    await port.rebuild(ref);
    const tables = async () => {
      const { rows } = await database.executeSql(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'fovea_vectors' AND tablename LIKE 'vectors!_%' ESCAPE '!'",
      );
      return rows.length;
    };
    expect(await tables()).toBe(1);
    await port.drop(ref.collectionId);
    expect(await tables()).toBe(0);
    await database.close();
  });

  it('says what to do where the server has no pgvector', async () => {
    const database = await startPglite({ extension: false });
    await expect(openPgVectors({ source: new MemorySource(), database, log })).rejects.toMatchObject({
      code: 'CATALOG_UNAVAILABLE',
      hint: expect.stringContaining('CREATE EXTENSION vector') as string,
    });
    await database.close();
  });
});
