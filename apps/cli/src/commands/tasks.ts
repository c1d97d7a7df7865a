import type { Command } from 'commander';
import { withBackend, type Cli } from '../cli.ts';
import { EXIT } from '../failures.ts';
import { table } from '../table.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

/** `fovea tasks` */
export function addTasksCommand(program: Command, cli: Cli, exit: (code: number) => void): void {
  const command = program
    .command('tasks')
    .description('list what can be run')
    .option('--json', 'with all JSON Schemas');
  addServerOptions(command).action(async (options: ServerOptions & { json?: true }) => {
    const tasks = await withBackend(cli, options, (backend) => backend.tasks());
    const { terminal } = cli;
    if (options.json) terminal.line(JSON.stringify({ items: tasks, nextCursor: null }, null, 2));
    else {
      const rows = tasks.map((task) => [
        task.task,
        task.inputs.map((input) => input.name).join(', ') || '-',
        task.kind,
        task.description,
      ]);
      const columns = ['task', 'inputs', 'result', 'what it does'].map((title) => ({ title }));
      for (const line of table(columns, rows)) terminal.line(terminal.fit(line));
    }
    exit(EXIT.ok);
  });
}
