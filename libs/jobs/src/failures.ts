import { VisionError } from '@fovea/contracts';

/** What the same request would meet again, though the status says otherwise. */
const FINAL = new Set(['NOT_IMPLEMENTED', 'MODEL_MISSING']);

/** True for a failure that the same work may not meet again. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof VisionError)) return true;
  return (error.status >= 500 || error.status === 429) && !FINAL.has(error.code);
}
