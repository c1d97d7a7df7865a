import { VisionError, type Job } from '@fovea/contracts';
import type { Added, Fovea, NewPicture } from '@fovea/sdk';
import type { Cli } from '../cli.ts';
import { EXIT, UsageError } from '../failures.ts';
import { Progress } from '../progress.ts';
import { expandSources, readSource, type Source } from '../sources.ts';
import { readMetadata } from './collection-options.ts';
import type { ServerOptions } from './server-options.ts';

export interface AddOptions extends ServerOptions {
  readonly folder?: string;
  readonly runs?: string[];
  readonly metadata?: readonly string[];
  readonly json?: true;
}

/**
 * Files, addresses and archives of the command line, a folder of the server, pictures of stored runs.
 * @returns the exit code @throws UsageError
 */
export async function addPictures(
  cli: Cli,
  fovea: Fovea,
  { id, pictures, options }: { id: string; pictures: readonly string[]; options: AddOptions },
): Promise<number> {
  const { terminal } = cli;
  const given = readMetadata(options.metadata);
  const settings = given ? { metadata: given } : {};
  if (pictures.length === 0 && !options.folder && !options.runs)
    throw new UsageError('nothing to add', { hint: 'Name pictures, or --folder, or --runs.' });
  const archives = pictures.filter((name) => /\.zip$/i.test(name));
  const files = pictures.filter((name) => !archives.includes(name));
  const sources = files.length > 0 ? await expandSources(files, { cwd: cli.cwd, media: 'image' }) : [];
  const jobs: Job[] = [];
  for (const source of archives.length > 0
    ? await expandSources(archives, { cwd: cli.cwd, media: 'image' })
    : []) {
    const bytes = await readSource(source, { stdin: terminal.streams.stdin, signal: cli.signal });
    jobs.push(await fovea.collections.importArchive(id, fileOf(bytes, source), settings));
  }
  if (options.folder) jobs.push(await fovea.collections.importFolder(id, options.folder, settings));
  if (options.runs) jobs.push(await fovea.collections.importRuns(id, options.runs, settings));
  const failed =
    sources.length > 0 ? await upload(cli, fovea, { id, sources, settings, json: options.json }) : 0;
  let failures = failed;
  for (const job of jobs) {
    const { result } = await waitFor(cli, fovea, job);
    if (options.json) terminal.line(JSON.stringify(result));
    if (!result || !('added' in result)) continue;
    failures += result.failed;
    if (options.json) continue;
    terminal.line(`${result.added} added, ${result.existing} there before, ${result.failed} failed`);
    for (const { name, detail } of result.failures.slice(0, 20)) terminal.note(`  ${name}: ${detail}`);
  }
  return failures > 0 ? EXIT.failed : EXIT.ok;
}

/** Pictures that are read and sent together. */
const UPLOAD = 16;

/** How many failed. */
async function upload(
  cli: Cli,
  fovea: Fovea,
  {
    id,
    sources,
    settings,
    json,
  }: { id: string; sources: readonly Source[]; settings: object; json: true | undefined },
): Promise<number> {
  const { terminal, signal } = cli;
  const progress = new Progress(terminal, sources.length);
  const count = { added: 0, existing: 0, failed: 0 };
  for (let at = 0; at < sources.length; at += UPLOAD) {
    const group = sources.slice(at, at + UPLOAD);
    const answers = await Promise.all(
      group.map((source) =>
        readSource(source, { stdin: terminal.streams.stdin, signal }).then(
          (bytes): NewPicture => ({ input: fileOf(bytes, source), name: source.name }),
          (error: unknown) => error as Error,
        ),
      ),
    );
    const read = answers.filter((answer): answer is NewPicture => !(answer instanceof Error));
    const added = read.length > 0 ? await fovea.collections.add(id, read, { ...settings, signal }) : [];
    let next = 0;
    for (const [index, answer] of answers.entries())
      report(cli, group[index] as Source, {
        answer: answer instanceof Error ? answer : (added[next++] as Added),
        count,
        json,
      });
    progress.update(at + group.length);
  }
  progress.end();
  if (!json) terminal.line(`${count.added} added, ${count.existing} there before, ${count.failed} failed`);
  return count.failed;
}

function report(
  { terminal }: Cli,
  source: Source,
  { answer, count, json }: { answer: Added | Error; count: Record<string, number>; json: true | undefined },
): void {
  const failure = answer instanceof Error ? answer.message : 'item' in answer ? undefined : answer.detail;
  const state =
    failure !== undefined ? 'failed' : 'existing' in answer && answer.existing ? 'existing' : 'added';
  count[state] = (count[state] ?? 0) + 1;
  if (json) terminal.line(JSON.stringify({ file: source.name, ...(failure ? { error: failure } : answer) }));
  else if (failure !== undefined) terminal.note(`${source.name}: ${failure}`);
}

const fileOf = (bytes: Uint8Array, { name }: Source): File =>
  new File([bytes as Uint8Array<ArrayBuffer>], name);

/** @throws what the job failed with */
export async function waitFor(cli: Cli, fovea: Fovea, { id }: Job): Promise<Job> {
  let progress: Progress | undefined;
  let total = 0;
  const job = await fovea.jobs.wait(id, {
    signal: cli.signal,
    onProgress: ({ progress: told }) => {
      if (told.total === 0) return;
      if (told.total !== total) progress = new Progress(cli.terminal, (total = told.total));
      progress?.update(told.done);
    },
  });
  progress?.end();
  if (job.error) throw VisionError.fromProblem(job.error);
  return job;
}
