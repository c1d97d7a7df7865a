import { VisionError } from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { cancelled } from '../engine/context.ts';
import { timeLimit } from '../engine/time-limit.ts';

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

/**
 * Work for somebody who waits: given up when the connection is closed or the time is over, also where the work itself
 * does not look at its signal.
 * @throws DEADLINE_EXCEEDED, CANCELLED, and what the work throws
 */
export async function withinTime<T>(
  { deadlineMs, connection }: { deadlineMs: number; connection: AbortSignal },
  work: (limits: { signal: AbortSignal; deadlineAt: number }) => Promise<T>,
): Promise<T> {
  const { signal, end } = timeLimit(deadlineMs, connection);
  let leave = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    leave = () => reject(cancelled(signal));
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    signal.throwIfAborted();
    return await Promise.race([work({ signal, deadlineAt: Date.now() + deadlineMs }), over]);
  } catch (error) {
    throw signal.aborted ? cancelled(signal) : error;
  } finally {
    signal.removeEventListener('abort', leave);
    end();
  }
}

export type Query = Readonly<Record<string, string | string[]>>;
export const queryOf = (request: FastifyRequest): Query => request.query as Query;
export const header = (request: FastifyRequest, name: string): string | undefined => {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
};
