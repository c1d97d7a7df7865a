import { once } from 'node:events';
import { VisionError } from '@fovea/contracts';
import type { BuildProgress, BuildRequest } from './builder-main.ts';
import { eachLine, startChild } from './child-process.ts';
import type { Log } from './types.ts';

export interface BuilderOptions {
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
}

const KEPT_LINES = 5;

/** Makes a snapshot of gathered vectors in a process of its own. @throws CANCELLED; Error with the builder's last words */
export async function runBuilder(request: BuildRequest, options: BuilderOptions): Promise<void> {
  const { log, environment, signal, onProgress } = options;
  const cancelled = (): VisionError => new VisionError('CANCELLED', 'The build of the index was cancelled.');
  if (signal?.aborted) throw cancelled();
  const child = startChild({ entry: 'builder-main', argument: request, environment });
  let lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    eachLine(stream, (line) => {
      lines = [...lines, line].slice(-KEPT_LINES);
      log.debug({ pid: child.pid }, `vector builder: ${line}`);
    });
  child.on('message', ({ done }: BuildProgress) => onProgress?.(done));
  const kill = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const [code, by] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (signal?.aborted) throw cancelled();
    if (code !== 0)
      throw new Error(
        `the builder ${by ? `was killed by ${by}` : `exited with code ${code}`}: ${lines.join(' | ')}`,
      );
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}
