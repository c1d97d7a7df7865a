import { loadSettings } from '@fovea/config';
import { VisionError } from '@fovea/contracts';
import type { Application } from '../engine/registry.ts';
import { createLog } from './log.ts';
import { serve, type Server } from './serve.ts';

/**
 * A server as a process: settings from the environment, the address printed, SIGINT and SIGTERM end it gracefully
 * (a second one at once). Exit codes: 0 ended, 1 could not start.
 */
export async function runService(applications: readonly Application[]): Promise<void> {
  let server: Server | undefined;
  let ending = false;
  const end = (signal: NodeJS.Signals) => {
    if (ending || !server) process.exit(128 + (signal === 'SIGINT' ? 2 : 15));
    ending = true;
    process.stdout.write('\nFovea is stopping …\n');
    void server.close().then(() => process.exit(0));
  };
  process.on('SIGINT', end).on('SIGTERM', end).on('SIGHUP', end);
  try {
    const settings = loadSettings();
    server = await serve(applications, { settings, log: createLog(settings) });
    const { name, id } = server.engine.inference.device();
    process.stdout.write(`\n  Fovea is ready: ${server.url}   (${id}: ${name})\n\n`);
  } catch (error) {
    process.stderr.write(`\nFovea could not start: ${explain(error)}\n`);
    process.exit(1);
  }
}

function explain(error: unknown): string {
  if (error instanceof VisionError) return `${error.message}\n${error.hint}`;
  const { code, message, stack } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return `${message}\nChoose another port: FOVEA_PORT=3001 npm start (0 = any free one).`;
  return stack ?? String(error);
}
