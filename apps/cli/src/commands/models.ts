import { VisionError, type ModelInfo } from '@fovea/contracts';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Backend } from '../backend.ts';
import { withBackend, type Cli } from '../cli.ts';
import { EXIT, UsageError } from '../failures.ts';
import { Progress } from '../progress.ts';
import { fileSize, table } from '../table.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

interface ListOptions extends ServerOptions {
  readonly json?: true;
}

interface AddOptions {
  readonly task: string;
  readonly id?: string;
  readonly labels?: string;
  readonly licence?: string;
  readonly commercial?: true;
  readonly provenance?: string;
}

/** `fovea models list|show|pull|load|unload|add|verify` */
export function addModelsCommand(program: Command, cli: Cli, exit: (code: number) => void): void {
  const models = program.command('models').description('list, fetch and check models');
  const onServer = (name: string, about: string) => addServerOptions(models.command(name).description(about));

  onServer('list', 'all models and how they stand')
    .option('--json')
    .action(async (options: ListOptions) => {
      const list = await withBackend(cli, options, (backend) => backend.models.list());
      if (options.json) cli.terminal.line(JSON.stringify(list, null, 2));
      else {
        for (const line of table(COLUMNS, list.items.map(row))) cli.terminal.line(cli.terminal.fit(line));
        cli.terminal.line();
        cli.terminal.line(
          cli.terminal.style('dim', `device: ${list.device.name} (${list.device.id}): ${list.device.reason}`),
        );
      }
      exit(EXIT.ok);
    });

  onServer('show <id>', 'one model: licence, source, measured quality')
    .option('--json')
    .action(async (id: string, options: ListOptions) => {
      const model = await withBackend(cli, options, (backend) => find(backend, id));
      if (options.json) cli.terminal.line(JSON.stringify(model, null, 2));
      else for (const line of table([{}, {}], facts(model))) cli.terminal.line(line);
      exit(EXIT.ok);
    });

  onServer('pull [ids...]', 'fetch weights from their public address or the mirror, and verify them')
    .option('--all', 'every model that is missing')
    .action(async (ids: string[], options: ServerOptions & { all?: true }) => {
      await withBackend(cli, options, async (backend) => {
        for (const id of await toPull(backend, ids, options.all === true)) await pull(cli, backend, id);
      });
      exit(EXIT.ok);
    });

  onServer('load <id>', 'load a model of a running server before its first request').action(
    async (id: string, options: ServerOptions) => {
      const model = await withBackend(cli, options, (backend) => backend.models.load(id));
      cli.terminal.line(`${model.id} is ${model.state}`);
      exit(EXIT.ok);
    },
  );
  onServer('unload <id>', 'free the memory of a model of a running server').action(
    async (id: string, options: ServerOptions) => {
      const model = await withBackend(cli, options, (backend) => backend.models.unload(id));
      cli.terminal.line(`${model.id} is ${model.state}`);
      exit(EXIT.ok);
    },
  );

  models
    .command('add <file>')
    .description(
      'copy an ONNX file of your own into the data folder; a running server sees it after a restart',
    )
    .requiredOption('--task <task>', 'what it is for')
    .option('--id <id>', 'default: the name of the file')
    .option('--labels <file>', 'names of its classes: JSON, or one a line')
    .option('--licence <id>', 'its licence, e.g. Apache-2.0')
    .option('--commercial', 'its licence allows commercial use')
    .option('--provenance <text>', 'where it comes from')
    .action(async (file: string, options: AddOptions) => {
      const { task, id, labels, licence, commercial, provenance } = options;
      const model = await cli.installation.addModel(resolve(cli.cwd, file), {
        task,
        ...(id === undefined ? {} : { id }),
        ...(labels === undefined ? {} : { labels: resolve(cli.cwd, labels) }),
        ...(licence === undefined ? {} : { licenceId: licence }),
        ...(commercial ? { commercialUse: true } : {}),
        ...(provenance === undefined ? {} : { provenance }),
      });
      cli.terminal.line(
        `${model.id} is ${model.state} (${fileSize(model.bytes)}, SHA-256 ${model.sha256.slice(0, 12)}…)`,
      );
      exit(EXIT.ok);
    });

  models
    .command('verify [ids...]')
    .description('compare the weights on this machine with the SHA-256 of the manifest')
    .action(async (ids: string[]) => {
      const verified = await cli.installation.verify(ids);
      const { terminal } = cli;
      for (const { id, ok, reason } of verified)
        terminal.line(
          `${ok ? terminal.style('green', '✓') : terminal.style('red', '✗')} ${id}${reason ? `: ${reason}` : ''}`,
        );
      const wrong = verified.filter(({ ok }) => !ok).length;
      terminal.line(
        wrong > 0
          ? `${wrong} of ${verified.length} are not as they should be`
          : `${verified.length} verified`,
      );
      exit(wrong > 0 ? EXIT.failed : EXIT.ok);
    });
}

const COLUMNS = [
  { title: 'model' },
  { title: 'state' },
  { title: 'size', align: 'right' },
  { title: 'licence' },
  { title: 'quality' },
  { title: 'task' },
] as const;
const row = (model: ModelInfo): string[] => [
  model.id,
  model.state,
  fileSize(model.bytes),
  model.licenceId,
  model.metrics[0] ? `${model.metrics[0].name} ${model.metrics[0].value}` : '',
  model.task,
];

function facts(model: ModelInfo): string[][] {
  const optional = (name: string, value: string | undefined) => (value === undefined ? [] : [[name, value]]);
  return [
    ['id', `${model.id} (revision ${model.revision})`],
    ['task', model.task],
    ['state', model.reason ? `${model.state}: ${model.reason}` : model.state],
    ...optional('device', model.device),
    ['file', `${model.file}, ${fileSize(model.bytes)}`],
    ['sha256', model.sha256],
    ...optional('parameters', model.parameters?.toLocaleString('en')),
    ['licence', `${model.licenceId}${model.commercialUse ? '' : ', not for commercial use'}`],
    ['provenance', model.provenance],
    ...optional('limits', model.limits),
    ...model.metrics.map(({ name, value, dataset, n }) => [
      name,
      `${value} on ${dataset}${n ? ` (${n} pictures)` : ''}`,
    ]),
  ];
}

async function find(backend: Backend, id: string): Promise<ModelInfo> {
  const { items } = await backend.models.list();
  const model = items.find((one) => one.id === id);
  if (model) return model;
  throw new VisionError('NOT_FOUND', `there is no model "${id}"`, {
    hint: `Models: ${items.map((one) => one.id).join(', ')}`,
  });
}

async function toPull(backend: Backend, ids: readonly string[], all: boolean): Promise<readonly string[]> {
  if (ids.length > 0) return ids;
  if (!all) throw new UsageError('which model? Name one or more, or say --all');
  const { items } = await backend.models.list();
  return items.filter((model) => model.state === 'missing').map((model) => model.id);
}

async function pull(cli: Cli, backend: Backend, id: string): Promise<void> {
  let progress: Progress | undefined;
  if (cli.terminal.watched) cli.terminal.draw(`${id}: asking for it …`);
  await backend.models.pull(id, {
    signal: cli.signal,
    onProgress: ({ doneBytes, totalBytes }) => {
      progress ??= new Progress(cli.terminal, totalBytes, fileSize);
      progress.update(doneBytes);
    },
  });
  cli.terminal.line(`${id} is here and verified`);
}
