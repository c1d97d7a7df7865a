import { EXPORT_FORMATS, type ExportFormat } from '@fovea/contracts';
import { Option, type Command } from 'commander';
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { withBackend, type Cli } from '../cli.ts';
import { EXIT } from '../failures.ts';
import { addFilterOptions, filterOf, type FilterOptions } from './run-filters.ts';
import { addServerOptions } from './server-options.ts';

/** `fovea export`: runs of the catalog as COCO, YOLO, CSV or JSON lines. */
export function addExportCommand(program: Command, cli: Cli, exit: (code: number) => void): void {
  const command = program
    .command('export')
    .description('recorded runs as one file, for other tools')
    .addOption(
      new Option('--format <format>', 'coco = JSON, yolo = a ZIP of label files')
        .choices(EXPORT_FORMATS)
        .default('coco'),
    )
    .option('--out <file>', 'where to write it (default: standard output)');
  addFilterOptions(addServerOptions(command)).action(
    async (options: FilterOptions & { format: ExportFormat; out?: string }) => {
      const { server, apiKey } = options;
      await withBackend(cli, { server, apiKey, catalog: true }, async (backend) => {
        const bytes = await backend.runs.export(options.format, filterOf(options));
        const { signal } = cli;
        if (options.out === undefined)
          await pipeline(Readable.from(bytes), cli.terminal.streams.stdout, { end: false, signal });
        else
          await pipeline(Readable.from(bytes), createWriteStream(resolve(cli.cwd, options.out)), { signal });
      });
      exit(EXIT.ok);
    },
  );
}
