import type { CollectionStore } from '@fovea/application';
import { badCursor, isUuid } from '../cursor.ts';
import type { Database } from '../database.ts';
import { guarded } from '../failures.ts';
import { Prisma } from '../generated/client.ts';
import { filterCondition } from './filter.ts';
import { ITEM_COLUMNS, toItem, type ItemColumns } from './rows.ts';
import { unpackIntegers } from './vector-bytes.ts';

type ItemReader = Pick<CollectionStore, 'item' | 'itemsByOrdinal' | 'existing' | 'items' | 'matching'>;

/** A filter over a million items reads them all. */
const FILTER_MS = 60_000;

/** Reads items; every call names the owner, and sees nobody else's. */
export function itemReader(database: Database): ItemReader {
  const select = async (id: string, text: string, values: unknown[]) => {
    if (!isUuid(id)) return [];
    const { rows } = await guarded(() =>
      database.pool.query<ItemColumns>(
        `SELECT ${ITEM_COLUMNS} FROM collection_items WHERE collection_id = $1 AND owner = $2 AND ${text}`,
        [id, ...values],
      ),
    );
    return rows.map(toItem);
  };
  return {
    async item(owner, id, itemId) {
      if (!isUuid(itemId)) return null;
      return (await select(id, 'id = $3', [owner, itemId]))[0] ?? null;
    },

    itemsByOrdinal: (owner, id, ordinals) => select(id, 'ordinal = ANY ($3::int[])', [owner, ordinals]),

    async existing(owner, id, sha256s) {
      const items = await select(id, 'sha256 = ANY ($3)', [owner, sha256s]);
      return new Map(items.map((item) => [item.sha256, item]));
    },

    async items(owner, id, { limit, cursor, filter = {} }) {
      const before = cursor === undefined ? null : decodeOrdinal(cursor);
      const statement = itemsStatement({ owner, id, filter, before, limit: limit + 1 });
      if (!isUuid(id)) return { items: [], nextCursor: null };
      const { text, values } = statement;
      const { rows } = await guarded(() =>
        database.pool.query<ItemColumns>({ text, values, query_timeout: FILTER_MS } as { text: string }),
      );
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(toItem),
        nextCursor: rows.length > limit && last ? encodeOrdinal(last.ordinal) : null,
      };
    },

    async matching(owner, id, filter) {
      const { text, values } = matchingStatement({ owner, id, filter });
      if (!isUuid(id)) return new Int32Array();
      const query = { text, values, query_timeout: FILTER_MS };
      const { rows } = await guarded(() => database.pool.query<{ ordinals: Buffer | null }>(query));
      return unpackIntegers(rows[0]?.ordinals ?? null);
    },
  };
}

/**
 * The statement of a page, newest first: ordinals rise in the order of commits, times need not.
 * @throws INVALID_PARAMETER for a filter that is not one
 */
export const itemsStatement = (options: {
  owner: string;
  id: string;
  filter: unknown;
  /** Items before this ordinal. */
  before: number | null;
  limit: number;
}): Prisma.Sql => {
  const { owner, id, filter, before, limit } = options;
  const older = before === null ? Prisma.sql`true` : Prisma.sql`ordinal < ${before}`;
  return Prisma.sql`SELECT ${Prisma.raw(ITEM_COLUMNS)} FROM collection_items
    WHERE collection_id = ${id}::uuid AND owner = ${owner} AND ${older} AND ${filterCondition(filter)}
    ORDER BY ordinal DESC LIMIT ${limit}`;
};

/** @throws INVALID_PARAMETER for a filter that is not one */
export const matchingStatement = (options: { owner: string; id: string; filter: unknown }): Prisma.Sql =>
  Prisma.sql`SELECT string_agg(int4send(ordinal), '' ORDER BY ordinal) AS ordinals FROM collection_items
    WHERE collection_id = ${options.id}::uuid AND owner = ${options.owner} AND ${filterCondition(options.filter)}`;

const encodeOrdinal = (ordinal: number): string => Buffer.from(`before ${ordinal}`).toString('base64url');

function decodeOrdinal(cursor: string): number {
  const [, digits] =
    /^before (\d{1,9}|[12]\d{9})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  const ordinal = Number(digits ?? Number.NaN);
  if (!(ordinal < 2 ** 31)) throw badCursor(cursor);
  return ordinal;
}
