import { Controller, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import type { ModelInfo, ModelList } from '@fovea/contracts';
import type { FastifyReply } from 'fastify';
import { Engine } from '../engine/engine.ts';
import { connectionSignal } from './exchange.ts';

@Controller('v1/models')
export class ModelsController {
  constructor(@Inject(Engine) private readonly engine: Engine) {}

  @Get()
  list(): ModelList {
    return this.engine.models();
  }

  @Get(':id')
  get(@Param('id') id: string): ModelInfo {
    return this.engine.inference.modelInfo(id);
  }

  @Post(':id/load')
  @HttpCode(200)
  async load(@Param('id') id: string): Promise<ModelInfo> {
    await this.engine.inference.load(id);
    return this.get(id);
  }

  @Post(':id/unload')
  @HttpCode(200)
  async unload(@Param('id') id: string): Promise<ModelInfo> {
    await this.engine.inference.unload(id);
    return this.get(id);
  }

  @Post(':id/pull')
  @HttpCode(200)
  async pull(@Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply): Promise<ModelInfo> {
    await this.engine.inference.pull(id, { signal: connectionSignal(reply) });
    return this.get(id);
  }
}
