import { EvaluationQuery } from '@fovea/contracts';
import { json, ok, path, problems, queryParameters, ref, type Json } from './openapi-parts.ts';

/** The operations under /v1/evaluations. */
export function evaluationPaths(): Json {
  return {
    '/v1/evaluations': {
      get: {
        operationId: 'list-evaluations',
        tags: ['evaluations'],
        summary: 'Evaluations, newest first, without their reports',
        parameters: queryParameters(EvaluationQuery),
        responses: {
          ...ok('EvaluationPage', 'a page'),
          ...problems('INVALID_PARAMETER', 'CATALOG_UNAVAILABLE'),
        },
      },
      post: {
        operationId: 'start-evaluation',
        tags: ['evaluations'],
        summary: 'Measure a task’s model on a labelled data set, as a job',
        description:
          'The data set lies on the server, under FOVEA_IMPORT_ROOTS. It is read at once: what is wrong with it or does not fit the model is said before the job begins.',
        requestBody: { required: true, ...json(ref('EvaluationRequest')) },
        responses: {
          '202': {
            description: 'the job; its result names the evaluation',
            headers: { Location: { description: 'the job', schema: { type: 'string' } } },
            ...json(ref('Job')),
          },
          ...problems(
            'INVALID_REQUEST',
            'FORBIDDEN',
            'NOT_FOUND',
            'INVALID_PARAMETER',
            'NOT_IMPLEMENTED',
            'CATALOG_UNAVAILABLE',
          ),
        },
      },
    },
    '/v1/evaluations/{id}': {
      parameters: [path('id', 'the id')],
      get: {
        operationId: 'get-evaluation',
        tags: ['evaluations'],
        summary: 'One evaluation with its report',
        responses: { ...ok('Evaluation', 'the evaluation'), ...problems('NOT_FOUND', 'CATALOG_UNAVAILABLE') },
      },
      delete: {
        operationId: 'delete-evaluation',
        tags: ['evaluations'],
        summary: 'Delete an evaluation and the pictures of its report',
        responses: { '204': { description: 'deleted' }, ...problems('NOT_FOUND', 'CATALOG_UNAVAILABLE') },
      },
    },
  };
}
