import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { VisionError } from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../engine/log.ts';
import { Metrics } from './metrics.ts';
import { asVisionError } from './problem.ts';
import { Site } from './site.ts';

export const LOG = Symbol('log');

/** The one place where an error becomes an answer: application/problem+json with the request id. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    @Inject(LOG) private readonly log: Log,
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(Site) private readonly site: Site,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const known = this.site.explainMissing(request, asVisionError(error));
    if (known === 'page') return void this.site.sendPage(reply);
    this.metrics.problem(known.code);
    if (known.status >= 500 && known.code !== 'NOT_IMPLEMENTED')
      this.log.error({ err: error, requestId: request.id, code: known.code }, known.message);
    if (reply.sent || reply.raw.headersSent || reply.raw.destroyed) return;
    void answerProblem(reply, known, request.id);
  }
}

/** Writes a problem as the answer. */
export function answerProblem(reply: FastifyReply, error: VisionError, requestId: string): FastifyReply {
  if (error.retryAfterS !== undefined)
    void reply.header('retry-after', String(Math.max(1, Math.ceil(error.retryAfterS))));
  if (error.code === 'UNAUTHENTICATED') void reply.header('www-authenticate', 'Bearer');
  return reply
    .status(error.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(error.toProblem(requestId)));
}
