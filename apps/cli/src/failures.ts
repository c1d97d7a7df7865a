import { ERRORS, INPUT_FAULTS, VisionError, type ErrorCode } from '@fovea/contracts';
import { ConnectionError, ServerError } from '@fovea/sdk';

export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** The command line cannot be meant as it was written: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }
}

/** A file that is not written, for a reason of its own: the others go on. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused';
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
  }
}

/** Faults of one picture, with which the next ones may still go well. */
const ONE_INPUT: readonly ErrorCode[] = [
  ...INPUT_FAULTS,
  'DEADLINE_EXCEEDED',
  'QUEUE_FULL',
  'RATE_LIMITED',
  'INTERNAL',
];

/** True where the fault lies with one input: a file that cannot be read, a picture that cannot be decoded. */
export function concernsOneInput(error: unknown): boolean {
  if (error instanceof VisionError) return ONE_INPUT.includes(error.code);
  return error instanceof FileRefused || isFileError(error);
}

const FILE_ERRORS: Record<string, string> = {
  ENOENT: 'no such file',
  EACCES: 'not allowed to read it',
  EPERM: 'not allowed to read it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'no such file',
};
export const isFileError = (error: unknown): error is NodeJS.ErrnoException & { code: string } =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'syscall' in error;

/** What to do about it from a command line, where the table's own hint speaks of requests. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  INVALID_PARAMETER: '`fovea run <task> --help` shows the parameters.',
  UNAUTHENTICATED: 'Give the key that the server was started with: --api-key, or FOVEA_API_KEY.',
  NOT_FOUND: 'Check the id: `fovea runs list`, `fovea models list` and `fovea tasks` show what there is.',
  MODEL_CHANGED: 'Use --current to run with the model of today.',
  PAYLOAD_TOO_LARGE: 'Send fewer bytes, or start the server with a larger FOVEA_MAX_BYTES.',
};

/** An error for people: what happened, and below it what to do. */
export function explain(error: unknown): { what: string; hint?: string } {
  if (error instanceof VisionError) {
    const title = ERRORS[error.code].title;
    const request =
      error instanceof ServerError && error.code === 'INTERNAL' ? ` (request ${error.requestId})` : '';
    const hint = error.hint === ERRORS[error.code].hint ? (HINTS[error.code] ?? error.hint) : error.hint;
    return { what: `${title}: ${error.message}${request}`, hint };
  }
  if (error instanceof ConnectionError) return { what: error.message, hint: error.hint };
  if (error instanceof UsageError || error instanceof FileRefused)
    return { what: error.message, ...(error.hint ? { hint: error.hint } : {}) };
  if (isFileError(error)) return { what: FILE_ERRORS[error.code] ?? error.message };
  return { what: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** The exit code that an error ends the process with. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  return error instanceof VisionError && error.code === 'INVALID_PARAMETER' ? EXIT.usage : EXIT.failed;
}
