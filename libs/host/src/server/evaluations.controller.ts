import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { EvaluationQuery, invalidFields, type Evaluation, type EvaluationPage } from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Engine } from '../engine/engine.ts';
import { Evaluations } from '../evaluations/evaluations.ts';
import { readJsonBody } from './body.ts';
import { OWNER, queryOf } from './exchange.ts';
import { sendJob } from './jobs.controller.ts';

@Controller('v1/evaluations')
export class EvaluationsController {
  constructor(
    @Inject(Engine) private readonly engine: Engine,
    @Inject(Evaluations) private readonly evaluations: Evaluations,
  ) {}

  @Post()
  async start(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const checked = await this.evaluations.check((await readJsonBody(request.raw)) ?? {});
    const { task } = checked;
    const job = await this.engine.needJobs().submit(OWNER, { kind: 'evaluation', task, request: checked });
    await sendJob(reply, job);
  }

  @Get()
  list(@Req() request: FastifyRequest): Promise<EvaluationPage> {
    const query = EvaluationQuery.strict().safeParse(queryOf(request));
    if (!query.success) throw invalidFields(query.error);
    return this.evaluations.list(OWNER, query.data);
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<Evaluation> {
    return this.evaluations.get(OWNER, id);
  }

  @Delete(':id')
  @HttpCode(204)
  delete(@Param('id') id: string): Promise<void> {
    return this.evaluations.delete(OWNER, id);
  }
}
