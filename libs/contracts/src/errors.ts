import { z } from 'zod';

/** What an error says to a user, whatever interface it reaches them by. */
export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  /** What to do about it. */
  readonly hint: string;
}

/** The one error table: every problem that a user can meet. */
export const ERRORS = {
  INVALID_REQUEST: {
    status: 400,
    title: 'The request cannot be read',
    hint: 'Compare the request with /docs: inputs as multipart fields, as the raw body, or as JSON {"inputs": …}.',
  },
  UNAUTHENTICATED: {
    status: 401,
    title: 'An API key is needed',
    hint: 'Send the key of FOVEA_API_KEY as "Authorization: Bearer <key>".',
  },
  FORBIDDEN: {
    status: 403,
    title: 'Not allowed',
    hint: 'The Host or Origin of the request is not one that this server answers. Use the address it prints at start.',
  },
  NOT_FOUND: {
    status: 404,
    title: 'Not found',
    hint: 'Check the address or the id; GET /v1/tasks lists the tasks.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: 'Method not allowed',
    hint: 'See /docs for the methods of this address.',
  },
  CONFLICT: {
    status: 409,
    title: 'In conflict with an earlier request',
    hint: 'Use a new Idempotency-Key for a different request.',
  },
  MODEL_CHANGED: {
    status: 409,
    title: 'The recorded model is gone',
    hint: 'Send {"model": "current"} to run with the model of today.',
  },
  IMAGE_TOO_LARGE: {
    status: 413,
    title: 'The picture has too many pixels',
    hint: 'Send a smaller picture or raise FOVEA_MAX_PIXELS.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    title: 'The upload is too large',
    hint: 'Send fewer bytes or raise FOVEA_MAX_BYTES.',
  },
  UNSUPPORTED_MEDIA: {
    status: 415,
    title: 'This kind of file is not read',
    hint: 'Send a JPEG, PNG, WebP, AVIF, GIF or TIFF picture.',
  },
  IMAGE_CORRUPT: {
    status: 422,
    title: 'The picture cannot be decoded',
    hint: 'The file is damaged or cut short: open it in a viewer and save it again.',
  },
  MEDIA_CORRUPT: {
    status: 422,
    title: 'The media cannot be decoded',
    hint: 'The file is damaged or cut short: play it and export it again.',
  },
  INVALID_PARAMETER: {
    status: 422,
    title: 'A parameter is not valid',
    hint: 'GET /v1/tasks shows the JSON Schema of every task’s parameters.',
  },
  URL_REFUSED: {
    status: 422,
    title: 'The URL is not fetched',
    hint: 'Only public http and https addresses are reached; FOVEA_URL_ALLOW names exceptions.',
  },
  QUEUE_FULL: {
    status: 429,
    title: 'Too much work is waiting',
    hint: 'Try again after the seconds in Retry-After, or raise FOVEA_QUEUE.',
  },
  RATE_LIMITED: {
    status: 429,
    title: 'Too many requests',
    hint: 'Try again after the seconds in Retry-After.',
  },
  CANCELLED: {
    status: 499,
    title: 'Cancelled',
    hint: 'The client closed the connection or cancelled the request.',
  },
  INTERNAL: {
    status: 500,
    title: 'Something broke inside Fovea',
    hint: 'Look for the requestId in the server’s log and report it with what you sent.',
  },
  NOT_IMPLEMENTED: {
    status: 501,
    title: 'Not built yet',
    hint: 'This part of the API is planned; CHANGELOG.md says what this version has.',
  },
  MODEL_MISSING: {
    status: 503,
    title: 'The model’s weights are not here',
    hint: 'Run `npm run fovea -- models pull <id>` on the server.',
  },
  MODEL_FAILED: {
    status: 503,
    title: 'The model could not be run',
    hint: 'Try again; if it stays, run `npm run fovea -- models verify` and look at the log.',
  },
  CATALOG_UNAVAILABLE: {
    status: 503,
    title: 'The catalog does not answer',
    hint: 'Check that Postgres runs (GET /v1/health/ready); ?store=false works without it.',
  },
  DEADLINE_EXCEEDED: {
    status: 504,
    title: 'It took too long',
    hint: 'Try again when the server is less busy, or send fewer or smaller inputs.',
  },
  STORAGE_FULL: {
    status: 507,
    title: 'No space left',
    hint: 'Free disk space in the data folder, or set FOVEA_KEEP_DAYS / FOVEA_KEEP_BYTES.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;
/** What can be wrong with one input while the others of a batch are fine. */
export const INPUT_FAULTS: readonly ErrorCode[] = [
  'IMAGE_TOO_LARGE',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA',
  'IMAGE_CORRUPT',
  'MEDIA_CORRUPT',
  'URL_REFUSED',
  'MODEL_FAILED',
];
export const ERROR_CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

/** One field of a request that is wrong: where, and why. */
export const FieldError = z.object({ path: z.string(), message: z.string() });
export type FieldError = z.infer<typeof FieldError>;

/** `application/problem+json` (RFC 9457), the body of every error. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(ERROR_CODES),
    detail: z.string(),
    hint: z.string(),
    requestId: z.string(),
    errors: z.array(FieldError).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

export interface VisionErrorOptions {
  readonly cause?: unknown;
  /** Replaces the table's hint where a more exact one is known, e.g. the command that fixes it. */
  readonly hint?: string;
  readonly errors?: readonly FieldError[];
  /** Seconds, sent as Retry-After. */
  readonly retryAfterS?: number;
}

/**
 * An error that a user's input or the state of the system can cause; its code is a row of {@link ERRORS}.
 * Wrong use by code is a TypeError or a RangeError instead.
 * @example throw new VisionError('IMAGE_CORRUPT', 'cat.jpg ends after 312 of 4096 bytes', { cause });
 */
export class VisionError extends Error {
  override readonly name = 'VisionError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  readonly errors?: readonly FieldError[];
  readonly retryAfterS?: number;

  constructor(code: ErrorCode, detail: string, options: VisionErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.hint = options.hint ?? ERRORS[code].hint;
    if (options.errors) this.errors = options.errors;
    if (options.retryAfterS !== undefined) this.retryAfterS = options.retryAfterS;
  }

  /** The body that REST, socket, CLI and SDK all show. */
  toProblem(requestId: string): Problem {
    return {
      type: `urn:fovea:problem:${this.code.toLowerCase().replaceAll('_', '-')}`,
      title: ERRORS[this.code].title,
      status: this.status,
      code: this.code,
      detail: this.message,
      hint: this.hint,
      requestId,
      ...(this.errors ? { errors: [...this.errors] } : {}),
    };
  }

  /** The error that a problem body describes (clients). */
  static fromProblem(problem: Problem): VisionError {
    return new VisionError(problem.code, problem.detail, {
      hint: problem.hint,
      ...(problem.errors ? { errors: problem.errors } : {}),
    });
  }
}

/** Turns a failed zod parse into INVALID_PARAMETER (or another code) that names every wrong field. */
export function invalidFields(error: z.ZodError, code: ErrorCode = 'INVALID_PARAMETER'): VisionError {
  const errors = error.issues.map((issue) => ({
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }));
  const detail = errors
    .map((field) => (field.path ? `${field.path}: ${field.message}` : field.message))
    .join('; ');
  return new VisionError(code, detail, { errors, cause: error });
}

/** Makes the type checker name the case that a switch over a union forgot. */
export function assertUnreachable(value: never): never {
  throw new TypeError(`unreachable case: ${JSON.stringify(value)}`);
}
