import { VisionError } from '@fovea/contracts';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { PostgresBinaries } from './binaries.ts';
import { giveFolder, type SystemUser } from './system-user.ts';

export const SUPERUSER = 'fovea';
/** initdb makes it; a database of our own would cost the first start a copy of it. */
export const DATABASE = 'postgres';

/** Where the files of an embedded Postgres lie. */
export interface ClusterPaths {
  readonly cluster: string;
  readonly password: string;
  readonly log: string;
}

export const clusterPaths = (dataDir: string): ClusterPaths => ({
  cluster: join(dataDir, 'postgres'),
  password: join(dataDir, 'postgres.password'),
  log: join(dataDir, 'postgres.log'),
});

/**
 * The password of the cluster, made once: random, readable by its owner only.
 * @throws CATALOG_UNAVAILABLE when a cluster is there but its password is not
 */
export function clusterPassword(paths: ClusterPaths): string {
  if (existsSync(paths.password)) return readFileSync(paths.password, 'utf8').trim();
  if (existsSync(join(paths.cluster, 'PG_VERSION')))
    throw new VisionError(
      'CATALOG_UNAVAILABLE',
      `The password of the embedded Postgres is missing: ${paths.password}.`,
      {
        hint: `Put the file back, or move ${paths.cluster} away to begin with an empty catalog.`,
      },
    );
  const password = randomBytes(24).toString('base64url');
  writeFileSync(paths.password, `${password}\n`, { mode: 0o600, flush: true });
  return password;
}

/**
 * Makes the cluster where there is none, whole or not at all, and checks one that is there.
 * @throws CATALOG_UNAVAILABLE when it was made by another major version, belongs to another user, or cannot be made
 */
export async function ensureCluster(
  paths: ClusterPaths,
  binaries: PostgresBinaries,
  user: SystemUser,
): Promise<void> {
  const password = clusterPassword(paths);
  if (existsSync(join(paths.cluster, 'PG_VERSION'))) {
    checkCluster(paths, binaries);
    giveFolder(paths.cluster, user);
    return;
  }
  const draft = `${paths.cluster}.new`;
  const passwordFile = `${paths.cluster}.pw`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  giveFolder(draft, user);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(passwordFile, user.uid, user.gid);
  try {
    await runInitdb(binaries, user, [
      `--pgdata=${draft}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Postgres' own locale: the order of an index never depends on the machine's libraries.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-instructions',
      // One sync of the file system instead of one for each of a thousand files.
      ...(process.platform === 'linux' ? ['--sync-method=syncfs'] : []),
    ]);
    renameSync(draft, paths.cluster);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function checkCluster(paths: ClusterPaths, binaries: PostgresBinaries): void {
  const major = Number.parseInt(readFileSync(join(paths.cluster, 'PG_VERSION'), 'utf8'), 10);
  if (major !== binaries.major)
    throw new VisionError(
      'CATALOG_UNAVAILABLE',
      `The catalog in ${paths.cluster} was made by Postgres ${major}; this version of Fovea brings Postgres ${binaries.major}.`,
      {
        hint: `Move it over with pg_dump and pg_restore, go back to the Fovea that made it, or move ${paths.cluster} away to begin with an empty catalog.`,
      },
    );
  const uid = process.getuid?.();
  const owner = statSync(paths.cluster).uid;
  if (uid !== undefined && uid !== 0 && owner !== uid)
    throw new VisionError(
      'CATALOG_UNAVAILABLE',
      `The catalog in ${paths.cluster} belongs to another user (uid ${owner}).`,
      {
        hint: `Run Fovea as that user, or \`sudo chown -R ${uid} ${paths.cluster}\`.`,
      },
    );
}

async function runInitdb(binaries: PostgresBinaries, user: SystemUser, args: string[]): Promise<void> {
  const { output, failure } = await new Promise<{ output: string; failure: string | null }>((resolve) => {
    const child = spawnAs(user, binaries.initdb, args);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', (error) => resolve({ output: text, failure: error.message }));
    child.on('close', (code, signal) =>
      resolve({ output: text, failure: code === 0 ? null : `it ended with ${signal ?? `code ${code}`}` }),
    );
  });
  if (failure === null) return;
  const full = /no space left/i.test(output);
  throw new VisionError(
    full ? 'STORAGE_FULL' : 'CATALOG_UNAVAILABLE',
    `initdb could not make the catalog: ${failure}. ${lastLines(output)}`,
    {
      ...(full ? {} : { hint: 'Check that the data folder is writable (FOVEA_DATA), or set DATABASE_URL.' }),
    },
  );
}

/** Starts a program of Postgres as the user that was chosen. */
export function spawnAs(
  user: SystemUser,
  program: string,
  args: readonly string[],
  options: { log?: number } = {},
) {
  const [command = program, ...words] = [...user.prefix, program];
  return spawn(command, [...words, ...args], {
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    ...(user.gid === undefined ? {} : { gid: user.gid }),
    // A place that the user may enter for sure; ours may be closed to it.
    cwd: dirname(program),
    windowsHide: true,
    // Its own process group: a Ctrl-C in the terminal must not stop it before the platform has drained.
    detached: options.log !== undefined,
    stdio: options.log === undefined ? ['ignore', 'pipe', 'pipe'] : ['ignore', options.log, options.log],
  });
}

export const lastLines = (text: string, count = 5): string =>
  text.trim().split('\n').slice(-count).join(' | ');
