import { isTask, type RunEnvelope, type TaskInfo } from '@fovea/contracts';
import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { Backend, BackendInput } from '../backend.ts';
import { withBackend, type Cli } from '../cli.ts';
import { concernsOneInput, EXIT, UsageError } from '../failures.ts';
import { inOrder } from '../in-order.ts';
import { addParamOptions, type ParamSchema } from '../param-options.ts';
import { Progress } from '../progress.ts';
import { expandSources, overlayNames, readSource, type Source } from '../sources.ts';
import { addServerOptions, strictCommand, type ServerOptions } from './server-options.ts';
import { overlayPaths, saveFiles, writeOverlay } from './result-files.ts';
import { RunOutput } from './run-output.ts';

/** Inputs under way at a time. */
export const CONCURRENCY = 4;

interface RunOptions extends ServerOptions {
  readonly model?: readonly string[];
  readonly json?: true;
  readonly table?: true;
  readonly overlay?: string;
  readonly save?: string;
  readonly record?: boolean;
}

/** One run that is over: its envelope, or why there is none. */
export type Outcome = { source: Source; envelope: RunEnvelope } | { source: Source; error: unknown };

/** The line that the list of commands shows; the real command is made once the task is known. */
export function addRunCommand(program: Command): void {
  program
    .command('run')
    .argument('<task>', 'what to do, see `fovea tasks`')
    .argument('[input...]', 'files, folders, patterns such as "*.jpg", addresses, or - for standard input')
    .description('run a task; `fovea run <task> --help` lists its parameters')
    .helpOption('-h, --help', 'this help');
}

/**
 * `fovea run …`: asks which parameters the task has, reads the command line by them, runs, prints.
 * @param args what follows `run`
 * @returns the exit code
 */
export async function run(cli: Cli, args: readonly string[]): Promise<number> {
  const name = args.find((arg) => isTask(arg)) ?? args.find((arg) => !arg.startsWith('-'));
  if (name === undefined)
    throw new UsageError('which task? `fovea run <task> <picture>`; `fovea tasks` lists them');
  const rest = args.toSpliced(args.indexOf(name), 1);
  const { server, apiKey, record } = firstReading(cli, 'run', rest);
  return withBackend(cli, { server, apiKey, record }, async (backend) => {
    const tasks = await backend.tasks();
    const task = tasks.find((one) => one.task === name);
    if (!task)
      throw new UsageError(`there is no task "${name}"`, {
        hint: `Tasks of ${backend.where}: ${tasks.map((one) => one.task).join(', ') || 'none'}.`,
      });
    const { command, readParams } = commandOf(cli, task);
    await command.parseAsync([...rest], { from: 'user' });
    return runAll(cli, backend, {
      task,
      options: command.opts<RunOptions>(),
      params: readParams(),
      args: command.args,
      others: command.opts<Record<string, unknown>>(),
    });
  });
}

/** Which server to ask must be known before the parameters are: they are the server's. */
export function firstReading(
  cli: Cli,
  name: string,
  args: readonly string[],
): ServerOptions & { record?: boolean } {
  const command = addServerOptions(strictCommand(name, cli.terminal))
    .option('--record')
    .option('--no-record')
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false);
  // With both forms of --record there is no default: undefined unless one is given.
  command.parse([...args], { from: 'user' });
  return command.opts();
}

function commandOf(
  cli: Cli,
  task: TaskInfo,
): { command: Command; readParams: () => Record<string, unknown> } {
  const [primary, ...others] = task.inputs;
  const command = strictCommand(`fovea run ${task.task}`, cli.terminal).description(
    `${task.title}: ${task.description}`,
  );
  if (primary)
    command.argument(
      primary.min > 0 ? '<input...>' : '[input...]',
      `${primary.media}: files, folders, patterns such as "*.jpg", addresses, or - for standard input`,
    );
  for (const other of others)
    command[other.min > 0 ? 'requiredOption' : 'option'](
      `--${other.name} <file|url>`,
      other.description ?? `the ${other.media} "${other.name}"`,
    );
  addModelOption(command, task)
    .option('--json', 'the envelope as JSON; one line each for several inputs')
    .option('--table', 'as a table (default)')
    .option('--overlay <path>', 'draw the result: a .png or .svg file, or a folder for several inputs')
    .option('--save <folder>', 'write the files that a result has: cut-outs, class maps')
    .option('--record', 'keep the run in the catalog (a server does unless told otherwise)')
    .option('--no-record', 'keep nothing of it');
  addServerOptions(command);
  return { command, readParams: addParamOptions(command, task.params as ParamSchema) };
}

/** Adds --model, which may be given once for each role. */
export function addModelOption(command: Command, task: TaskInfo): Command {
  const models = task.models.map(({ role, choices, default: usual }) => {
    const names = choices.map((id) => (id === usual ? `${id} (default)` : id)).join(', ');
    return role === 'primary' ? names : `${role}=<id>: ${names}`;
  });
  return command.option('--model <id>', models.join('; '), collect);
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

interface Job {
  readonly task: TaskInfo;
  readonly options: RunOptions;
  readonly params: Record<string, unknown>;
  readonly args: readonly string[];
  /** All options by name: the inputs beside the primary are among them. */
  readonly others: Readonly<Record<string, unknown>>;
}

async function runAll(
  cli: Cli,
  backend: Backend,
  { task, options, params, args, others }: Job,
): Promise<number> {
  if (options.json && options.table) throw new UsageError('--json and --table exclude each other');
  const [primary, ...further] = task.inputs;
  if (!primary && args.length > 0) throw new UsageError(`${task.task} takes no input`);
  const sources: readonly Source[] =
    primary && (args.length > 0 || primary.min > 0)
      ? await expandSources(args, { cwd: cli.cwd, media: primary.media })
      : [{ kind: 'none', name: task.task, at: '' }];
  if (options.overlay !== undefined && sources.some(({ kind }) => kind === 'none'))
    throw new UsageError('--overlay draws on a picture, and none was given');
  const overlays = overlayPaths(options.overlay, sources, cli.cwd);
  const stems = overlayNames(sources).map((name) => name.replace(/\.png$/, ''));
  const beside = await readBeside(
    cli,
    further.map((input) => input.name),
    others,
  );
  const { model, models } = modelsOf(options.model);

  const one = async (source: Source, index: number): Promise<Outcome> => {
    try {
      cli.signal.throwIfAborted();
      const input = source.kind === 'none' ? undefined : await readInput(cli, source);
      const envelope = await backend.run({
        task,
        inputs: { ...(primary && input ? { [primary.name]: [input] } : {}), ...beside },
        params,
        model,
        models,
        signal: cli.signal,
      });
      const path = overlays?.[index];
      if (path !== undefined && input) await writeOverlay(cli, backend, { envelope, input, path });
      if (options.save !== undefined)
        await saveFiles(backend, envelope, {
          folder: resolve(cli.cwd, options.save),
          stem: stems[index] ?? task.task,
        });
      return { source, envelope };
    } catch (error) {
      return { source, error };
    }
  };

  const output = new RunOutput(cli.terminal, { json: options.json === true, sources });
  const progress = new Progress(cli.terminal, sources.length);
  const several = sources.length > 1;
  let done = 0;
  let failed = 0;
  if (several) progress.update(0);
  else if (cli.terminal.watched) cli.terminal.draw(`running ${task.task} (${backend.where}) …`);
  for await (const outcome of inOrder(sources, CONCURRENCY, one)) {
    cli.signal.throwIfAborted();
    // What is wrong with the request or the server is wrong with all the inputs that follow.
    if ('error' in outcome && !concernsOneInput(outcome.error)) throw outcome.error;
    if ('error' in outcome) failed++;
    output.show(outcome);
    done++;
    if (several) progress.update(done, true);
  }
  progress.end();
  if (several) output.total(done, failed);
  return failed > 0 ? EXIT.failed : EXIT.ok;
}

async function readInput(cli: Cli, source: Source): Promise<BackendInput> {
  const bytes = await readSource(source, { stdin: cli.terminal.streams.stdin, signal: cli.signal });
  return { bytes, name: source.name };
}

async function readBeside(
  cli: Cli,
  names: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<Record<string, BackendInput[]>> {
  const beside: Record<string, BackendInput[]> = {};
  for (const name of names) {
    const arg = options[name];
    if (typeof arg !== 'string') continue;
    const isUrl = /^https?:\/\//i.test(arg);
    beside[name] = [
      await readInput(
        cli,
        isUrl ? { kind: 'url', name: arg, at: arg } : { kind: 'file', name: arg, at: resolve(cli.cwd, arg) },
      ),
    ];
  }
  return beside;
}

/** `--model id` is the primary's, `--model role=id` another role's. */
export function modelsOf(given: readonly string[] = []): {
  model?: string;
  models?: Record<string, string>;
} {
  const models: Record<string, string> = {};
  let model: string | undefined;
  for (const one of given) {
    const at = one.indexOf('=');
    if (at > 0) models[one.slice(0, at)] = one.slice(at + 1);
    else model = one;
  }
  return { ...(model === undefined ? {} : { model }), ...(Object.keys(models).length > 0 ? { models } : {}) };
}
