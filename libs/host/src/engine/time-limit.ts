import { VisionError } from '@fovea/contracts';

/**
 * A signal for one piece of work: it fires with DEADLINE_EXCEEDED when the time is over, or with the outer signal's
 * reason. `end` must be called when the work is done: unlike AbortSignal.timeout and AbortSignal.any, nothing of the
 * work is then kept alive until the time would have been over.
 */
export function timeLimit(
  timeoutMs: number,
  outer: AbortSignal | undefined,
): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new VisionError('DEADLINE_EXCEEDED', `not done within ${timeoutMs} ms`)),
    timeoutMs,
  );
  const forward = () => controller.abort(outer?.reason);
  if (outer?.aborted) forward();
  outer?.addEventListener('abort', forward, { once: true });
  return {
    signal: controller.signal,
    end: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', forward);
    },
  };
}
