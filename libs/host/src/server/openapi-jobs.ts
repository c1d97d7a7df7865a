import { JobQuery } from '@fovea/contracts';
import { json, ok, path, problems, queryParameters, ref, type Json } from './openapi-parts.ts';

const ID = path('id', 'the id');

/** 202 and a job. */
export const jobAnswer = (description: string): Json => ({
  '202': {
    description,
    headers: { Location: { description: 'the job', schema: { type: 'string' } } },
    ...json(ref('Job')),
  },
});

/** What `Prefer: respond-async` answers, for every task. */
export const asyncAnswer = (): Json => ({
  '202': {
    description: 'with Prefer: respond-async: the job',
    headers: {
      Location: { description: 'the job', schema: { type: 'string' } },
      'Preference-Applied': { schema: { type: 'string', enum: ['respond-async'] } },
    },
    ...json(ref('Job')),
  },
});

export const preferHeader = (): Json => ({
  name: 'Prefer',
  in: 'header',
  schema: { type: 'string', enum: ['respond-async'] },
  description: 'respond-async: answers 202 and a job at once; the runs follow in the queue',
});

/** The operations under /v1/jobs. */
export function jobPaths(): Json {
  return {
    '/v1/jobs': {
      get: {
        operationId: 'list-jobs',
        tags: ['jobs'],
        summary: 'Jobs, newest first',
        description: 'Results longer than 64 KiB are left out (null): the job itself has them.',
        parameters: queryParameters(JobQuery),
        responses: { ...ok('JobPage', 'a page'), ...problems('INVALID_PARAMETER', 'CATALOG_UNAVAILABLE') },
      },
      post: {
        operationId: 'submit-job',
        tags: ['jobs'],
        summary: 'Run a task as a job',
        description:
          'Several sources of the primary input make a batch. Inputs named by URL are fetched now. A repeat with the same Idempotency-Key answers the same job, as long as it is kept.',
        parameters: [{ name: 'Idempotency-Key', in: 'header', schema: { type: 'string' } }],
        requestBody: { required: true, ...json(ref('JobRequest')) },
        responses: {
          ...jobAnswer('the job'),
          ...problems(
            'INVALID_REQUEST',
            'NOT_FOUND',
            'CONFLICT',
            'PAYLOAD_TOO_LARGE',
            'INVALID_PARAMETER',
            'URL_REFUSED',
            'CATALOG_UNAVAILABLE',
            'STORAGE_FULL',
          ),
        },
      },
    },
    '/v1/jobs/{id}': {
      parameters: [ID],
      get: {
        operationId: 'get-job',
        tags: ['jobs'],
        summary: 'One job',
        responses: { ...ok('Job', 'the job'), ...problems('NOT_FOUND') },
      },
      delete: {
        operationId: 'cancel-job',
        tags: ['jobs'],
        summary: 'Cancel a job, or remove one that has ended',
        responses: {
          ...ok('Job', 'it had not ended: the cancelled job'),
          '204': { description: 'it had ended: removed from the list; what it recorded stays' },
          ...problems('NOT_FOUND', 'CONFLICT'),
        },
      },
    },
    '/v1/jobs/{id}/events': {
      get: {
        operationId: 'job-events',
        tags: ['jobs'],
        summary: 'What happens to a job',
        description:
          'Server-sent events: `progress` at once and whenever it changes, `partial`, then `done` with the job, whatever its state. A stream that ends without `done` is asked for again.',
        parameters: [ID],
        responses: {
          '200': { description: 'the events', content: { 'text/event-stream': { schema: {} } } },
          ...problems('NOT_FOUND'),
        },
      },
    },
    '/v1/jobs/{id}/retry': {
      post: {
        operationId: 'retry-job',
        tags: ['jobs'],
        summary: 'Queue a failed or cancelled job again: it goes on where it was',
        parameters: [ID],
        responses: { ...jobAnswer('the job, queued'), ...problems('NOT_FOUND', 'CONFLICT') },
      },
    },
  };
}
