import { VisionError } from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The owner of everything a request makes; one owner until accounts exist. */
export const OWNER = 'local';

/** Aborts when the client closes the connection before the answer is sent. */
export function connectionSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished)
      controller.abort(new VisionError('CANCELLED', 'the client closed the connection'));
  });
  return controller.signal;
}

export type Query = Readonly<Record<string, string | string[]>>;
export const queryOf = (request: FastifyRequest): Query => request.query as Query;
export const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};
