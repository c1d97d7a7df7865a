import { CommanderError } from 'commander';
import { addCaptionCommand, caption } from './commands/caption.ts';
import { addCollectionsCommand } from './commands/collections.ts';
import { addExportCommand } from './commands/export.ts';
import { addEvaluateCommand } from './commands/evaluate.ts';
import { addJobsCommand } from './commands/jobs.ts';
import { addModelsCommand } from './commands/models.ts';
import { addRunCommand, run } from './commands/run.ts';
import { addRunsCommand } from './commands/runs.ts';
import { strictCommand } from './commands/server-options.ts';
import { addSystemCommands } from './commands/system.ts';
import { addTasksCommand } from './commands/tasks.ts';
import type { Cli } from './cli.ts';
import { EXIT, exitCodeOf, explain } from './failures.ts';

/**
 * One call of `fovea`.
 * @param args the command line without node and script
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted
 */
export async function fovea(cli: Cli, args: readonly string[]): Promise<number> {
  try {
    return await dispatch(cli, args);
  } catch (error) {
    cli.terminal.clear();
    if (cli.signal.aborted) return EXIT.interrupted;
    // Commander has printed its message (or the help that was asked for) already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { what, hint } = explain(error);
    cli.terminal.note(`${cli.terminal.noteStyle('red', 'error')}: ${what}`);
    if (hint) cli.terminal.note(`  ${hint}`);
    return exitCodeOf(error);
  }
}

async function dispatch(cli: Cli, args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  const exit = (value: number) => (code = value);
  const program = strictCommand('fovea', cli.terminal)
    .description('Fovea: computer vision on your own machine.')
    .version(cli.installation.version, '-V, --version', 'print the version');
  addRunCommand(program);
  addCaptionCommand(program);
  addTasksCommand(program, cli, exit);
  addModelsCommand(program, cli, exit);
  addRunsCommand(program, cli, exit);
  addExportCommand(program, cli, exit);
  addCollectionsCommand(program, cli, exit);
  addEvaluateCommand(program, cli, exit);
  addJobsCommand(program, cli, exit);
  addSystemCommands(program, cli, exit);
  const [first, ...rest] = args;
  // The options of these depend on a task: the commands are made when it is known.
  if (first === 'run' && !(rest.length === 1 && /^(-h|--help)$/.test(rest[0] ?? ''))) return run(cli, rest);
  if (first === 'caption') return caption(cli, rest);
  await program.parseAsync([...args], { from: 'user' });
  return code;
}
