import { Command, InvalidArgumentError, Option } from 'commander';
import type { Terminal } from '../terminal.ts';

export interface ServerOptions {
  readonly server?: string;
  readonly apiKey?: string;
}

/** Adds --server and --api-key. */
export function addServerOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--server <url>',
        'ask this server (default: the one that owns the data folder, if it runs)',
      ).argParser(readAddress),
    )
    .addOption(new Option('--api-key <key>', 'its key (default: FOVEA_API_KEY)'));
}

/** A command whose errors are thrown instead of ending the process, and that writes to this terminal. */
export function strictCommand(name: string, { streams, columns }: Terminal): Command {
  return new Command(name)
    .exitOverride()
    .showHelpAfterError('Add --help for what there is.')
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
    });
}

/** `host:3000` means `http://host:3000`. */
function readAddress(text: string): string {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.parse(address);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new InvalidArgumentError('it must be an address such as http://localhost:3000');
  return address;
}
