import type { ResourceDefinition } from '@fovea/application';
import type { TaskInfo } from '@fovea/contracts';
import * as contracts from '@fovea/contracts';
import { evaluationPaths } from './openapi-evaluations.ts';
import { asyncAnswer, jobPaths, preferHeader } from './openapi-jobs.ts';
import { ref, json, ok, binary, problems, path, query, queryParameters, type Json } from './openapi-parts.ts';
import { resourcePaths } from './openapi-resources.ts';
import { documentSchemas } from './openapi-schemas.ts';
import { systemPaths } from './openapi-system.ts';

const ID = path('id', 'the id');

function runOperation(task: TaskInfo): Json {
  const primary = task.inputs[0];
  const { $schema: _dialect, ...params } = task.params as Json;
  const properties = (params['properties'] ?? {}) as Record<string, Json>;
  const multipart = Object.fromEntries(
    task.inputs.map((input, index) => {
      const file = { type: 'string', format: 'binary' };
      // repeating the primary makes a batch
      return [input.name, index === 0 || input.max > 1 ? { type: 'array', items: file } : file];
    }),
  );
  return {
    operationId: `run-${task.task}`,
    tags: ['tasks'],
    summary: task.title,
    description: task.description,
    parameters: [
      query('store', { type: 'boolean', default: true }, 'false keeps nothing: no run, no blob'),
      query('model', { type: 'string', enum: task.models[0]?.choices }, 'the primary model'),
      ...Object.entries(properties).map(([name, schema]) =>
        query(name, schema, schema['description'] as string),
      ),
      {
        name: 'Idempotency-Key',
        in: 'header',
        schema: { type: 'string' },
        description: 'a repeat answers the first run',
      },
      preferHeader(),
      { name: 'X-Request-Id', in: 'header', schema: { type: 'string' } },
      {
        name: 'Accept',
        in: 'header',
        schema: { type: 'string', enum: ['application/json', 'text/event-stream'] },
        description: 'text/event-stream: `partial` events, then `result` or `problem`',
      },
    ],
    requestBody: {
      required: task.inputs.some((input) => input.min > 0),
      content: {
        'multipart/form-data': {
          schema: {
            type: 'object',
            properties: {
              ...multipart,
              params: { ...params, description: 'JSON' },
              model: { type: 'string' },
            },
          },
        },
        ...(primary ? { [`${primary.media}/*`]: { schema: { type: 'string', format: 'binary' } } } : {}),
        'application/json': {
          schema: { allOf: [ref('RunRequest'), { type: 'object', properties: { params } }] },
        },
      },
    },
    responses: {
      '200': {
        description: 'the run; of several primary inputs, the batch',
        content: {
          'application/json': { schema: { anyOf: [ref('RunEnvelope'), ref('BatchEnvelope')] } },
          'text/event-stream': { schema: {} },
        },
      },
      ...asyncAnswer(),
      ...problems(
        'INVALID_REQUEST',
        'UNAUTHENTICATED',
        'FORBIDDEN',
        'CONFLICT',
        'IMAGE_TOO_LARGE',
        'PAYLOAD_TOO_LARGE',
        'UNSUPPORTED_MEDIA',
        'IMAGE_CORRUPT',
        'INVALID_PARAMETER',
        'URL_REFUSED',
        'QUEUE_FULL',
        'CANCELLED',
        'INTERNAL',
        'MODEL_MISSING',
        'MODEL_FAILED',
        'CATALOG_UNAVAILABLE',
        'DEADLINE_EXCEEDED',
        'STORAGE_FULL',
      ),
    },
  };
}

/**
 * The OpenAPI 3.1 description of a server with these tasks and resources, made from the same schemas that check the
 * requests.
 */
export function openApi(
  tasks: readonly TaskInfo[],
  version: string,
  resources: readonly ResourceDefinition[] = [],
): Json {
  const { components, refTo } = documentSchemas(resources);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Fovea',
      version: version.split('+')[0],
      description: 'Self-hosted computer vision: every application as a service.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{}, { key: [] }],
    tags: [
      ...['tasks', 'jobs', 'evaluations', 'catalog', 'models', 'system'].map((name) => ({ name })),
      ...resources.map(({ name, title }) => ({ name, description: title })),
    ],
    paths: {
      '/v1/tasks': {
        get: {
          operationId: 'list-tasks',
          tags: ['tasks'],
          summary: 'Tasks of this server',
          responses: ok('TaskList', 'the tasks'),
        },
      },
      ...Object.fromEntries(tasks.map((task) => [`/v1/tasks/${task.task}`, { post: runOperation(task) }])),
      '/v1/runs': {
        get: {
          operationId: 'list-runs',
          tags: ['catalog'],
          summary: 'Runs, newest first',
          parameters: queryParameters(contracts.RunQuery),
          responses: { ...ok('RunPage', 'a page'), ...problems('INVALID_PARAMETER', 'CATALOG_UNAVAILABLE') },
        },
      },
      '/v1/runs/export': {
        get: {
          operationId: 'export-runs',
          tags: ['catalog'],
          summary: 'Runs as COCO JSON, a ZIP of YOLO labels, CSV or JSON lines, streamed',
          parameters: queryParameters(contracts.ExportQuery),
          responses: {
            ...binary('*/*', 'the file'),
            ...problems('INVALID_PARAMETER', 'CATALOG_UNAVAILABLE'),
          },
        },
      },
      '/v1/runs/{id}': {
        parameters: [ID],
        get: {
          operationId: 'get-run',
          tags: ['catalog'],
          summary: 'One run',
          responses: { ...ok('RunEnvelope', 'the run'), ...problems('NOT_FOUND') },
        },
        delete: {
          operationId: 'delete-run',
          tags: ['catalog'],
          summary: 'Delete a run',
          responses: { '204': { description: 'deleted' }, ...problems('NOT_FOUND') },
        },
      },
      '/v1/runs/{id}/overlay.png': {
        get: {
          operationId: 'run-overlay-png',
          tags: ['catalog'],
          summary: 'The result drawn on the picture',
          parameters: [ID],
          responses: { ...binary('image/png', 'the picture'), ...problems('NOT_FOUND') },
        },
      },
      '/v1/runs/{id}/overlay.svg': {
        get: {
          operationId: 'run-overlay-svg',
          tags: ['catalog'],
          summary: 'The drawing alone',
          parameters: [ID],
          responses: { ...binary('image/svg+xml', 'the drawing'), ...problems('NOT_FOUND') },
        },
      },
      '/v1/runs/{id}/replay': {
        post: {
          operationId: 'replay-run',
          tags: ['catalog'],
          summary: 'Run again as recorded, and compare',
          parameters: [ID],
          requestBody: json(ref('ReplayRequest')),
          responses: {
            ...ok('ReplayEnvelope', 'both runs and their difference'),
            ...problems('NOT_FOUND', 'MODEL_CHANGED', 'MODEL_MISSING'),
          },
        },
      },
      '/v1/blobs': {
        post: {
          operationId: 'put-blob',
          tags: ['catalog'],
          summary: 'Keep bytes',
          requestBody: {
            required: true,
            content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
          },
          responses: {
            ...ok('BlobInfo', 'the blob', '201'),
            ...problems('INVALID_REQUEST', 'PAYLOAD_TOO_LARGE', 'STORAGE_FULL'),
          },
        },
      },
      '/v1/blobs/{sha256}': {
        get: {
          operationId: 'get-blob',
          tags: ['catalog'],
          summary: 'Bytes by their SHA-256',
          parameters: [
            path('sha256', 'lower-case hex'),
            query('thumb', { type: 'integer', enum: [160, 320, 640] }, 'a WebP thumbnail'),
          ],
          responses: {
            ...binary('*/*', 'the bytes'),
            '206': { description: 'a range of them' },
            '304': { description: 'unchanged' },
            ...problems('NOT_FOUND'),
          },
        },
      },
      ...jobPaths(),
      ...evaluationPaths(),
      ...Object.assign({}, ...resources.map((resource) => resourcePaths(resource, refTo))),
      ...systemPaths(),
    },
    components: { schemas: components, securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
  };
}
