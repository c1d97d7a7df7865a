import { VisionError } from '@fovea/contracts';

const reasonOf = (signal: AbortSignal): VisionError =>
  signal.reason instanceof VisionError
    ? signal.reason
    : new VisionError('CANCELLED', 'the work on the picture was cancelled', { cause: signal.reason });

/** @throws the signal's own VisionError (such as DEADLINE_EXCEEDED), otherwise CANCELLED */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw reasonOf(signal);
}

/**
 * Settles with native work, or rejects as soon as the signal fires: libvips cannot be interrupted, so work that has
 * begun runs to its end (bounded by the pixel limit) and its result is dropped.
 */
export async function abortable<T>(start: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  throwIfAborted(signal);
  if (!signal) return start();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(reasonOf(signal));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([start(), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
