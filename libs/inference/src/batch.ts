import type { Tensor, Tensors } from '@fovea/tensor';
import { byteLength, bytesOf, RunError, type Batch, type PartedTensor } from './backend.ts';
import { nextHandle } from './kept.ts';
import type { PendingRequest } from './request.ts';

/**
 * Joins requests of one signature: the rows of each feed follow one another, zero rows fill up to `rows`, and the
 * outputs are the union of what is asked for.
 */
export function joinBatch(requests: readonly PendingRequest[], rows: number): Batch {
  const [first] = requests;
  if (!first) throw new RangeError('a batch needs at least one request');
  const taken = rowsOf(requests);
  const feeds: Record<string, PartedTensor> = {};
  for (const name of Object.keys(first.feeds)) {
    const own = requests.map((request) => request.feeds[name] as Tensor);
    const [{ type, dims }] = own as [Tensor];
    const parts = own.map(bytesOf);
    if (rows > taken) parts.push(new Uint8Array(byteLength(type, [rows - taken, ...dims.slice(1)])));
    feeds[name] = { type, dims: first.model.batchable ? [rows, ...dims.slice(1)] : dims, parts };
  }
  const batch = { model: first.model.id, feeds, outputs: unionOfOutputs(requests) };
  if (!first.keeps) return batch;
  // Such a request is alone in its batch.
  const keep = Object.fromEntries(first.keep.map((name) => [name, nextHandle()]));
  return { ...batch, keptFeeds: first.keptFeeds, keep };
}

/** Rows of several requests together. */
export const rowsOf = (requests: readonly PendingRequest[]): number =>
  requests.reduce((sum, { rows }) => sum + rows, 0);

function unionOfOutputs(requests: readonly PendingRequest[]): string[] {
  if (requests.some((request) => request.outputs.length === 0)) return [];
  return [...new Set(requests.flatMap((request) => request.outputs))];
}

/**
 * Hands each request its own rows of the outputs it asked for, as views.
 * @throws RunError when an output's axis 0 is not the batch's rows
 */
export function splitBatch(requests: readonly PendingRequest[], outputs: Tensors, rows: number): Tensors[] {
  const [only] = requests;
  const whole = requests.length === 1 && only !== undefined && (only.rows === rows || !only.model.batchable);
  let begin = 0;
  return requests.map((request) => {
    const names = request.outputs.length > 0 ? request.outputs : Object.keys(outputs);
    const own: Record<string, Tensor> = {};
    for (const name of names) {
      const output = outputs[name];
      if (!output) throw new RunError(`the session did not answer the output ${name}`);
      own[name] = whole ? output : ownRows(name, output, { begin, count: request.rows, rows });
    }
    begin += request.rows;
    return own;
  });
}

function ownRows(
  name: string,
  output: Tensor,
  { begin, count, rows }: { begin: number; count: number; rows: number },
): Tensor {
  if (output.dims[0] !== rows)
    throw new RunError(
      `output ${name} has the shape [${output.dims.join(', ')}]: axis 0 is not the ${rows} rows of the batch`,
    );
  const rowLength = output.data.length / rows;
  return {
    type: output.type,
    dims: [count, ...output.dims.slice(1)],
    data: output.data.subarray(begin * rowLength, (begin + count) * rowLength),
  } as Tensor;
}

/** A batch of zeros of the same shape as a request's, to warm up and to measure with. */
export function zeroBatch(like: Batch, rows: number): Batch {
  const feeds = Object.entries(like.feeds).map(([name, { type, dims }]): [string, PartedTensor] => {
    const own = [rows, ...dims.slice(1)];
    return [name, { type, dims: own, parts: [new Uint8Array(byteLength(type, own))] }];
  });
  return { model: like.model, feeds: Object.fromEntries(feeds), outputs: like.outputs };
}
