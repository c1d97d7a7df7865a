import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import {
  invalidFields,
  ReplayRequest,
  RunQuery,
  VisionError,
  type ReplayEnvelope,
  type RunEnvelope,
  type RunPage,
} from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { Engine } from '../engine/engine.ts';
import { exportRuns } from '../engine/export.ts';
import { Resources } from '../engine/resources.ts';
import { catalogSearcher, runsAbout, withAltTexts } from '../engine/runs-about.ts';
import { readJsonBody } from './body.ts';
import { forwardRequest } from './forward-request.ts';
import { connectionSignal, OWNER, queryOf, withinTime } from './exchange.ts';

@Controller('v1/runs')
export class RunsController {
  constructor(
    @Inject(Engine) private readonly engine: Engine,
    @Inject(Resources) private readonly resources: Resources,
  ) {}

  @Get()
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const query = RunQuery.strict().safeParse(queryOf(request));
    if (!query.success) throw invalidFields(query.error);
    const { about, ...others } = query.data;
    const catalog = this.engine.needCatalog();
    if (about === undefined) {
      const page = await catalog.runs.list(OWNER, others);
      return void (await reply.send(await withAltTexts(catalog, OWNER, page)));
    }
    const { settings } = this.engine;
    const searcher = catalogSearcher(this.engine, this.resources);
    if (searcher.remote !== undefined)
      return await forwardRequest(searcher.remote, { settings, request, reply });
    const connection = connectionSignal(reply);
    const page: RunPage = await withinTime({ deadlineMs: settings.deadlineMs, connection }, (limits) =>
      runsAbout(
        { engine: this.engine, resources: this.resources },
        { owner: OWNER, query: { ...others, about }, searcher, ...limits },
      ),
    );
    await reply.send(await withAltTexts(catalog, OWNER, page));
  }

  @Get('export')
  async export(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { mime, fileName, bytes } = exportRuns(this.engine.needCatalog(), OWNER, queryOf(request));
    await reply
      .header('content-type', mime)
      .header('content-disposition', `attachment; filename="${fileName}"`)
      .header('cache-control', 'no-store')
      .send(Readable.from(bytes));
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<RunEnvelope> {
    return this.engine.findRun(OWNER, id);
  }

  @Delete(':id')
  @HttpCode(204)
  async delete(@Param('id') id: string): Promise<void> {
    const { run } = await this.engine.findRun(OWNER, id);
    await this.engine.needCatalog().runs.delete(OWNER, run.id);
  }

  @Get(':id/overlay.png')
  png(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    return this.overlay(id, 'png', reply);
  }

  @Get(':id/overlay.svg')
  svg(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    return this.overlay(id, 'svg', reply);
  }

  @Post(':id/replay')
  @HttpCode(200)
  async replay(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplayEnvelope> {
    const signal = connectionSignal(reply);
    const body = ReplayRequest.strict().safeParse((await readJsonBody(request.raw)) ?? {});
    if (!body.success) throw invalidFields(body.error);
    return this.engine.replay(OWNER, id, { current: body.data.model === 'current', signal });
  }

  @Post(':id/explain')
  explain(): never {
    throw new VisionError('NOT_IMPLEMENTED', 'explanations come with the understanding application');
  }

  private async overlay(id: string, format: 'png' | 'svg', reply: FastifyReply): Promise<void> {
    const envelope = await this.engine.findRun(OWNER, id);
    const bytes = await this.engine.overlay(envelope, format, { owner: OWNER });
    await reply
      .header('content-type', format === 'png' ? 'image/png' : 'image/svg+xml')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      .header('cache-control', 'private, max-age=31536000, immutable')
      .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
}
