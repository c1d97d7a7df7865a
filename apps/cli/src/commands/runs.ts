import { RunQuery, type RunEnvelope } from '@fovea/contracts';
import { InvalidArgumentError, type Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Backend } from '../backend.ts';
import { withBackend, type Cli } from '../cli.ts';
import { EXIT } from '../failures.ts';
import { resultSummary, resultTable } from '../results.ts';
import { table } from '../table.ts';
import { provenance } from './run-output.ts';
import { addFilterOptions, filterOf, type FilterOptions } from './run-filters.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

/** `fovea runs list|show|delete|replay` */
export function addRunsCommand(program: Command, cli: Cli, exit: (code: number) => void): void {
  const runs = program.command('runs').description('the catalog of recorded runs');
  const onServer = (name: string, about: string) => addServerOptions(runs.command(name).description(about));
  const withCatalog = <T>(options: ServerOptions, work: (backend: Backend) => Promise<T>) =>
    withBackend(cli, { server: options.server, apiKey: options.apiKey, catalog: true }, work);

  addFilterOptions(onServer('list', 'recorded runs, newest first'))
    .option('--limit <count>', 'at most so many', readCount, 20)
    .option('--json', 'one envelope a line')
    .action(async (options: FilterOptions & { limit: number; json?: true }) => {
      await withCatalog(options, (backend) => list(cli, backend, options));
      exit(EXIT.ok);
    });

  onServer('show <id>', 'one run: its result, models, parameters, timings')
    .option('--json', 'the envelope as JSON')
    .option(
      '--overlay <file>',
      'write its picture with the result drawn on it: .png, or .svg for the drawing alone',
    )
    .action(async (id: string, options: ServerOptions & { json?: true; overlay?: string }) => {
      await withCatalog(options, async (backend) => {
        const envelope = await backend.runs.get(id);
        if (options.overlay !== undefined) {
          const format = /\.svg$/i.test(options.overlay) ? 'svg' : 'png';
          await writeFile(resolve(cli.cwd, options.overlay), await backend.runs.overlay(id, format));
        }
        if (options.json) cli.terminal.line(JSON.stringify(envelope, null, 2));
        else show(cli, envelope);
      });
      exit(EXIT.ok);
    });

  onServer('delete <ids...>', 'delete runs, and pictures that no other run needs').action(
    async (ids: string[], options: ServerOptions) => {
      await withCatalog(options, async (backend) => {
        for (const id of ids) {
          await backend.runs.delete(id);
          cli.terminal.line(`deleted ${id}`);
        }
      });
      exit(EXIT.ok);
    },
  );

  onServer('replay <id>', 'run it again as recorded, and compare; exit code 1 where the results differ')
    .option('--current', 'with the models of today, where the recorded weights are gone')
    .option('--json', 'both envelopes and their difference')
    .action(async (id: string, options: ServerOptions & { current?: true; json?: true }) => {
      const replay = await withCatalog(options, (backend) =>
        backend.runs.replay(id, options.current ? { model: 'current' } : {}),
      );
      const { same, maxScoreDelta, changes } = replay.difference;
      if (options.json) cli.terminal.line(JSON.stringify(replay, null, 2));
      else {
        const delta =
          maxScoreDelta === null
            ? ''
            : maxScoreDelta === 0
              ? ', identical scores'
              : `, scores within ${maxScoreDelta.toPrecision(2)}`;
        cli.terminal.line(same ? `the same result${delta}` : `another result${delta}:`);
        for (const change of changes) cli.terminal.line(`  ${change}`);
        cli.terminal.line(cli.terminal.style('dim', `replayed as run ${replay.replay.run.id}`));
      }
      exit(same ? EXIT.ok : EXIT.failed);
    });
}

function readCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('it must be a whole number from 1');
  return value;
}
const MAX_PAGE = RunQuery.shape.limit.unwrap().maxValue ?? 50;

async function list(
  cli: Cli,
  backend: Backend,
  options: FilterOptions & { limit: number; json?: true },
): Promise<void> {
  const items: RunEnvelope[] = [];
  const filter = filterOf(options);
  let cursor: string | undefined;
  do {
    const limit = Math.min(MAX_PAGE, options.limit - items.length);
    const page = await backend.runs.list({ ...filter, limit, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    if (options.json) for (const item of page.items) cli.terminal.line(JSON.stringify(item));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length < options.limit);
  if (options.json) return;
  if (items.length === 0) cli.terminal.note('no runs found');
  const columns = ['run', 'when', 'task', 'result'].map((title) => ({ title }));
  const rows = items.map(({ run, result }) => [
    run.id,
    localTime(run.createdAt),
    run.task,
    resultSummary(result),
  ]);
  if (rows.length > 0) for (const line of table(columns, rows)) cli.terminal.line(cli.terminal.fit(line));
  if (cursor !== undefined) cli.terminal.note(`there are more: --limit ${options.limit * 2}`);
}

function show(cli: Cli, envelope: RunEnvelope): void {
  const { terminal } = cli;
  const { run, inputs } = envelope;
  const facts = [
    ['run', run.id],
    ['task', run.task],
    ['when', localTime(run.createdAt)],
    ...Object.entries(inputs).map(([name, input]) => [
      name,
      `${input.width === undefined ? '' : `${input.width} × ${input.height} `}${input.mime} ${input.sha256}`,
    ]),
    ['params', JSON.stringify(run.params)],
    ...run.models.map((model) => [
      model.role,
      `${model.id} revision ${model.revision} (${model.sha256.slice(0, 12)}…)`,
    ]),
    ['code', run.codeVersion],
  ];
  for (const line of table([{}, {}], facts)) terminal.line(line);
  terminal.line();
  const { columns, rows, empty } = resultTable(envelope.result);
  if (rows.length === 0) terminal.line(`  ${empty}`);
  for (const line of table(columns, rows)) terminal.line(`  ${line}`);
  terminal.line();
  terminal.line(terminal.style('dim', provenance(envelope)));
}

const localTime = (iso: string): string => new Date(iso).toLocaleString('sv-SE').slice(0, 16);
