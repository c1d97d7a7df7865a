import type { AnyOperation, ResourceDefinition } from '@fovea/application';
import type { z } from 'zod';
import { jobAnswer, preferHeader } from './openapi-jobs.ts';
import { json, path, problems, queryParameters, type Json } from './openapi-parts.ts';
import type { Schemas } from './openapi-schemas.ts';

/** What any operation of a resource may answer. */
const ALWAYS = ['UNAUTHENTICATED', 'FORBIDDEN', 'CANCELLED', 'INTERNAL', 'DEADLINE_EXCEEDED'] as const;
const FILE = { type: 'string', format: 'binary' };

/**
 * The operations of a resource.
 * @param refTo refers to the schema of a body or an answer
 */
export function resourcePaths(resource: ResourceDefinition, refTo: Schemas['refTo']): Json {
  const paths: Record<string, Json> = {};
  for (const operation of resource.operations) {
    const address = `/v1/${resource.name}${operation.path}`;
    paths[address] = {
      ...paths[address],
      [operation.method.toLowerCase()]: describe(resource, operation, refTo),
    };
  }
  return paths;
}

function describe(resource: ResourceDefinition, operation: AnyOperation, refTo: Schemas['refTo']): Json {
  const { name, summary, description, mayAccept } = operation;
  const named = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, part = '']) => path(part, 'the id'));
  const parameters = [
    ...named,
    ...(operation.query ? queryParameters(operation.query as z.ZodType) : []),
    ...(mayAccept && operation.method !== 'GET' ? [preferHeader()] : []),
  ];
  const body = operation.body as z.ZodType | undefined;
  const requestBody = requestOf(operation, body && refTo(body));
  return {
    operationId: `${resource.name}-${name}`,
    tags: [resource.name],
    summary,
    ...(description ? { description } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody ? { requestBody } : {}),
    responses: {
      ...answerOf(operation, refTo),
      ...(mayAccept && operation.status !== 202 ? jobAnswer('a job, which goes on with it') : {}),
      ...problems(...new Set([...operation.problems, ...ALWAYS])),
    },
  };
}

function answerOf(operation: AnyOperation, refTo: Schemas['refTo']): Json {
  const answer = operation.answer as z.ZodType | undefined;
  if (operation.status === 202 && !answer) return jobAnswer('the job');
  if (!answer) return { '204': { description: 'done' } };
  return { [operation.status ?? 200]: { description: 'the answer', ...json(refTo(answer)) } };
}

function requestOf({ files = [] }: AnyOperation, body: Json | undefined): Json | undefined {
  if (!body && files.length === 0) return undefined;
  const params = body ?? { type: 'object' };
  const content: Json = body ? { 'application/json': { schema: body } } : {};
  if (files.length > 0) {
    content['multipart/form-data'] = {
      schema: {
        type: 'object',
        properties: {
          ...Object.fromEntries(files.map((field) => [field, { type: 'array', items: FILE }])),
          params: { description: 'JSON; its fields may be fields of the form as well', ...params },
        },
      },
    };
    content['image/*'] = { schema: FILE };
    if (files.includes('archive')) content['application/zip'] = { schema: FILE };
  }
  return { content };
}
