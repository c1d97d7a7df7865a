import { VisionError, type RunQuery } from '@fovea/contracts';
import type { Position } from './cursor.ts';
import { Prisma } from './generated/client.ts';
import { labelKey } from './search-rows.ts';

export type RunFilter = Omit<RunQuery, 'limit' | 'cursor'>;

export interface ListOptions {
  readonly owner: string;
  readonly filter: RunFilter;
  /** Runs older than this one. */
  readonly after?: Position;
  readonly limit: number;
}

/**
 * The statement of a listing, newest first. The filter that an index answers best comes first and hands on runs
 * in the order of the listing, so that Postgres stops as soon as the page is full.
 */
export function listStatement({ owner, filter, after, limit }: ListOptions): Prisma.Sql {
  const { label, q, model, minScore, minArea, task, since, until, input } = filter;
  const conditions = [Prisma.sql`r.owner = ${owner}`];
  if (task !== undefined) conditions.push(Prisma.sql`r.task = ${task}`);
  if (input !== undefined) conditions.push(ofInput(owner, input));
  // The same bounds on whatever comes first and on runs: equal values, so Postgres may use the index of either.
  const bounds = (table: string, id: string) => {
    const createdAt = Prisma.raw(`${table}.created_at`);
    return [
      ...(since === undefined ? [] : [Prisma.sql`${createdAt} >= ${instant('since', since)}::timestamptz`]),
      ...(until === undefined ? [] : [Prisma.sql`${createdAt} < ${instant('until', until)}::timestamptz`]),
      ...(after === undefined
        ? []
        : [
            Prisma.sql`(${createdAt}, ${Prisma.raw(`${table}.${id}`)}) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`,
          ]),
    ];
  };
  const words = q === undefined ? null : wordsCondition(q);
  const byRow = label !== undefined || words !== null;
  // Of one thing found, not of several together.
  const thing = [
    ...(minScore === undefined ? [] : [Prisma.sql`s.score >= ${minScore}`]),
    ...(minArea === undefined ? [] : [Prisma.sql`s.rel_area >= ${minArea}`]),
  ];
  let source = Prisma.sql`runs r`;
  if (byRow) {
    const matches = [
      Prisma.sql`s.owner = ${owner}`,
      ...(label === undefined ? [] : [Prisma.sql`s.label_key = ${labelKey(label)}`]),
      ...(words === null ? [] : [words]),
      ...thing,
      ...bounds('s', 'run_id'),
    ];
    source = Prisma.sql`(
      SELECT DISTINCT s.created_at, s.run_id FROM search_rows s WHERE ${Prisma.join(matches, ' AND ')}
      ORDER BY s.created_at DESC, s.run_id DESC
    ) f JOIN runs r ON r.id = f.run_id`;
  } else if (model !== undefined) {
    const matches = [
      Prisma.sql`m.owner = ${owner}`,
      Prisma.sql`m.model_id = ${model}`,
      ...bounds('m', 'run_id'),
    ];
    source = Prisma.sql`(
      SELECT DISTINCT m.created_at, m.run_id FROM run_models m WHERE ${Prisma.join(matches, ' AND ')}
      ORDER BY m.created_at DESC, m.run_id DESC
    ) f JOIN runs r ON r.id = f.run_id`;
  } else conditions.push(...bounds('r', 'id'));
  if (byRow && model !== undefined)
    conditions.push(
      Prisma.sql`EXISTS (SELECT 1 FROM run_models m WHERE m.run_id = r.id AND m.model_id = ${model})`,
    );
  if (!byRow && thing.length > 0)
    conditions.push(
      Prisma.sql`EXISTS (SELECT 1 FROM search_rows s WHERE s.run_id = r.id AND ${Prisma.join(thing, ' AND ')})`,
    );
  const order =
    byRow || model !== undefined
      ? Prisma.sql`f.created_at DESC, f.run_id DESC`
      : Prisma.sql`r.created_at DESC, r.id DESC`;
  return Prisma.sql`SELECT r.id, r.created_at, r.envelope FROM ${source}
    WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY ${order} LIMIT ${limit}`;
}

/**
 * The statement of runs by their inputs: in the order of these pictures, newest first within one. Every other filter is
 * asked of the runs found: there are as many as the pictures have, not as many as there are.
 */
export function byInputsStatement(options: {
  owner: string;
  filter: RunFilter;
  sha256s: readonly string[];
  limit: number;
}): Prisma.Sql {
  const { owner, filter, sha256s, limit } = options;
  const { label, q, model, minScore, minArea, task, since, until, input } = filter;
  const words = q === undefined ? null : wordsCondition(q);
  const thing = [
    ...(label === undefined ? [] : [Prisma.sql`s.label_key = ${labelKey(label)}`]),
    ...(words === null ? [] : [words]),
    ...(minScore === undefined ? [] : [Prisma.sql`s.score >= ${minScore}`]),
    ...(minArea === undefined ? [] : [Prisma.sql`s.rel_area >= ${minArea}`]),
  ];
  const conditions = [
    Prisma.sql`r.owner = ${owner}`,
    ...(task === undefined ? [] : [Prisma.sql`r.task = ${task}`]),
    ...(input === undefined ? [] : [ofInput(owner, input)]),
    ...(since === undefined ? [] : [Prisma.sql`r.created_at >= ${instant('since', since)}::timestamptz`]),
    ...(until === undefined ? [] : [Prisma.sql`r.created_at < ${instant('until', until)}::timestamptz`]),
    ...(model === undefined
      ? []
      : [Prisma.sql`EXISTS (SELECT 1 FROM run_models m WHERE m.run_id = r.id AND m.model_id = ${model})`]),
    ...(thing.length === 0
      ? []
      : [
          Prisma.sql`EXISTS (SELECT 1 FROM search_rows s WHERE s.run_id = r.id AND ${Prisma.join(thing, ' AND ')})`,
        ]),
  ];
  return Prisma.sql`SELECT r.envelope, f.sha256 FROM (
      SELECT DISTINCT ON (i.run_id) i.run_id, p.sha256, p.place
      FROM unnest(${sha256s}::text[]) WITH ORDINALITY AS p(sha256, place)
      JOIN run_inputs i ON i.owner = ${owner} AND i.sha256 = p.sha256
      ORDER BY i.run_id, p.place
    ) f JOIN runs r ON r.id = f.run_id
    WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY f.place, r.created_at DESC, r.id DESC LIMIT ${limit}`;
}

/**
 * A time as Postgres reads it: it knows fewer offsets than RFC 3339 has, and writes years beyond four digits otherwise.
 * @throws INVALID_PARAMETER naming the parameter
 */
function instant(name: 'since' | 'until', text: string): string {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new VisionError('INVALID_PARAMETER', `${name}: "${text}" is no time`);
  const year = time.getUTCFullYear();
  if (year < 1) return '-infinity';
  return year > 9999 ? 'infinity' : time.toISOString();
}

const ofInput = (owner: string, sha256: string): Prisma.Sql =>
  Prisma.sql`r.id IN (SELECT i.run_id FROM run_inputs i WHERE i.owner = ${owner} AND i.sha256 = ${sha256})`;

/** Quotes, a word to be left out, alternatives: only where nobody uses them, the beginnings of words are looked for. */
const OPERATORS = /"|(?:^|\s)-\S|(?:^|\s)or(?:\s|$)/i;

/**
 * `q` as a condition on a row `s`: its words by their stems with the operators of search engines ("a phrase", or,
 * -without), or every word the beginning of one. Null where q has no words.
 */
function wordsCondition(q: string): Prisma.Sql | null {
  const beginnings = wordsQuery(q);
  if (beginnings === null) return null;
  const stems = Prisma.sql`websearch_to_tsquery('english'::regconfig, ${labelKey(q)})`;
  return OPERATORS.test(q)
    ? Prisma.sql`s.words @@ ${stems}`
    : Prisma.sql`s.words @@ (${beginnings}::tsquery || ${stems})`;
}

/**
 * `q` as a text search of Postgres: every word must begin a word of the label. Null where q has no words.
 * @example wordsQuery('Tabby ca')   // "'tabby':* & 'ca':*"
 */
export function wordsQuery(q: string): string | null {
  // Split where the labels are split as well: at everything that is neither letter, mark nor digit.
  const words = labelKey(q).match(/[\p{L}\p{M}\p{N}]+/gu);
  return words ? words.map((word) => `'${word}':*`).join(' & ') : null;
}
