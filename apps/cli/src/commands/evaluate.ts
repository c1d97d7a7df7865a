import { DATASET_FORMATS, isTask, TASKS, type Evaluation, type NewEvaluation } from '@fovea/contracts';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { resolve } from 'node:path';
import type { Backend } from '../backend.ts';
import { withBackend, type Cli } from '../cli.ts';
import { EXIT, UsageError } from '../failures.ts';
import { readValue, type ParamSchema } from '../param-options.ts';
import { Progress } from '../progress.ts';
import { milliseconds, table } from '../table.ts';
import { writeCutoffs } from './cutoffs.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

interface EvaluateOptions extends ServerOptions {
  readonly dataset: NewEvaluation['dataset'];
  readonly split?: string;
  readonly model?: string;
  readonly param?: readonly string[];
  readonly limit?: number;
  readonly subset?: NewEvaluation['subset'];
  readonly boxes?: NewEvaluation['boxes'];
  readonly calibrate?: true;
  readonly json?: true;
}

/** What people call it, beside the task's own name. */
const OTHER_NAMES: Readonly<Record<string, string>> = { retrieval: 'embedding' };

/** `fovea evaluate <task> --dataset coco:<folder>` */
export function addEvaluateCommand(program: Command, cli: Cli, exit: (code: number) => void): void {
  const command = program
    .command('evaluate <task>')
    .description('measure a task’s model on a labelled data set; the report is kept in the catalog')
    .addOption(
      new Option('--dataset <format:folder>', `a data set: ${DATASET_FORMATS.join(', ')}`)
        .argParser((text: string) => readDatasetOption(text, cli.cwd))
        .makeOptionMandatory(),
    )
    .option('--split <name>', 'its part, e.g. val2017; default: the one for validation or testing')
    .option('--model <id>', 'the model to be measured; default: the task’s')
    .option('--param <name=value>', 'a parameter of the task, again for more', collect)
    .option('--limit <count>', 'only the first so many pictures', readCount)
    .addOption(
      new Option('--subset <which>', 'only pictures with an id of this kind').choices(['even', 'odd']),
    )
    .addOption(
      new Option('--boxes <whose>', 'segmentation: masks of the data set’s own boxes').choices([
        'predicted',
        'truth',
      ]),
    )
    .option(
      '--calibrate',
      'retrieval: measure what cut-offs of a score keep, and write them beside the model’s card',
    )
    .option('--json', 'the evaluation with its report as JSON');
  addServerOptions(command).action(async (name: string, options: EvaluateOptions) => {
    const task = OTHER_NAMES[name] ?? name;
    if (!isTask(task))
      throw new UsageError(`there is no task "${task}"`, { hint: `Tasks: ${TASKS.join(', ')}` });
    const { server, apiKey } = options;
    await withBackend(cli, { server, apiKey, record: true }, async (backend) => {
      const evaluation = await evaluate(cli, backend, await requestOf(backend, task, options));
      if (options.json) cli.terminal.line(JSON.stringify(evaluation, null, 2));
      else show(cli, evaluation);
      if (options.calibrate) cli.terminal.note(await writeCutoffs(evaluation, await backend.models.list()));
    });
    exit(EXIT.ok);
  });
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

function readCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('it must be a whole number from 1');
  return value;
}

/** `coco:folder`; a relative folder is one of this machine. */
function readDatasetOption(text: string, cwd: string): NewEvaluation['dataset'] {
  const colon = text.indexOf(':');
  const format = DATASET_FORMATS.find((known) => known === text.slice(0, Math.max(0, colon)));
  const folder = text.slice(colon + 1).trim();
  if (!format || folder === '')
    throw new InvalidArgumentError(
      `it must be format:folder, such as coco:/data/coco (${DATASET_FORMATS.join(', ')})`,
    );
  return { format, folder: resolve(cwd, folder) };
}

async function requestOf(
  backend: Backend,
  task: NewEvaluation['task'],
  { dataset, split, model, param = [], limit, subset, boxes, calibrate }: EvaluateOptions,
): Promise<NewEvaluation> {
  const params = param.length > 0 ? await readParams(backend, task, param) : undefined;
  return {
    task,
    dataset: { ...dataset, ...(split === undefined ? {} : { split }) },
    ...(model === undefined ? {} : { model }),
    ...(params ? { params } : {}),
    ...(limit === undefined ? {} : { limit }),
    ...(subset === undefined ? {} : { subset }),
    ...(boxes === undefined ? {} : { boxes }),
    ...(calibrate ? { calibrate } : {}),
  };
}

/** `mode=fast` as the task's schema means it. @throws UsageError */
async function readParams(
  backend: Backend,
  task: string,
  given: readonly string[],
): Promise<Record<string, unknown>> {
  const info = (await backend.tasks()).find((one) => one.task === task);
  if (!info) throw new UsageError(`${backend.where} does not serve ${task}`);
  const properties = (info.params as ParamSchema).properties ?? {};
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      const name = text.slice(0, Math.max(0, at));
      const schema = properties[name];
      if (!schema)
        throw new UsageError(`--param ${text}: ${task} has no parameter "${name || text}"`, {
          hint: `Write name=value; its parameters: ${Object.keys(properties).join(', ')}.`,
        });
      try {
        return [name, readValue(schema, text.slice(at + 1))];
      } catch (error) {
        throw new UsageError(`--param ${text}: ${(error as Error).message}`, { cause: error });
      }
    }),
  );
}

async function evaluate(cli: Cli, backend: Backend, request: NewEvaluation): Promise<Evaluation> {
  const { terminal, signal } = cli;
  terminal.draw(`reading the data set (${backend.where}) …`);
  let progress: Progress | undefined;
  try {
    return await backend.evaluations.run(request, {
      signal,
      onProgress: (done, total) => {
        // The first report tells how much was done before: the pace counts from there.
        progress ??= new Progress(terminal, total);
        progress.update(done);
      },
    });
  } finally {
    terminal.clear();
  }
}

const shown = (value: number | null): string =>
  value === null ? '–' : Number.isInteger(value) && value > 1 ? String(value) : value.toFixed(4);

function show({ terminal }: Cli, evaluation: Evaluation): void {
  const { dataset, models, figures, report, imagesPerSecond } = evaluation;
  terminal.line(
    terminal.style(
      'bold',
      `${evaluation.metric}: ${models.map(({ id }) => id).join(' + ')} on ${dataset.name}`,
    ),
  );
  const part = dataset.subset === 'all' ? '' : ` (${dataset.subset})`;
  const pace = imagesPerSecond === null ? '' : `, ${imagesPerSecond.toFixed(1)} a second`;
  terminal.line(
    `${dataset.images} pictures${part}, ${dataset.truths} annotations; ${milliseconds(evaluation.durationMs)}${pace} on ${evaluation.device}`,
  );
  terminal.line();
  const rows = figures.map(({ name, value, description = '' }) => [
    name,
    shown(value),
    terminal.style('dim', description),
  ]);
  for (const line of table([{}, { align: 'right' }, {}], rows)) terminal.line(terminal.fit(`  ${line}`));
  terminal.line();
  const failed = report.failures.length;
  if (failed > 0) {
    const what =
      failed === 1
        ? '1 picture could not be run and counts'
        : `${failed} pictures could not be run and count`;
    terminal.note(terminal.noteStyle('yellow', `${what} as nothing found:`));
    for (const { name, detail } of report.failures.slice(0, 5)) terminal.note(`  ${name}: ${detail}`);
  }
  terminal.line(terminal.style('dim', `evaluation ${evaluation.id}`));
}
