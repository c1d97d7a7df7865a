import { All, Controller, Get, Inject, Res } from '@nestjs/common';
import { VisionError, type Health } from '@fovea/contracts';
import type { FastifyReply } from 'fastify';
import { Engine } from '../engine/engine.ts';
import { Metrics } from './metrics.ts';
import { openApi } from './openapi.ts';

@Controller()
export class SystemController {
  constructor(
    @Inject(Engine) private readonly engine: Engine,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  /** This process answers. */
  @Get('v1/health/live')
  live(): Health {
    return { status: 'ok', checks: { process: { ok: true } }, version: this.engine.version };
  }

  /** The database answers, and at least one session host does. 503 while not, and while shutting down. */
  @Get('v1/health/ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const health = await readiness(this.engine);
    await reply
      .status(health.status === 'ok' ? 200 : 503)
      .header('cache-control', 'no-store')
      .send(health);
  }

  @Get('metrics')
  async prometheus(@Res() reply: FastifyReply): Promise<void> {
    await reply.header('content-type', this.metrics.contentType).send(await this.metrics.text());
  }

  @Get('openapi.json')
  openApi(): object {
    const resources = this.engine.registry.resources().map(({ definition }) => definition);
    return openApi(this.engine.tasks(), this.engine.version, resources);
  }

  @All(['v1/streams', 'v1/streams/*'])
  later(): never {
    throw new VisionError('NOT_IMPLEMENTED', 'streams are not built yet');
  }
}

export async function readiness(engine: Engine): Promise<Health> {
  const [database, inference] = await Promise.allSettled([
    engine.needCatalog().ping(),
    engine.inference.ready(),
  ]);
  const message = (reason: unknown) => (reason instanceof Error ? reason.message : String(reason));
  const checks: Health['checks'] = {
    database:
      database.status === 'fulfilled' ? { ok: true } : { ok: false, detail: message(database.reason) },
    inference:
      inference.status === 'fulfilled'
        ? { ok: inference.value.ok, detail: inference.value.detail }
        : { ok: false, detail: message(inference.reason) },
    accepting: { ok: !engine.closing },
  };
  const ok = Object.values(checks).every((check) => check.ok);
  return { status: ok ? 'ok' : 'unavailable', checks, version: engine.version };
}
