import { KeptLost } from '@fovea/application';
import { VisionError } from '@fovea/contracts';
import { BackendGone, RunError } from './backend.ts';
import type { PendingRequest } from './request.ts';

/**
 * Decides what becomes of the requests of a batch that failed: some fail, the others are to be tried again, alone, so
 * that one poison input takes no neighbour with it twice.
 * - the session refused the run, or it hung and was killed: a request that was alone is at fault
 * - the backend crashed: each is tried once more; a second crash is its own fault
 * - the backend went away before the batch was its turn: nothing happened
 * - tensors that it was to be fed with went away with the backend: it cannot be tried again
 * @param options.hung true when the backend was killed because of this batch
 * @returns the requests to put back
 */
export function afterFailure(
  requests: readonly PendingRequest[],
  error: Error,
  { hung = false }: { hung?: boolean } = {},
): readonly PendingRequest[] {
  const [first] = requests;
  if (error instanceof BackendGone && !hung && first && Object.keys(first.keptFeeds).length > 0) {
    first.fail(new KeptLost(error.message));
    return [];
  }
  if (error instanceof BackendGone && !error.started) return requests;
  const crashed = error instanceof BackendGone && !hung;
  return requests.filter((request) => {
    if (crashed) request.crashes += 1;
    const atFault = crashed ? request.crashes > 1 : requests.length === 1;
    if (atFault) request.fail(failure(request, error));
    request.alone = true;
    return !atFault;
  });
}

function failure(request: PendingRequest, error: Error): VisionError {
  const how = error instanceof RunError ? 'refused the input' : 'could not be run';
  return new VisionError('MODEL_FAILED', `${request.model.id} ${how}: ${error.message}`, { cause: error });
}
