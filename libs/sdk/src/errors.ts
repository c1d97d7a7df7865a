import { Problem, VisionError } from '@fovea/contracts';

/** An error that the server answered with: a VisionError that also says which request it was. */
export class ServerError extends VisionError {
  /** As the server sent it. */
  readonly problem: Problem;

  constructor(problem: Problem, retryAfterS?: number) {
    super(problem.code, problem.detail, {
      hint: problem.hint,
      ...(problem.errors ? { errors: problem.errors } : {}),
      ...(retryAfterS === undefined ? {} : { retryAfterS }),
    });
    this.problem = problem;
  }

  /** Names the request in the server's log. */
  get requestId(): string {
    return this.problem.requestId;
  }
}

export type ConnectionFailure =
  /** Nothing answers at this address, or the connection broke before the answer was whole. */
  | 'UNREACHABLE'
  /** Something answers there, but it does not speak Fovea's API. */
  | 'NOT_FOVEA'
  /** No answer within `timeoutMs`. */
  | 'TIMEOUT';

/** There is no answer of a Fovea server to show: what address was tried, and what to do about it. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly code: ConnectionFailure;
  readonly url: string;
  readonly hint: string;

  constructor(
    code: ConnectionFailure,
    message: string,
    options: { url: string; hint: string; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.url = options.url;
    this.hint = options.hint;
  }
}

/** The problem that a body describes, or undefined where it is something else (a proxy's page, say). */
export function readProblem(body: unknown): Problem | undefined {
  const parsed = Problem.safeParse(body);
  return parsed.success ? parsed.data : undefined;
}
