import { listStatement } from '@fovea/catalog/internal';
import type { RunFilter } from '@fovea/catalog';
import { RunQuery } from '@fovea/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import pg from 'pg';
import { postgresMissing, startPostgres, type TestPostgres } from './postgres.ts';

const RUNS = 20_000;

/** One node of EXPLAIN (FORMAT JSON). */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

describe.skipIf(postgresMissing)(`plans on ${RUNS} runs`, () => {
  let postgres: TestPostgres;
  let client: pg.Client;

  beforeAll(async () => {
    postgres = await startPostgres();
    client = new pg.Client({ connectionString: await postgres.freshDatabase() });
    await client.connect();
    // Two owners; five of a thousand labels each; one run in a hundred of another task and another model.
    await client.query(`
      INSERT INTO runs SELECT
        gen_random_uuid(), CASE WHEN i % 4 = 0 THEN 'bob' ELSE 'ann' END, timestamptz '2026-01-01' + i * interval '1 minute',
        CASE WHEN i % 100 = 1 THEN 'action' ELSE 'classification' END, 'labels', 'cpu', '0', 1, json_build_object('n', i)
      FROM generate_series(1, ${RUNS}) i`);
    await client.query(`
      INSERT INTO run_models SELECT id, 0, owner, created_at, 'primary', CASE task WHEN 'action' THEN 'rare' ELSE 'common' END, 1, 's'
      FROM runs`);
    await client.query(`
      INSERT INTO search_rows (run_id, rank, owner, created_at, label, label_key, class_id, score)
      SELECT id, rank, owner, created_at, label, label, rank, 1.0 / (rank + 1)
      FROM runs, generate_series(0, 4) rank,
        LATERAL (SELECT 'label ' || to_hex(('x' || substr(md5(id::text || rank), 1, 6))::bit(24)::int % 1000) AS label) l`);
    await client.query('ANALYZE');
  });
  afterAll(async () => {
    await client.end();
    await postgres.stop();
  });

  const plan = async (filter: Partial<RunFilter>): Promise<PlanNode[]> => {
    const { limit, ...parsed } = RunQuery.parse(filter);
    const { text, values } = listStatement({ owner: 'ann', filter: parsed, limit: limit + 1 });
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (FORMAT JSON) ${text}`,
      values,
    );
    const nodes: PlanNode[] = [];
    const walk = (node: PlanNode): void => {
      nodes.push(node);
      node.Plans?.forEach(walk);
    };
    const root = rows[0]?.['QUERY PLAN'][0]?.Plan;
    walk(root as PlanNode);
    return nodes;
  };

  test.each([
    // Where one owner has most of the runs, both ways of walking back in time cost the same.
    [{}, /^runs_(owner_)?created_at_idx$/],
    [{ task: 'action' }, /^runs_owner_task_created_at_idx$/],
    [{ since: '2026-01-10T00:00:00Z', until: '2026-01-10T01:00:00Z' }, /^runs_(owner_)?created_at_idx$/],
    [{ model: 'rare' }, /^run_models_owner_model_id_idx$/],
    [{ label: 'label a7' }, /^search_rows_owner_label_idx$/],
    [{ label: 'label a7', minScore: 0.4 }, /^search_rows_owner_label_idx$/],
    [
      { label: 'LABEL A7', minScore: 0.4, task: 'classification', since: '2026-01-02T00:00:00Z' },
      /^search_rows_owner_label_idx$/,
    ],
    [{ label: 'label a7', model: 'common' }, /^search_rows_owner_label_idx$/],
    [{ q: 'a7' }, /^search_rows_words_idx$/],
    [{ q: 'a7 label', minScore: 0.4, task: 'classification' }, /^search_rows_words_idx$/],
  ] as const)('%j uses an index (%s) and reads no table as a whole', async (filter, index) => {
    const nodes = await plan(filter);
    expect(nodes.map((node) => node['Index Name'] ?? '')).toContainEqual(expect.stringMatching(index));
    expect(nodes.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
  });
});
