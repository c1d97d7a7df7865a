import { SPACE_NAMES, type Collection, type SpaceName } from '@fovea/contracts';
import type { Fovea } from '@fovea/sdk';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { withServer, type Cli } from '../cli.ts';
import { EXIT, UsageError } from '../failures.ts';
import { addPictures, waitFor, type AddOptions } from './collection-adding.ts';
import {
  collectionLines,
  collectionTable,
  duplicateLines,
  indexLines,
  matchLines,
} from './collection-output.ts';
import { readJsonOption, readNumber, searchOf, type SearchOptions } from './collection-options.ts';
import { addServerOptions, type ServerOptions } from './server-options.ts';

type JsonOption = ServerOptions & { json?: true };

/** `fovea collections list|create|show|add|search|duplicates|verify|rebuild|delete` */
export function addCollectionsCommand(program: Command, cli: Cli, exit: (code: number) => void): void {
  const collections = program
    .command('collections')
    .description('pictures that are searched by picture, by text, by vector');
  const command = (name: string, about: string) =>
    addServerOptions(collections.command(name).description(about)).option('--json', 'as JSON');
  const { terminal } = cli;

  command('list', 'the collections, newest first').action(async (options: JsonOption) => {
    const found = await withServer(cli, options, (fovea) => everyCollection(fovea));
    if (options.json) for (const one of found) terminal.line(JSON.stringify(one));
    else for (const line of collectionTable(found)) terminal.line(terminal.fit(line));
    if (found.length === 0) terminal.note('no collections: fovea collections create <name>');
    exit(EXIT.ok);
  });

  command('create <name>', 'an empty collection')
    .addOption(new Option('--space <name>', 'only this space, again for both').argParser(collectSpaces))
    .action(async (name: string, options: JsonOption & { space?: SpaceName[] }) => {
      const made = await withServer(cli, options, (fovea) =>
        fovea.collections.create({ name, ...(options.space ? { spaces: options.space } : {}) }),
      );
      terminal.line(options.json ? JSON.stringify(made) : `${made.id}  ${made.name}`);
      exit(EXIT.ok);
    });

  command('show <collection>', 'its spaces and indexes').action(
    async (which: string, options: JsonOption) => {
      const found = await withServer(cli, options, (fovea) => findCollection(fovea, which));
      if (options.json) terminal.line(JSON.stringify(found));
      else for (const line of collectionLines(found)) terminal.line(terminal.fit(line));
      exit(EXIT.ok);
    },
  );

  command('add <collection> [pictures...]', 'adds files, folders, "*.jpg", addresses and ZIP archives')
    .option('--folder <path>', 'a folder on the server, under its FOVEA_IMPORT_ROOTS')
    .option('--runs <ids...>', 'the pictures of stored runs')
    .option('--metadata <name=value>', 'of every picture, again for more', collect)
    .action(async (which: string, pictures: string[], options: AddOptions) => {
      exit(
        await withServer(cli, options, async (fovea) => {
          const { id } = await findCollection(fovea, which);
          return await addPictures(cli, fovea, { id, pictures, options });
        }),
      );
    });

  command('search <collection> [text...]', 'what is most alike')
    .option('--image <file>', 'a picture, again for more', collect)
    .option('--minus <file or text>', 'what it shall not be like, again for more', collect)
    .option('--k <count>', 'at most so many', readNumber, 10)
    .option('--min-score <score>', 'a cosine, or auto: the calibrated cut-off')
    .option('--diversity <0..1>', 'towards 1: the less alike', readNumber)
    .option('--space <name>', 'visual or cross-modal')
    .option('--filter <json>', 'of the metadata: {"year": {"gte": 2020}}', readJsonOption)
    .action(async (which: string, text: string[], options: SearchOptions & JsonOption) => {
      const answer = await withServer(cli, options, async (fovea) => {
        const { id } = await findCollection(fovea, which);
        const { query, ...search } = await searchOf(cli, text.join(' '), options);
        return await fovea.collections.search(id, query, { ...search, signal: cli.signal });
      });
      if (options.json) terminal.line(JSON.stringify(answer));
      else for (const line of matchLines(answer)) terminal.line(terminal.fit(line));
      if (answer.note !== undefined && !options.json) terminal.note(answer.note);
      exit(EXIT.ok);
    });

  command('duplicates <collection>', 'groups of pictures that are nearly the same')
    .option('--min-score <score>', 'a cosine; default: calibrated', readNumber)
    .action(async (which: string, options: JsonOption & { minScore?: number }) => {
      const { minScore } = options;
      const found = await withServer(cli, options, async (fovea) => {
        const { id } = await findCollection(fovea, which);
        return fovea.collections.duplicates(id, minScore === undefined ? {} : { minScore });
      });
      if (options.json) terminal.line(JSON.stringify(found));
      else for (const line of duplicateLines(found)) terminal.line(terminal.fit(line));
      exit(EXIT.ok);
    });

  command('verify <collection>', 'compares its indexes with the database').action(
    async (which: string, options: JsonOption) => {
      const report = await withServer(cli, options, async (fovea) =>
        fovea.collections.index((await findCollection(fovea, which)).id),
      );
      if (options.json) terminal.line(JSON.stringify(report));
      else for (const line of indexLines(report)) terminal.line(terminal.fit(line));
      exit(report.indexes.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed);
    },
  );

  command('rebuild <collection>', 'makes its indexes again from the database').action(
    async (which: string, options: JsonOption) => {
      const job = await withServer(cli, options, async (fovea) => {
        const { id } = await findCollection(fovea, which);
        return await waitFor(cli, fovea, await fovea.collections.rebuild(id));
      });
      const { result } = job;
      if (options.json) terminal.line(JSON.stringify(job));
      else if (result && 'indexes' in result) for (const line of indexLines(result)) terminal.line(line);
      exit(EXIT.ok);
    },
  );

  command('delete <collection>', 'with its items; pictures that nothing else needs go too')
    .requiredOption('--yes', 'it cannot be undone')
    .action(async (which: string, options: JsonOption) => {
      const gone = await withServer(cli, options, async (fovea) => {
        const found = await findCollection(fovea, which);
        await fovea.collections.delete(found.id);
        return found;
      });
      terminal.line(options.json ? JSON.stringify({ id: gone.id }) : `deleted ${gone.name}`);
      exit(EXIT.ok);
    });
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

function collectSpaces(value: string, before: readonly SpaceName[] = []): SpaceName[] {
  const space = SPACE_NAMES.find((name) => name === value);
  if (!space) throw new InvalidArgumentError(`it must be one of ${SPACE_NAMES.join(', ')}`);
  return [...before, space];
}

async function everyCollection(fovea: Fovea): Promise<Collection[]> {
  const found: Collection[] = [];
  for await (const one of fovea.collections.all()) found.push(one);
  return found;
}

/** By its id or its name. @throws UsageError */
async function findCollection(fovea: Fovea, which: string): Promise<Collection> {
  const names: string[] = [];
  for (const one of await everyCollection(fovea)) {
    if (one.id === which || one.name.toLowerCase() === which.trim().toLowerCase()) return one;
    names.push(one.name);
  }
  throw new UsageError(`there is no collection "${which}"`, {
    hint:
      names.length > 0 ? `There are: ${names.slice(0, 20).join(', ')}.` : 'fovea collections create <name>',
  });
}
