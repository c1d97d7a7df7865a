import { JOB_STATES, VisionError, type Job, type JobState } from '@fovea/contracts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Backend } from '../backend.ts';
import { withBackend, type Cli } from '../cli.ts';
import { EXIT } from '../failures.ts';
import { Progress } from '../progress.ts';
import { resultSummary } from '../results.ts';
import { table } from '../table.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

type JsonOption = ServerOptions & { json?: true };

/** `fovea jobs list|watch|cancel|retry` */
export function addJobsCommand(program: Command, cli: Cli, exit: (code: number) => void): void {
  const jobs = program.command('jobs').description('work that goes on by itself');
  const onServer = (name: string, about: string) =>
    addServerOptions(jobs.command(name).description(about)).option('--json', 'one job a line, as JSON');
  const withJobs = <T>(options: ServerOptions, work: (jobs: Backend['jobs']) => Promise<T>) =>
    withBackend(cli, { server: options.server, apiKey: options.apiKey, catalog: true }, (backend) =>
      work(backend.jobs),
    );

  onServer('list', 'jobs, newest first')
    .addOption(new Option('--state <state>', 'only those').choices(JOB_STATES))
    .option('--limit <count>', 'at most so many', readLimit, 20)
    .action(async (options: JsonOption & { state?: JobState; limit: number }) => {
      const { state, limit } = options;
      const page = await withJobs(options, (all) => all.list({ limit, ...(state ? { state } : {}) }));
      if (options.json) for (const job of page.items) cli.terminal.line(JSON.stringify(job));
      else printList(cli, page.items);
      if (page.nextCursor !== null && !options.json)
        cli.terminal.note(`there are more: --limit ${limit * 2}`);
      exit(EXIT.ok);
    });

  onServer('watch <id>', 'wait for the end of a job; Ctrl-C leaves it running').action(
    async (id: string, options: JsonOption) => {
      let progress: Progress | undefined;
      let total = 0;
      const job = await withJobs(options, (all) =>
        all.wait(id, {
          signal: cli.signal,
          onProgress: (told) => {
            if (told.total === 0) return;
            if (told.total !== total) progress = new Progress(cli.terminal, (total = told.total));
            progress?.update(told.done);
          },
        }),
      );
      progress?.end();
      if (options.json) cli.terminal.line(JSON.stringify(job));
      else printEnd(cli, job);
      exit(job.state === 'completed' ? EXIT.ok : EXIT.failed);
    },
  );

  onServer('cancel <ids...>', 'cancel jobs; those that have ended are removed from the list').action(
    async (ids: string[], options: JsonOption) => {
      await withJobs(options, async (all) => {
        for (const id of ids) {
          const job = await all.cancel(id);
          if (options.json) cli.terminal.line(JSON.stringify(job ?? { id, state: 'removed' }));
          else cli.terminal.line(job ? `cancelled ${id}` : `removed ${id}`);
        }
      });
      exit(EXIT.ok);
    },
  );

  onServer('retry <ids...>', 'queue failed or cancelled jobs again: they go on where they were').action(
    async (ids: string[], options: JsonOption) => {
      await withJobs(options, async (all) => {
        for (const id of ids) {
          const job = await all.retry(id);
          cli.terminal.line(options.json ? JSON.stringify(job) : `queued ${id}`);
        }
      });
      exit(EXIT.ok);
    },
  );
}

function readLimit(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 200)
    throw new InvalidArgumentError('it must be a whole number from 1 to 200');
  return value;
}

function printList({ terminal }: Cli, items: readonly Job[]): void {
  if (items.length === 0) return terminal.note('no jobs found');
  const columns = ['job', 'when', 'kind', 'task', 'state', 'done'].map((title) => ({ title }));
  const rows = items.map((job) => [
    job.id,
    new Date(job.createdAt).toLocaleString('sv-SE').slice(0, 16),
    job.kind,
    job.task,
    job.state,
    job.error?.detail ??
      (job.progress ? `${job.progress.done}/${job.progress.total} ${job.progress.unit}` : ''),
  ]);
  for (const line of table(columns, rows)) terminal.line(terminal.fit(line));
}

function printEnd({ terminal }: Cli, { id, state, error, result }: Job): void {
  if (error) throw VisionError.fromProblem(error);
  terminal.line(`${state} ${id}`);
  if (!result) return;
  if ('evaluationId' in result) return terminal.line(`evaluation ${result.evaluationId}`);
  if ('collectionId' in result) return terminal.line(`collection ${result.collectionId}: ${counts(result)}`);
  const runs = 'runs' in result ? result.runs : [result];
  for (const one of runs)
    terminal.line(
      terminal.fit(
        'code' in one ? `  ${one.code}: ${one.detail}` : `  ${one.run.id}  ${resultSummary(one.result)}`,
      ),
    );
}

/** `12 added, 3 existing`: the numbers of a report, by name. */
const counts = (report: object): string =>
  Object.entries(report)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => `${value} ${name}`)
    .join(', ');
