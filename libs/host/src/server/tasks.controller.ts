import { Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { primaryInput } from '@fovea/application';
import { VisionError, type BatchEnvelope, type RunEnvelope, type TaskList } from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Engine } from '../engine/engine.ts';
import type { ExecuteRequest } from '../engine/executor.ts';
import { queryParams } from '../engine/params.ts';
import { submitRun } from '../engine/run-jobs.ts';
import { readRunBody } from './body.ts';
import { connectionSignal, header, OWNER, queryOf } from './exchange.ts';
import { withKey } from './idempotency-key.ts';
import { inputSources } from './input-sources.ts';
import { sendJob } from './jobs.controller.ts';
import { asVisionError } from './problem.ts';
import { UrlInputs } from './url-input.ts';

@Controller('v1/tasks')
export class TasksController {
  constructor(
    @Inject(Engine) private readonly engine: Engine,
    @Inject(UrlInputs) private readonly urls: UrlInputs,
  ) {}

  @Get()
  list(): TaskList {
    return { items: this.engine.tasks(), nextCursor: null };
  }

  @Post(':task')
  async run(
    @Param('task') task: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const signal = connectionSignal(reply);
    const { definition, info } = this.engine.registry.get(task);
    const primary = primaryInput(definition);
    const body = await readRunBody(request.raw, {
      maxBytes: this.engine.settings.maxBytes,
      primary,
      resolve: inputSources({ engine: this.engine, urls: this.urls, signal }),
    });
    const { store, model, ...rest } = queryOf(request);
    const execute: ExecuteRequest = {
      task,
      inputs: body.inputs,
      params: { ...queryParams(info.params, rest), ...objectOf(body.params) },
      model: body.model ?? (typeof model === 'string' ? model : undefined),
      owner: OWNER,
      store: storeFlag(store),
      signal,
    };
    const run = withKey(request, execute);
    if (/\brespond-async\b/i.test(header(request, 'prefer') ?? ''))
      return await sendJob(
        reply.header('preference-applied', 'respond-async'),
        await submitRun(this.engine, run),
      );
    const batch = primary !== undefined && (body.inputs[primary]?.length ?? 0) > 1;
    if (/\btext\/event-stream\b/.test(header(request, 'accept') ?? ''))
      return this.stream(run, { batch, request, reply });
    await reply.status(200).send(batch ? await this.batch(run, request.id) : await this.engine.execute(run));
  }

  private async batch(run: ExecuteRequest, requestId: string): Promise<BatchEnvelope> {
    const settled = await this.engine.executeEach(run);
    return {
      runs: settled.map((one): RunEnvelope | ReturnType<VisionError['toProblem']> =>
        one.status === 'fulfilled' ? one.value : asVisionError(one.reason).toProblem(requestId),
      ),
    };
  }

  /** Server-sent events: `partial` while it runs, then one `result` or `problem`. */
  private async stream(
    run: ExecuteRequest,
    { batch, request, reply }: { batch: boolean; request: FastifyRequest; reply: FastifyReply },
  ): Promise<void> {
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-request-id': request.id,
    });
    const send = (event: string, data: unknown) =>
      reply.raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    try {
      const partial = { ...run, onPartial: (result: object) => void send('partial', result) };
      send('result', batch ? await this.batch(partial, request.id) : await this.engine.execute(partial));
    } catch (error) {
      send('problem', asVisionError(error).toProblem(request.id));
    }
    reply.raw.end();
  }
}

function objectOf(params: unknown): object {
  if (params === undefined || params === null) return {};
  if (typeof params !== 'object' || Array.isArray(params))
    throw new VisionError('INVALID_PARAMETER', 'params must be an object such as {"topK": 3}');
  return params;
}

function storeFlag(value: string | string[] | undefined): boolean {
  if (value === undefined || value === 'true') return true;
  if (value === 'false') return false;
  throw new VisionError('INVALID_PARAMETER', 'store must be true or false');
}
