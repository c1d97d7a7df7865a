import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { primaryInput } from '@fovea/application';
import { invalidFields, JobQuery, JobRequest, type Job, type JobPage } from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Engine } from '../engine/engine.ts';
import type { ExecuteRequest } from '../engine/executor.ts';
import { submitRun } from '../engine/run-jobs.ts';
import { jsonLimit, readJsonBody, readSources } from './body.ts';
import { connectionSignal, OWNER, queryOf } from './exchange.ts';
import { withKey } from './idempotency-key.ts';
import { inputSources } from './input-sources.ts';
import { streamJob } from './job-events.ts';
import { UrlInputs } from './url-input.ts';

@Controller('v1/jobs')
export class JobsController {
  constructor(
    @Inject(Engine) private readonly engine: Engine,
    @Inject(UrlInputs) private readonly urls: UrlInputs,
  ) {}

  @Post()
  async submit(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const signal = connectionSignal(reply);
    const { maxBytes } = this.engine.settings;
    const body = JobRequest.safeParse(await readJsonBody(request.raw, jsonLimit(maxBytes)));
    if (!body.success) throw invalidFields(body.error, 'INVALID_REQUEST');
    const { task, params = {}, ...sources } = body.data;
    const { definition } = this.engine.registry.get(task);
    const { inputs, model } = await readSources(sources, {
      maxBytes,
      primary: primaryInput(definition),
      resolve: inputSources({ engine: this.engine, urls: this.urls, signal }),
    });
    const run: ExecuteRequest = {
      task,
      inputs,
      params,
      owner: OWNER,
      ...(model === undefined ? {} : { model }),
    };
    await sendJob(reply, await submitRun(this.engine, withKey(request, run)));
  }

  @Get()
  list(@Req() request: FastifyRequest): Promise<JobPage> {
    const query = JobQuery.strict().safeParse(queryOf(request));
    if (!query.success) throw invalidFields(query.error);
    return this.engine.needJobs().list(OWNER, query.data);
  }

  @Get(':id')
  get(@Param('id') id: string): Promise<Job> {
    return this.engine.needJobs().get(OWNER, id);
  }

  @Get(':id/events')
  async events(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const jobs = this.engine.needJobs();
    await jobs.get(OWNER, id);
    streamJob((listener) => jobs.watch(OWNER, id, listener), { request, reply });
  }

  /** Cancels a job that has not ended (200, the job); removes one that has (204). */
  @Delete(':id')
  async delete(@Param('id') id: string, @Res() reply: FastifyReply): Promise<void> {
    const jobs = this.engine.needJobs();
    const { finishedAt } = await jobs.get(OWNER, id);
    if (finishedAt === null) return void (await reply.status(200).send(await jobs.cancel(OWNER, id)));
    await jobs.delete(OWNER, id);
    await reply.status(204).send();
  }

  @Post(':id/retry')
  @HttpCode(202)
  retry(@Param('id') id: string): Promise<Job> {
    return this.engine.needJobs().retry(OWNER, id);
  }
}

/** 202 and where the job is. */
export async function sendJob(reply: FastifyReply, job: Job): Promise<void> {
  await reply.status(202).header('location', job.links.self).send(job);
}
