import { Controller, Get, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { primaryInput } from '@fovea/application';
import {
  VisionError,
  type BatchEnvelope,
  type InputSource,
  type RunEnvelope,
  type TaskList,
} from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import { Engine } from '../engine/engine.ts';
import type { ExecuteRequest } from '../engine/executor.ts';
import { sha256Of, type InputBytes } from '../engine/inputs.ts';
import { queryParams } from '../engine/params.ts';
import { readRunBody } from './body.ts';
import { connectionSignal, header, OWNER, queryOf } from './exchange.ts';
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
    if (/\brespond-async\b/.test(header(request, 'prefer') ?? ''))
      throw new VisionError('NOT_IMPLEMENTED', 'jobs are not built yet', {
        hint: 'Leave out "Prefer: respond-async".',
      });
    const primary = primaryInput(definition);
    const body = await readRunBody(request.raw, {
      maxBytes: this.engine.settings.maxBytes,
      primary,
      resolve: (source) => this.resolve(source, signal),
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
    const key = header(request, 'idempotency-key');
    const run = key === undefined ? execute : { ...execute, idempotency: idempotency(key, execute) };
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

  private async resolve(
    source: Exclude<InputSource, { base64: string }>,
    signal: AbortSignal,
  ): Promise<InputBytes> {
    if ('url' in source) return this.urls.fetch(source.url, signal);
    return { bytes: await this.engine.readBlob(OWNER, source.blob), sha256: source.blob };
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

/** The same key must come with the same request: task, model, parameters and the bytes of every input. */
function idempotency(key: string, request: ExecuteRequest): { key: string; requestSha256: string } {
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw new VisionError('INVALID_REQUEST', 'Idempotency-Key must be 1 to 200 visible ASCII characters');
  const hash = createHash('sha256');
  hash.update(JSON.stringify([request.task, request.model ?? null, request.params]));
  for (const [name, inputs] of Object.entries(request.inputs))
    for (const input of inputs) hash.update(`\n${name} ${input.sha256 ?? sha256Of(input.bytes)}`);
  return { key, requestSha256: hash.digest('hex') };
}
