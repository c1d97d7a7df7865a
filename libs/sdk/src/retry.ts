import { VisionError } from '@fovea/contracts';
import { ConnectionError } from './errors.ts';

const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 10_000;
/** A server that asks for more patience than this gets none: the error, with its `retryAfterS`, is the caller's. */
const LONGEST_RETRY_AFTER_S = 60;

/**
 * Milliseconds to wait before another try: exponential with full jitter, never less than Retry-After.
 * @param attempt 0 before the first repeat
 * @param random in [0, 1)
 */
export function retryDelayMs(attempt: number, retryAfterS: number | undefined, random: number): number {
  const ceilingMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return (retryAfterS ?? 0) * 1000 + ceilingMs * random;
}

/** True where the same request may well succeed a little later. Weights that are missing stay missing. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return error.code === 'UNREACHABLE';
  if (!(error instanceof VisionError) || error.code === 'MODEL_MISSING') return false;
  return (error.status === 429 || error.status === 503) && (error.retryAfterS ?? 0) <= LONGEST_RETRY_AFTER_S;
}

/** Seconds of a Retry-After header: a number or an HTTP date; undefined where there is none to read. */
export function retryAfterSeconds(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const dateMs = Date.parse(header);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, (dateMs - nowMs) / 1000);
}

/** Waits, or rejects with the signal's reason as soon as it is aborted. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
