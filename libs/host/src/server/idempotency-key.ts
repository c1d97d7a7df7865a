import { VisionError } from '@fovea/contracts';
import type { FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import type { ExecuteRequest } from '../engine/executor.ts';
import { sha256Of } from '../engine/inputs.ts';
import { header } from './exchange.ts';

/**
 * The request with its Idempotency-Key, where it has one: the same key must come with the same task, model,
 * parameters and bytes of every input.
 * @throws INVALID_REQUEST
 */
export function withKey(request: FastifyRequest, run: ExecuteRequest): ExecuteRequest {
  const key = header(request, 'idempotency-key');
  if (key === undefined) return run;
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw new VisionError('INVALID_REQUEST', 'Idempotency-Key must be 1 to 200 visible ASCII characters');
  const hash = createHash('sha256');
  hash.update(JSON.stringify([run.task, run.model ?? null, run.params]));
  for (const [name, inputs] of Object.entries(run.inputs))
    for (const input of inputs) hash.update(`\n${name} ${input.sha256 ?? sha256Of(input.bytes)}`);
  return { ...run, idempotency: { key, requestSha256: hash.digest('hex') } };
}
