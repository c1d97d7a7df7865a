import { VisionError } from '@fovea/contracts';

/** The place of a run in a listing: the listing goes on after it. */
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
  if (Number.isNaN(createdAt.getTime()) || !isUuid(id) || rest.length > 0)
    throw new VisionError('INVALID_PARAMETER', `cursor: "${cursor}" does not come from this listing.`, {
      hint: 'Send the nextCursor of the page before, or leave it out for the first page.',
      errors: [{ path: 'cursor', message: 'not a cursor of this listing' }],
    });
  return { createdAt, id };
}

/** Postgres refuses anything else as an id. */
export const isUuid = (text: string): boolean => UUID.test(text);
