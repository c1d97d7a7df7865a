import { isProblem, VisionError, type Problem, type RunEnvelope } from '@fovea/contracts';
import { FormData, fetch } from 'undici';
import type { ExecuteRequest } from './executor.ts';

/**
 * Runs a task on the service that has it (FOVEA_REMOTE_APPS); that service records the run.
 * @throws what the service answers, MODEL_FAILED when it does not answer
 */
export async function forward(
  server: string,
  request: ExecuteRequest,
  apiKey: string | undefined,
): Promise<RunEnvelope> {
  const form = new FormData();
  for (const [name, inputs] of Object.entries(request.inputs))
    for (const input of inputs)
      form.append(name, new Blob([input.bytes as Uint8Array<ArrayBuffer>]), input.name ?? name);
  form.append('params', JSON.stringify(request.params ?? {}));
  if (request.model !== undefined) form.append('model', request.model);
  let answer: RunEnvelope | Problem;
  try {
    const response = await fetch(
      `${server}/v1/tasks/${request.task}${request.store === false ? '?store=false' : ''}`,
      {
        method: 'POST',
        body: form,
        headers: {
          ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
          ...(request.idempotency ? { 'idempotency-key': request.idempotency.key } : {}),
        },
        ...(request.signal ? { signal: request.signal } : {}),
      },
    );
    answer = (await response.json()) as RunEnvelope | Problem;
  } catch (error) {
    if (request.signal?.aborted) throw error;
    throw new VisionError('MODEL_FAILED', `the service of ${request.task} at ${server} does not answer`, {
      cause: error,
      hint: 'Check that it runs (GET /v1/health/ready there) and that FOVEA_REMOTE_APPS names its address.',
    });
  }
  if (isProblem(answer)) throw VisionError.fromProblem(answer);
  return answer;
}
