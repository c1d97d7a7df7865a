import { VisionError } from '@fovea/contracts';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * A job gives way: it waits while the queue of a model is full, or while another process that was believed dead still
 * holds the picture.
 */
export async function untilThereIsRoom<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VisionError) || !['QUEUE_FULL', 'RATE_LIMITED', 'CONFLICT'].includes(error.code))
        throw error;
      await delay((error.retryAfterS ?? 1) * 1000, undefined, { signal });
    }
}
