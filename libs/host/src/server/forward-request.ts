import { VisionError } from '@fovea/contracts';
import type { Settings } from '@fovea/config';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { request as send } from 'undici';
import { connectionSignal } from './exchange.ts';

/** Headers that matter to the service; the key is this server's own. */
const SENT = [
  'accept',
  'content-length',
  'content-type',
  'idempotency-key',
  'if-none-match',
  'prefer',
  'range',
] as const;
const RETURNED = [
  'cache-control',
  'content-disposition',
  'content-length',
  'content-range',
  'content-type',
  'etag',
  'location',
  'preference-applied',
  'retry-after',
] as const;

export interface Forwarded {
  readonly settings: Pick<Settings, 'apiKey' | 'deadlineMs'>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/**
 * Hands a request on as it is to the service that has the resource (FOVEA_REMOTE_APPS), and its answer back, both as
 * they come.
 * @throws MODEL_FAILED when it does not answer, CANCELLED
 */
export async function forwardRequest(
  service: string,
  { settings, request, reply }: Forwarded,
): Promise<void> {
  const signal = connectionSignal(reply);
  const { method, headers } = request.raw;
  const hasBody = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  try {
    const answer = await send(`${service}${request.raw.url ?? ''}`, {
      method: method as 'GET',
      headers: {
        ...pick(headers, SENT),
        'x-request-id': request.id,
        ...(settings.apiKey ? { authorization: `Bearer ${settings.apiKey}` } : {}),
      },
      ...(hasBody ? { body: request.raw } : {}),
      signal,
      // The service keeps the time itself.
      headersTimeout: 2 * settings.deadlineMs,
      bodyTimeout: 2 * settings.deadlineMs,
    });
    for (const [name, value] of Object.entries(pick(answer.headers, RETURNED)))
      void reply.header(name, value);
    await reply.status(answer.statusCode).send(answer.body);
  } catch (error) {
    if (signal.aborted) throw error;
    throw new VisionError('MODEL_FAILED', `the service at ${service} does not answer`, {
      cause: error,
      hint: 'Check that it runs (GET /v1/health/ready there) and that FOVEA_REMOTE_APPS names its address.',
    });
  }
}

const pick = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
  names: readonly string[],
): Record<string, string | string[]> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
