import {
  ALL_VECTORS,
  byInputsStatement,
  itemsStatement,
  matchingStatement,
  VECTOR_CHANGES,
} from '@fovea/catalog/internal';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresMissing, startPostgres, type TestPostgres } from './postgres.ts';

const ITEMS = 20_000;
const SPACE = '00000000-0000-4000-8000-000000000001';
const LARGE = '00000000-0000-4000-8000-00000000000a';
const SMALL = '00000000-0000-4000-8000-00000000000b';

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

describe.skipIf(postgresMissing)(`plans on ${ITEMS} items`, () => {
  let postgres: TestPostgres;
  let client: pg.Client;

  beforeAll(async () => {
    postgres = await startPostgres();
    client = new pg.Client({ connectionString: await postgres.freshDatabase() });
    await client.connect();
    await client.query(`
      INSERT INTO embedding_spaces (id, name, fingerprint, dimension, version, models)
      VALUES ('${SPACE}', 'visual', 'f', 8, 1, '[]');
      INSERT INTO collections (id, owner, kind, name, name_key, revision, created_at, updated_at)
      VALUES ('${LARGE}', 'ann', 'user', 'l', 'l', ${ITEMS}, now(), now()), ('${SMALL}', 'ann', 'user', 's', 's', ${ITEMS}, now(), now());
      INSERT INTO collection_items SELECT gen_random_uuid(), CASE WHEN n % 20 = 0 THEN '${SMALL}' ELSE '${LARGE}' END::uuid,
        'ann', n, NULL, n::text, 'image/png', 1, 1, jsonb_build_object('n', n, 'place', 'p' || n % 500), NULL, now()
      FROM generate_series(0, ${ITEMS - 1}) n;
      INSERT INTO item_vectors SELECT id, '${SPACE}', owner, collection_id, ordinal, ordinal, decode(repeat('00', 32), 'hex')
      FROM collection_items;
      INSERT INTO removed_items SELECT '${LARGE}', ${ITEMS} + n, 'ann', n, now() FROM generate_series(1, ${ITEMS}) n;
      INSERT INTO runs SELECT gen_random_uuid(), 'ann', now() - n * interval '1 second', 'classification', 'labels', 'cpu', '0', 1, '{}'
      FROM generate_series(1, ${ITEMS}) n;
      INSERT INTO run_inputs SELECT id, 'image', 0, owner, md5(id::text), 'image/png', 1 FROM runs;
      ANALYZE`);
  });
  afterAll(async () => {
    await client.end();
    await postgres.stop();
  });

  const plan = async (text: string, values: unknown[]): Promise<PlanNode[]> => {
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (FORMAT JSON) ${text}`,
      values,
    );
    const nodes: PlanNode[] = [];
    const walk = (node: PlanNode): void => {
      nodes.push(node);
      node.Plans?.forEach(walk);
    };
    walk(rows[0]?.['QUERY PLAN'][0]?.Plan as PlanNode);
    return nodes;
  };
  const filtered = (filter: unknown) => matchingStatement({ owner: 'ann', id: LARGE, filter });

  test.each([
    [
      'pieces of everything',
      { text: ALL_VECTORS, values: [LARGE, SPACE, 500, 100] },
      ['item_vectors_collection_id_space_id_ordinal_key'],
    ],
    [
      'changes',
      { text: VECTOR_CHANGES, values: [LARGE, SPACE, ITEMS - 50, 100] },
      ['item_vectors_collection_id_space_id_revision_idx', 'removed_items_collection_id_revision_idx'],
    ],
    [
      'a page of items',
      itemsStatement({ owner: 'ann', id: LARGE, filter: {}, before: 10_000, limit: 51 }),
      ['collection_items_collection_id_ordinal_key'],
    ],
    ['equality', filtered({ place: 'p7' }), ['collection_items_metadata_idx']],
    ['one of several', filtered({ place: { in: ['p7', 'p8'] } }), ['collection_items_metadata_idx']],
    [
      'equality beside a comparison',
      filtered({ n: { gt: 5 }, place: 'p7' }),
      ['collection_items_metadata_idx'],
    ],
    [
      'runs by their pictures',
      byInputsStatement({
        owner: 'ann',
        filter: { task: 'classification' },
        sha256s: ['a', 'b', 'c'],
        limit: 50,
      }),
      ['run_inputs_owner_sha256_idx', 'runs_pkey'],
    ],
  ])('%s: indexes only', async (_, { text, values }, indexes) => {
    const nodes = await plan(text, [...values]);
    const used = nodes.map((node) => node['Index Name'] ?? '');
    for (const index of indexes) expect(used).toContain(index);
    // Of two collections there is no other way than to look at both.
    const scans = nodes.filter((node) => node['Node Type'] === 'Seq Scan') as (PlanNode &
      Record<string, unknown>)[];
    expect(scans.filter((node) => node['Relation Name'] !== 'collections')).toEqual([]);
  });
});
