import { All, Controller, Delete, Get, Patch, Post, Req, Res, type Type } from '@nestjs/common';
import { Accepted, type AnyOperation, type Method } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RegisteredResource } from '../engine/registry.ts';
import type { Resources } from '../engine/resources.ts';
import type { Settings } from '@fovea/config';
import { connectionSignal, header, OWNER, queryOf, withinTime } from './exchange.ts';
import { sendJob } from './jobs.controller.ts';
import { readOperation } from './operation-body.ts';
import { forwardRequest } from './forward-request.ts';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

const ROUTE: Readonly<Record<Method, (path: string) => MethodDecorator>> = {
  GET: Get,
  POST: Post,
  PATCH: Patch,
  DELETE: Delete,
};

export interface ResourceServer {
  readonly resources: Resources;
  readonly settings: Settings;
  /** Bytes of a file that a form names. */
  readonly resolve: (
    source: { url: string } | { blob: string },
    signal: AbortSignal,
  ) => ReturnType<Parameters<typeof readOperation>[1]['resolve']>;
}

/** The controller of a resource: a route for every operation, answered here or by the service that has it. */
export function resourceController(resource: RegisteredResource, server: ResourceServer): Type {
  class ResourceController {}
  for (const operation of resource.definition.operations) {
    const handle: Handler =
      resource.remote === undefined
        ? (request, reply) => answer(resource, operation, { server, request, reply })
        : (request, reply) => forwardRequest(resource.remote as string, { ...server, request, reply });
    route(ResourceController, operation, handle);
  }
  Controller(`v1/${resource.definition.name}`)(ResourceController);
  return ResourceController;
}

/** Says of a resource whose application is not served that it could be. */
export function absentController(name: string): Type {
  class AbsentController {
    answer(): never {
      throw new VisionError('NOT_IMPLEMENTED', `${name} are not served here`, {
        hint: 'FOVEA_APPS chooses applications.',
      });
    }
  }
  const { prototype } = AbsentController;
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'answer') as PropertyDescriptor;
  All(['', '*'])(prototype, 'answer', descriptor);
  Controller(`v1/${name}`)(AbsentController);
  return AbsentController;
}

/** What decorators would do, for routes that are only known when the server starts. */
function route(controller: Type, { name, method, path }: AnyOperation, handle: Handler): void {
  const key = `${method} ${name}`;
  const descriptor = { value: handle, writable: true, enumerable: false, configurable: true };
  Object.defineProperty(controller.prototype, key, descriptor);
  ROUTE[method](path.replaceAll(/\{(\w+)\}/g, ':$1'))(controller.prototype as object, key, descriptor);
  Req()(controller.prototype as object, key, 0);
  Res()(controller.prototype as object, key, 1);
}

async function answer(
  { definition }: RegisteredResource,
  operation: AnyOperation,
  { server, request, reply }: { server: ResourceServer; request: FastifyRequest; reply: FastifyReply },
): Promise<void> {
  const { resources, settings, resolve } = server;
  const connection = connectionSignal(reply);
  const read = await readOperation(operation, {
    raw: request.raw,
    query: queryOf(request),
    maxBytes: settings.maxBytes,
    resolve: (source) => resolve(source, connection),
  });
  const path = request.params as Record<string, string>;
  const wantsJob = /\brespond-async\b/i.test(header(request, 'prefer') ?? '');
  const answered: unknown = await withinTime({ deadlineMs: settings.deadlineMs, connection }, (limits) =>
    operation.run(resources.context({ definition, owner: OWNER, priority: 'interactive', ...limits }), {
      ...read,
      path,
      wantsJob,
    }),
  );
  if (answered instanceof Accepted) {
    if (wantsJob) void reply.header('preference-applied', 'respond-async');
    return await sendJob(reply, answered.job);
  }
  if (answered === undefined) return void (await reply.status(204).send());
  const self = operation.status === 201 ? linkOf(answered) : undefined;
  if (self !== undefined) void reply.header('location', self);
  await reply.status(operation.status ?? 200).send(answered);
}

/** Where what was made is. */
function linkOf(answer: unknown): string | undefined {
  const { links } = answer as { links?: { self?: unknown } };
  return typeof links?.self === 'string' ? links.self : undefined;
}
