import { VisionError } from '@fovea/contracts';

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
]);
// What pg says without a code.
const LOST =
  /connection terminated|connection ended|timeout exceeded when trying to connect|query read timeout|client was closed|not queryable|can't reach database|timeout expired|not currently accepting connections/i;
// 08 connection, 57P0x shutdown or crash, 53 resources, 28 and 3D000 a URL that is wrong by now, 55P03 lock, 57014 timeout
const UNAVAILABLE = /^(08|57P0|53|28|3D000|55P03|57014)/;

/** The part of an error of pg, Prisma or Node that says what happened. */
interface Failure {
  readonly code: string;
  readonly message: string;
}

/** True when the database could not be reached or did not answer: the same call may work later. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof VisionError) return error.code === 'CATALOG_UNAVAILABLE';
  return failuresOf(error).some(
    ({ code, message }) =>
      NETWORK.has(code) || UNAVAILABLE.test(code) || /^P1\d{3}$|^P2024$/.test(code) || LOST.test(message),
  );
}

/** True when the rows of a run are there already: every unique key of theirs begins with the run's id. */
export const isRecorded = (error: unknown): boolean => failuresOf(error).some(({ code }) => code === '23505');

/** True when the disk of the database or of the blobs is full. */
export const isFull = (error: unknown): boolean =>
  failuresOf(error).some(({ code }) => code === '53100' || code === 'ENOSPC' || code === 'EDQUOT');

/**
 * An error as a user may see it; what nobody but a programmer can cause is handed on unchanged.
 * @returns STORAGE_FULL, CATALOG_UNAVAILABLE, or the error itself
 */
export function asCatalogError(error: unknown): unknown {
  if (error instanceof VisionError) return error;
  if (isFull(error))
    return new VisionError('STORAGE_FULL', 'There is no space left for the catalog.', { cause: error });
  if (isUnavailable(error))
    return new VisionError(
      'CATALOG_UNAVAILABLE',
      `The catalog does not answer: ${(error as Error).message}`,
      { cause: error },
    );
  return error;
}

/** Runs something that talks to the database or the disk, and translates its failure. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asCatalogError(error);
  }
}

/** The error, its causes, and what Prisma wraps them in. */
function failuresOf(error: unknown): Failure[] {
  const found: Failure[] = [];
  const seen = new Set<unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    const { code, originalCode, message, cause, meta, errors, driverAdapterError } = value as Record<
      string,
      unknown
    >;
    for (const each of [code, originalCode])
      found.push({
        code: typeof each === 'string' ? each : '',
        message: typeof message === 'string' ? message : '',
      });
    for (const inner of [cause, meta, driverAdapterError]) visit(inner);
    if (Array.isArray(errors)) errors.forEach(visit);
  };
  visit(error);
  return found;
}
