import { createHash } from 'node:crypto';
import type { PreparedRecord } from './record.ts';
import { OR_TOUCH_BLOB } from './touch-blobs.ts';

// Any number of runs in one statement: one round trip, one commit. Every list is an array parameter,
// so the text is always the same and Postgres plans it once per connection. `n` is the run's place in the batch.
const TEXT = `
WITH batch AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[], $9::json[])
    WITH ORDINALITY AS t(id, owner, created_at, task, kind, device, code_version, total_ms, envelope, n)
), new_runs AS (
  INSERT INTO runs (id, owner, created_at, task, kind, device, code_version, total_ms, envelope)
  SELECT id, owner, created_at, task, kind, device, code_version, total_ms, envelope FROM batch
), new_models AS (
  INSERT INTO models (model_id, sha256, revision)
  SELECT DISTINCT ON (model_id, sha256) model_id, sha256, revision
  FROM unnest($13::text[], $15::text[], $14::int[]) AS t(model_id, sha256, revision)
  ORDER BY model_id, sha256
  ON CONFLICT DO NOTHING
), new_run_models AS (
  INSERT INTO run_models (run_id, position, owner, created_at, role, model_id, revision, sha256)
  SELECT b.id, m.position, b.owner, b.created_at, m.role, m.model_id, m.revision, m.sha256
  FROM unnest($10::int[], $11::int[], $12::text[], $13::text[], $14::int[], $15::text[]) AS m(n, position, role, model_id, revision, sha256)
  JOIN batch b USING (n)
), new_inputs AS (
  INSERT INTO run_inputs (run_id, name, position, owner, sha256, mime, bytes)
  SELECT b.id, i.name, i.position, b.owner, i.sha256, i.mime, i.bytes
  FROM unnest($16::int[], $17::text[], $18::int[], $19::text[], $20::text[], $21::bigint[]) AS i(n, name, position, sha256, mime, bytes)
  JOIN batch b USING (n)
), new_rows AS (
  INSERT INTO search_rows (run_id, rank, owner, created_at, label, label_key, class_id, score, rel_x, rel_y, rel_width, rel_height, rel_area, question)
  SELECT b.id, r.rank, b.owner, b.created_at, r.label, r.label_key, r.class_id, r.score, r.rel_x, r.rel_y, r.rel_width, r.rel_height, r.rel_area, r.question
  FROM unnest($22::int[], $23::int[], $24::text[], $25::text[], $26::int[], $27::float8[], $28::float8[], $29::float8[], $30::float8[], $31::float8[], $32::float8[], $33::text[])
    AS r(n, rank, label, label_key, class_id, score, rel_x, rel_y, rel_width, rel_height, rel_area, question)
  JOIN batch b USING (n)
), new_blobs AS (
  INSERT INTO blobs (sha256, bytes)
  SELECT sha256, bytes FROM unnest($34::text[], $35::bigint[]) AS t(sha256, bytes) ORDER BY sha256
  ${OR_TOUCH_BLOB}
), new_references AS (
  INSERT INTO blob_references (owner, sha256, kind, mime, run_id, created_at)
  SELECT b.owner, u.sha256, u.kind, coalesce(u.mime, known.mime), b.id, b.created_at
  FROM unnest($36::int[], $37::text[], $38::text[], $39::text[], $40::bool[]) AS u(n, sha256, kind, mime, given)
  JOIN batch b USING (n)
  LEFT JOIN LATERAL (
    SELECT r.mime FROM blob_references r WHERE NOT u.given AND r.owner = b.owner AND r.sha256 = u.sha256 ORDER BY r.id DESC LIMIT 1
  ) known ON true
  -- Without bytes a run may only refer to what its owner could read before.
  WHERE u.given OR known.mime IS NOT NULL
), new_keys AS (
  INSERT INTO idempotency_keys (owner, key, request_sha256, holder, lease_until, run_ids, created_at)
  SELECT b.owner, k.key, min(k.request_sha256), CASE WHEN bool_or(k.done) THEN NULL ELSE (min(k.holder::text))::uuid END,
         now() + interval '1 minute', array_agg(b.id ORDER BY n), now()
  FROM unnest($41::int[], $42::text[], $43::text[], $44::uuid[], $45::bool[]) AS k(n, key, request_sha256, holder, done)
  JOIN batch b USING (n)
  GROUP BY b.owner, k.key
  ON CONFLICT (owner, key) DO UPDATE
    SET run_ids = idempotency_keys.run_ids || excluded.run_ids, holder = excluded.holder, lease_until = excluded.lease_until
)
SELECT 1`;

// A changed text is another prepared statement.
const NAME = `record-${createHash('sha256').update(TEXT).digest('hex').slice(0, 12)}`;

/** The statement that inserts a batch, ready for pg. */
export function recordStatement(
  batch: readonly PreparedRecord[],
  holder: string,
): { name: string; text: string; values: unknown[] } {
  const runs = columns(9);
  const models = columns(6);
  const inputs = columns(6);
  const rows = columns(12);
  const uses = columns(5);
  const keys = columns(5);
  const blobs = new Map<string, number>();
  batch.forEach((record, index) => {
    const n = index + 1;
    const { run, result } = record.envelope;
    add(runs, [
      run.id,
      record.owner,
      run.createdAt,
      run.task,
      result.kind,
      run.device,
      run.codeVersion,
      run.timings.totalMs,
      record.json,
    ]);
    run.models.forEach((model, position) =>
      add(models, [n, position, model.role, model.id, model.revision, model.sha256]),
    );
    for (const input of record.inputs)
      add(inputs, [n, input.name, input.position, input.sha256, input.mime, input.bytes]);
    record.rows.forEach((row, rank) =>
      add(rows, [
        n,
        rank,
        row.label,
        row.labelKey,
        row.classId,
        row.score,
        row.relX,
        row.relY,
        row.relWidth,
        row.relHeight,
        row.relArea,
        row.question,
      ]),
    );
    for (const use of new Map(record.uses.map((each) => [`${each.kind} ${each.sha256}`, each])).values()) {
      if (use.bytes !== null) blobs.set(use.sha256, use.bytes);
      add(uses, [n, use.sha256, use.kind, use.mime, use.bytes !== null]);
    }
    const key = record.idempotencyKey;
    if (key) add(keys, [n, key.key, key.requestSha256, holder, key.done ?? true]);
  });
  const values = [
    ...runs,
    ...models,
    ...inputs,
    ...rows,
    [...blobs.keys()],
    [...blobs.values()],
    ...uses,
    ...keys,
  ];
  return { name: NAME, text: TEXT, values };
}

const columns = (count: number): unknown[][] => Array.from({ length: count }, () => []);

function add(lists: unknown[][], values: readonly unknown[]): void {
  values.forEach((value, index) => lists[index]?.push(value));
}
