import { ok, path, problems, type Json } from './openapi-parts.ts';

const ID = path('id', 'the id');

/** The operations of models, health and metrics. */
export function systemPaths(): Json {
  const modelAction = (action: string) => ({
    post: {
      operationId: `${action}-model`,
      tags: ['models'],
      summary: `${action} a model`,
      parameters: [ID],
      responses: {
        ...ok('ModelInfo', 'the model'),
        ...problems('NOT_FOUND', 'MODEL_MISSING', 'MODEL_FAILED', 'STORAGE_FULL'),
      },
    },
  });
  return {
    '/v1/models': {
      get: {
        operationId: 'list-models',
        tags: ['models'],
        summary: 'Models and the device',
        responses: ok('ModelList', 'the models'),
      },
    },
    '/v1/models/{id}': {
      get: {
        operationId: 'get-model',
        tags: ['models'],
        summary: 'One model',
        parameters: [ID],
        responses: { ...ok('ModelInfo', 'the model'), ...problems('NOT_FOUND') },
      },
    },
    ...Object.fromEntries(
      ['load', 'unload', 'pull'].map((action) => [`/v1/models/{id}/${action}`, modelAction(action)]),
    ),
    '/v1/health/live': {
      get: {
        operationId: 'live',
        tags: ['system'],
        summary: 'The process answers',
        security: [{}],
        responses: ok('Health', 'it does'),
      },
    },
    '/v1/health/ready': {
      get: {
        operationId: 'ready',
        tags: ['system'],
        summary: 'Database and inference answer',
        security: [{}],
        responses: { ...ok('Health', 'they do'), ...ok('Health', 'not yet, or not any more', '503') },
      },
    },
    '/metrics': {
      get: {
        operationId: 'metrics',
        tags: ['system'],
        summary: 'Prometheus metrics',
        responses: {
          '200': { description: 'text', content: { 'text/plain': { schema: { type: 'string' } } } },
        },
      },
    },
  };
}
