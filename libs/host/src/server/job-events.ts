import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JobListener } from '../engine/jobs.ts';

/** Proxies close connections that are silent for longer. */
const KEEP_ALIVE_MS = 15_000;

/**
 * A job as server-sent events: `progress` at once and whenever it changes, `partial`, and `done` last. The stream
 * ends after `done`, when the client leaves, and when the server stops (a client asks again then).
 */
export function streamJob(
  watch: (listener: JobListener) => () => void,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-request-id': request.id,
  });
  raw.flushHeaders();
  const alive = setInterval(() => raw.write(': waiting\n\n'), KEEP_ALIVE_MS);
  const end = () => {
    clearInterval(alive);
    if (!raw.writableEnded) raw.end();
  };
  const unwatch = watch((event) => {
    if (event.type !== 'end') raw.write(`event: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`);
    if (event.type === 'end' || event.type === 'done') end();
  });
  raw.once('close', () => {
    clearInterval(alive);
    unwatch();
  });
}
