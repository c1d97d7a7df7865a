import { VisionError } from '@fovea/contracts';

/** The place of a row in a listing: the listing goes on after it. */
export interface Position {
  readonly createdAt: Date;
  readonly id: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A position as an opaque piece of a URL. */
export const encodeCursor = ({ createdAt, id }: Position): string =>
  Buffer.from(`${createdAt.getTime()}.${id}`).toString('base64url');

/** @throws INVALID_PARAMETER when it is not a cursor of ours */
export function decodeCursor(cursor: string): Position {
  const [ms = '', id = '', ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split('.');
  const createdAt = new Date(/^-?\d{1,16}$/.test(ms) ? Number(ms) : Number.NaN);
  if (Number.isNaN(createdAt.getTime()) || !isUuid(id) || rest.length > 0) throw badCursor(cursor);
  return { createdAt, id };
}

export const badCursor = (cursor: string): VisionError =>
  new VisionError('INVALID_PARAMETER', `cursor: "${cursor}" does not come from this listing.`, {
    hint: 'Send the nextCursor of the page before, or leave it out for the first page.',
    errors: [{ path: 'cursor', message: 'not a cursor of this listing' }],
  });

/** A row of a plain query with its place under the names of {@link Position}. */
export const placed = <R extends { readonly created_at: Date; readonly id: string }>(
  row: R,
): R & Position => ({
  ...row,
  createdAt: row.created_at,
});

/**
 * A page of rows, newest first, of which one more than `limit` was asked for: that one says whether there are others.
 * @param item what the page shows of a row
 */
export function pageOf<R extends Position, T>(
  rows: readonly R[],
  limit: number,
  item: (row: R) => T,
): { items: T[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { items: page.map(item), nextCursor: rows.length > limit && last ? encodeCursor(last) : null };
}

/** Postgres refuses anything else as an id. */
export const isUuid = (text: string): boolean => UUID.test(text);
