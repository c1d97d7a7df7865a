import { ERRORS, VisionError, type ErrorCode } from '@fovea/contracts';

/** Fastify's own errors and Nest's statuses, as rows of the one table. */
const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PAYLOAD_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA',
  ENOSPC: 'STORAGE_FULL',
  ERR_STREAM_PREMATURE_CLOSE: 'CANCELLED',
  ECONNRESET: 'CANCELLED',
};
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA',
};

/** Any error as one of the table; what is not known is INTERNAL and tells nothing of the inside. */
export function asVisionError(error: unknown): VisionError {
  if (error instanceof VisionError) return error;
  const { code, status, statusCode, message, name } = error as {
    code?: string;
    status?: number;
    statusCode?: number;
    message?: string;
    name?: string;
  };
  if (name === 'AbortError')
    return new VisionError('CANCELLED', 'the request was cancelled', { cause: error });
  const known = (code && BY_CODE[code]) || BY_STATUS[statusCode ?? status ?? 0];
  if (known) return new VisionError(known, message || ERRORS[known].title, { cause: error });
  return new VisionError('INTERNAL', 'an unexpected error; the log has it under this request id', {
    cause: error,
  });
}
