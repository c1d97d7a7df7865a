import { ERRORS, isProblem, VisionError, type FieldError, type Problem } from '@fovea/contracts';
import { ConnectionError, ServerError } from '@fovea/sdk';

/** A failure as the page shows it, whether the server named it or nothing answered. */
export interface ShownProblem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string;
  readonly requestId: string | undefined;
  readonly errors: readonly FieldError[];
}

/** What to show for anything that was thrown, or for a problem body of a batch. */
export function toShownProblem(error: unknown): ShownProblem {
  if (error instanceof VisionError)
    return {
      code: error.code,
      title: ERRORS[error.code].title,
      detail: error.message,
      hint: error.hint,
      requestId: error instanceof ServerError ? error.requestId : undefined,
      errors: error.errors ?? [],
    };
  if (error instanceof ConnectionError)
    return {
      code: error.code,
      title: 'The server does not answer',
      detail: error.message,
      hint: error.hint,
      requestId: undefined,
      errors: [],
    };
  if (typeof error === 'object' && error !== null && isProblem(error)) {
    const { code, title, detail, hint, requestId, errors = [] } = error as Problem;
    return { code, title, detail, hint, requestId, errors };
  }
  return {
    code: 'PAGE',
    title: 'Something broke on this page',
    detail: error instanceof Error ? error.message : String(error),
    hint: 'Reload the page. If it happens again, report it with what you did.',
    requestId: undefined,
    errors: [],
  };
}

export const isCode = (error: unknown, code: string): boolean =>
  error instanceof VisionError && error.code === code;
