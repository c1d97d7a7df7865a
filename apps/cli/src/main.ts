import { EXIT } from './failures.ts';
import { createInstallation } from './installation.ts';
import { fovea } from './program.ts';
import { Terminal } from './terminal.ts';

/** What closes after Ctrl-C (a database, session hosts) gets this long before the process ends anyway. */
const GRACE_MS = 3000;

/**
 * The process `fovea`: signals, broken pipes, exit code.
 * @param options.cwd the folder that relative paths mean: with `npm run` not the working folder
 */
export async function main({ cwd }: { cwd: string }): Promise<never> {
  const args = process.argv.slice(2);
  const controller = new AbortController();
  let readerLeft = false;
  // `fovea … | head`: the reader has what it wanted; that is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    readerLeft = true;
    controller.abort();
  });
  process.stderr.on('error', () => undefined);
  // A server ends by its own rules.
  if (args[0] !== 'start') endOnSignals(controller);
  const terminal = new Terminal(process);
  const installation = createInstallation(terminal);
  const code = await fovea({ terminal, cwd, signal: controller.signal, installation }, args);
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  process.exit(readerLeft ? EXIT.ok : code);
}

/** Ctrl-C reaches this process from the terminal and once more from the `node` that started it: that counts as one. */
const ECHO_MS = 500;

/** The first signal cancels and cleans up, a second one ends at once. */
function endOnSignals(controller: AbortController): void {
  let firstAt = Infinity;
  const end = () => {
    if (performance.now() - firstAt > ECHO_MS) process.exit(EXIT.interrupted);
    firstAt = Math.min(firstAt, performance.now());
    controller.abort();
    setTimeout(() => process.exit(EXIT.interrupted), GRACE_MS).unref();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
}
