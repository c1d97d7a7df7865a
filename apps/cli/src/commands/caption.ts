import type { RunEnvelope, TaskInfo } from '@fovea/contracts';
import type { Command } from 'commander';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Backend } from '../backend.ts';
import {
  eachFileOnce,
  openCaptionable,
  targetsOf,
  withExtension,
  type WriteOptions,
} from '../captioned-file.ts';
import { withBackend, type Cli } from '../cli.ts';
import { concernsOneInput, EXIT, explain, UsageError } from '../failures.ts';
import { inOrder } from '../in-order.ts';
import { addParamOptions, type ParamSchema } from '../param-options.ts';
import { Progress } from '../progress.ts';
import { expandSources, readSource, type Source } from '../sources.ts';
import { addModelOption, CONCURRENCY, firstReading, modelsOf } from './run.ts';
import { problemOf, shownName } from './run-output.ts';
import { addServerOptions, strictCommand, type ServerOptions } from './server-options.ts';

interface CaptionOptions extends ServerOptions {
  readonly model?: readonly string[];
  readonly json?: true;
  readonly writeXmp?: true;
  readonly out?: string;
  readonly sidecar?: true;
  readonly force?: true;
  readonly record?: boolean;
}

/** What became of a picture's file: `kept` = a person's caption is in it. */
type State = 'written' | 'unchanged' | 'kept';

interface Captioned {
  readonly source: Source;
  readonly caption: string;
  readonly envelope?: RunEnvelope;
  readonly file?: string;
  readonly state?: State;
}
type Outcome = Captioned | { readonly source: Source; readonly error: unknown };

const DESCRIPTION = 'captions of pictures, printed or written into their files';
/** They change what a run answers beside its sentence, and the sentence is all that is taken here. */
const UNUSED_PARAMS = ['attention', 'alternatives'];

/** The line that the list of commands shows; the real command is made once the task is known. */
export function addCaptionCommand(program: Command): void {
  program.command('caption').argument('<picture...>').description(DESCRIPTION);
}

/**
 * `fovea caption …`: one line `path<TAB>caption` for each picture.
 * @param args what follows `caption`
 * @returns the exit code
 */
export async function caption(cli: Cli, args: readonly string[]): Promise<number> {
  const { server, apiKey, record } = firstReading(cli, 'caption', args);
  return withBackend(cli, { server, apiKey, record }, async (backend) => {
    const task = (await backend.tasks()).find((one) => one.task === 'caption');
    if (!task) throw new UsageError(`there is no task "caption" at ${backend.where}`);
    const { command, readParams } = commandOf(cli, task);
    await command.parseAsync([...args], { from: 'user' });
    return captionAll(cli, backend, {
      task,
      options: command.opts<CaptionOptions>(),
      params: readParams(),
      args: command.args,
    });
  });
}

function commandOf(
  cli: Cli,
  task: TaskInfo,
): { command: Command; readParams: () => Record<string, unknown> } {
  const command = strictCommand('fovea caption', cli.terminal)
    .description(DESCRIPTION)
    .argument('<picture...>', 'files, folders, patterns such as "*.jpg", addresses, or - for standard input')
    .option(
      '--write-xmp',
      'write each caption into its file, as description and alternative text (dc:description, ' +
        'Iptc4xmpCore:AltTextAccessibility); JPEG, PNG and WebP hold it themselves, beside all others goes <file>.xmp',
    )
    .option('--out <folder>', 'with --write-xmp: write copies there and leave the pictures as they are')
    .option('--sidecar', 'with --write-xmp: write <file>.xmp beside every picture, nothing into it')
    .option('--force', 'with --write-xmp: replace captions that people wrote, and foreign files in --out')
    .option('--json', 'as JSON; one line each for several pictures');
  addModelOption(command, task)
    .option('--record', 'keep the runs in the catalog (a server does unless told otherwise)')
    .option('--no-record', 'keep nothing of them');
  addServerOptions(command);
  const schema = task.params as ParamSchema;
  const properties = Object.entries(schema.properties ?? {}).filter(
    ([name]) => !UNUSED_PARAMS.includes(name),
  );
  return {
    command,
    readParams: addParamOptions(command, { ...schema, properties: Object.fromEntries(properties) }),
  };
}

interface Job {
  readonly task: TaskInfo;
  readonly options: CaptionOptions;
  readonly params: Record<string, unknown>;
  readonly args: readonly string[];
}

async function captionAll(cli: Cli, backend: Backend, { task, options, params, args }: Job): Promise<number> {
  const writing = writeOptionsOf(cli, options);
  const expanded = await expandSources(args, { cwd: cli.cwd, media: 'image' });
  const sources = writing ? eachFileOnce(expanded) : expanded;
  const targets = writing && targetsOf(sources, writing.out);
  const models = modelsOf(options.model);

  const one = async (source: Source, index: number): Promise<Outcome> => {
    try {
      cli.signal.throwIfAborted();
      const seen = source.kind === 'file' ? statSync(source.at) : undefined;
      const bytes = await readSource(source, { stdin: cli.terminal.streams.stdin, signal: cli.signal });
      const target = targets?.[index];
      const file =
        writing && target !== undefined
          ? openCaptionable({ source, bytes, seen }, { ...writing, target: withExtension(target, bytes) })
          : undefined;
      if (file?.kept !== undefined) return { source, caption: file.kept, state: 'kept' };
      const envelope = await backend.run({
        task,
        inputs: { image: [{ bytes, name: source.name }] },
        params,
        ...models,
        signal: cli.signal,
      });
      const text = captionOf(envelope);
      if (!file) return { source, caption: text, envelope };
      cli.signal.throwIfAborted();
      const { file: path, changed } = file.write({ text, model: writerOf(envelope) });
      return { source, caption: text, envelope, file: path, state: changed ? 'written' : 'unchanged' };
    } catch (error) {
      return { source, error };
    }
  };

  const output = new CaptionOutput(cli, { json: options.json === true, several: sources.length > 1 });
  const progress = new Progress(cli.terminal, sources.length);
  let done = 0;
  progress.update(0);
  for await (const outcome of inOrder(sources, CONCURRENCY, one)) {
    cli.signal.throwIfAborted();
    // What is wrong with the request or the server is wrong with all the pictures that follow.
    if ('error' in outcome && !concernsOneInput(outcome.error)) throw outcome.error;
    output.show(outcome);
    progress.update(++done, true);
  }
  progress.end();
  output.total();
  return output.failed > 0 ? EXIT.failed : EXIT.ok;
}

/** @throws UsageError for options that would write where nothing is to be written */
function writeOptionsOf(cli: Cli, options: CaptionOptions): WriteOptions | undefined {
  const { writeXmp, out, sidecar, force } = options;
  if (writeXmp)
    return {
      out: out === undefined ? undefined : resolve(cli.cwd, out),
      sidecar: sidecar === true,
      force: force === true,
    };
  const [alone] = Object.entries({ out, sidecar, force }).filter(([, value]) => value !== undefined);
  if (alone) throw new UsageError(`--${alone[0]} goes with --write-xmp: without it nothing is written`);
  return undefined;
}

const captionOf = ({ result }: RunEnvelope): string => (result.kind === 'text' ? result.text : '');
const writerOf = ({ run }: RunEnvelope): string =>
  (run.models.find(({ role }) => role === 'primary') ?? run.models[0])?.id ?? '';

/** Captions to stdout, failures and the count to stderr. */
class CaptionOutput {
  private readonly cli: Cli;
  private readonly json: boolean;
  private readonly several: boolean;
  private readonly counts = { written: 0, unchanged: 0, kept: 0, failed: 0 };

  constructor(cli: Cli, { json, several }: { json: boolean; several: boolean }) {
    this.cli = cli;
    this.json = json;
    this.several = several;
  }

  get failed(): number {
    return this.counts.failed;
  }

  show(outcome: Outcome): void {
    const { terminal } = this.cli;
    if ('error' in outcome) {
      this.counts.failed++;
      this.failure(outcome);
      return;
    }
    const { source, caption: text, state } = outcome;
    if (state) this.counts[state]++;
    if (this.json) this.object(asObject(outcome));
    else terminal.line(`${source.name}\t${text}`);
  }

  private failure({ source, error }: { source: Source; error: unknown }): void {
    const { terminal } = this.cli;
    const { what, hint } = explain(error);
    terminal.note(`${terminal.noteStyle('red', shownName(source))}: ${what}`);
    if (hint && !this.several) terminal.note(`  ${hint}`);
    if (this.json) this.object({ source: source.name, ...problemOf(error) });
  }

  private object(value: object): void {
    this.cli.terminal.line(this.several ? JSON.stringify(value) : JSON.stringify(value, null, 2));
  }

  /** `97 written, 2 unchanged, 1 kept (people wrote them; --force replaces them)` */
  total(): void {
    const { kept, failed } = this.counts;
    const parts = Object.entries(this.counts)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`);
    if (parts.length === 0 || (parts.length === 1 && failed > 0 && !this.several)) return;
    const why = kept > 0 ? ' (kept: people wrote these captions; --force replaces them)' : '';
    this.cli.terminal.note(`${parts.join(', ')}${why}`);
  }
}

function asObject({ source, caption: text, envelope, file, state }: Captioned): object {
  return {
    source: source.name,
    caption: text,
    ...(envelope?.result.kind === 'text' ? { score: envelope.result.score } : {}),
    ...(envelope ? { model: writerOf(envelope) } : {}),
    ...(envelope?.links.self === undefined ? {} : { run: envelope.run.id }),
    ...(state ? { state } : {}),
    ...(file === undefined ? {} : { file }),
  };
}
