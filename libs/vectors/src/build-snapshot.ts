import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest } from './builder-main.ts';
import { runBuilder } from './builder.ts';
import type { Shared } from './keeping.ts';
import { ANN_FILE } from './manifest.ts';

/**
 * Makes a snapshot of gathered vectors; without FAISS where FAISS fails.
 * @throws CANCELLED; Error with the builder's last words
 */
export async function buildSnapshot(
  request: Omit<BuildRequest, 'memoryBytes'>,
  options: { shared: Shared; signal: AbortSignal; onProgress(done: number): void },
): Promise<{ libraryFailed: boolean }> {
  const { shared, ...others } = options;
  const { log, environment, memoryBytes } = shared;
  const builder = { log, environment, ...others };
  try {
    await runBuilder({ ...request, memoryBytes }, builder);
    return { libraryFailed: false };
  } catch (error) {
    if (!request.library || options.signal.aborted) throw error;
    log.error(
      { spaceId: request.spaceId, err: error },
      'FAISS cannot build the index: exact search serves until the next start',
    );
    await rm(join(request.folder, ANN_FILE), { force: true });
    await runBuilder({ ...request, memoryBytes, library: false }, builder);
    return { libraryFailed: true };
  }
}
