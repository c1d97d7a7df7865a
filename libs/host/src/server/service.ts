import { loadSettings } from '@fovea/config';
import { VisionError } from '@fovea/contracts';
import type { Application } from '../engine/registry.ts';
import { setFlagsFromString } from 'node:v8';
import { createLog } from './log.ts';
import { serve, type Server } from './serve.ts';

/** A second signal within this time is the first one come twice; a later one means: at once. */
const REPEAT_MS = 1000;

/**
 * A server as a process: settings from the environment, the address printed, SIGINT and SIGTERM end it gracefully
 * (a second one at once). Exit codes: 0 ended, 1 could not start.
 */
export async function runService(applications: readonly Application[]): Promise<void> {
  collectByWholeMemory();
  const starting = start(applications);
  let endingSince: number | undefined;
  const end = (signal: NodeJS.Signals) => {
    // A terminal signals the whole group and npm hands it on: the same signal comes twice at once.
    if (endingSince !== undefined && performance.now() - endingSince < REPEAT_MS) return;
    if (endingSince !== undefined) process.exit(128 + (signal === 'SIGINT' ? 2 : 15));
    endingSince = performance.now();
    process.stdout.write('\nFovea is stopping …\n');
    void starting.then((server) => server?.close()).then(() => process.exit(0));
  };
  process.on('SIGINT', end).on('SIGTERM', end).on('SIGHUP', end);
  const server = await starting;
  if (!server) process.exit(1);
  const { name, id } = server.engine.inference.device();
  process.stdout.write(`\n  Fovea is ready: ${server.url}   (${id}: ${name})\n\n`);
}

/**
 * Pictures live outside V8's heap. By default V8 collects the whole heap whenever 32 MB of them were made, which under
 * load is twice a second and costs a tenth of the processor; counted within the limit of the whole it is as seldom as
 * the heap needs (measured by `node --trace-gc` under test/bench/http-classification.ts).
 */
function collectByWholeMemory(): void {
  if (Number(process.versions.node.split('.')[0]) >= 24)
    setFlagsFromString('--external-memory-accounted-in-global-limit');
}

/** The server, or undefined after saying why not. */
async function start(applications: readonly Application[]): Promise<Server | undefined> {
  try {
    const settings = loadSettings();
    return await serve(applications, { settings, log: createLog(settings) });
  } catch (error) {
    process.stderr.write(`\nFovea could not start: ${explain(error)}\n`);
    return undefined;
  }
}

function explain(error: unknown): string {
  if (error instanceof VisionError) return `${error.message}\n${error.hint}`;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `${message}\nChoose another port: FOVEA_PORT=3001 npm start (0 = any free one).`;
  return stack ?? String(error);
}
