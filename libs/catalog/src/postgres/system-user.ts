import { VisionError } from '@fovea/contracts';
import { spawnSync } from 'node:child_process';
import { chownSync, lchownSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** As whom Postgres runs: it refuses to be root. */
export interface SystemUser {
  readonly uid?: number;
  readonly gid?: number;
  /** Words before the program, where it runs inside a user namespace. */
  readonly prefix: readonly string[];
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whoever runs us, runs Postgres. Only root cannot: then the owner of an existing cluster, `postgres` or `nobody` does.
 * Where that user cannot reach the folders (root's own home, a private temporary folder), Postgres runs as root
 * outside and as that user inside a user namespace, if the system has them.
 * @param options.cluster the folder of the database
 * @param options.programs the folder of the programs
 * @throws CATALOG_UNAVAILABLE with the command that opens the way
 */
export function chooseSystemUser(options: { cluster: string; programs: string }): SystemUser {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const account = chooseAccount(options.cluster);
  const blocked = [dirname(options.cluster), options.programs]
    .map((path) => firstBlocked(path, account))
    .find(Boolean);
  if (!blocked) return { uid: account.uid, gid: account.gid, prefix: [] };
  const prefix = ['unshare', '--user', `--map-user=${account.uid}`, `--map-group=${account.gid}`, '--'];
  const probe = spawnSync(prefix[0] as string, [...prefix.slice(1), 'true'], { stdio: 'ignore' });
  if (probe.status === 0) return { prefix };
  throw new VisionError(
    'CATALOG_UNAVAILABLE',
    `Postgres does not run as root, and the user ${account.name} may not enter ${blocked}.`,
    {
      hint: `Run Fovea as a user other than root, or \`chmod o+x ${blocked}\`, or set FOVEA_DATA to a folder that all may enter, or set DATABASE_URL.`,
    },
  );
}

/** Gives a cluster to the user who will run it. */
export function giveFolder(folder: string, user: SystemUser): void {
  if (process.getuid?.() !== 0) return;
  const uid = user.uid ?? 0;
  const gid = user.gid ?? 0;
  if (statSync(folder).uid === uid) return;
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    lchownSync(join(folder, entry), uid, gid);
  // Last: while it is not done, the next start sees the old owner and does it again.
  chownSync(folder, uid, gid);
}

function chooseAccount(cluster: string): Account {
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .flatMap(([name, , uid, gid]) =>
      name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [],
    );
  const owner = statSync(cluster, { throwIfNoEntry: false })?.uid;
  const account =
    (owner ? accounts.find((entry) => entry.uid === owner) : undefined) ??
    accounts.find((entry) => entry.name === 'postgres' && entry.uid !== 0) ??
    accounts.find((entry) => entry.name === 'nobody' && entry.uid !== 0);
  if (account) return account;
  throw new VisionError(
    'CATALOG_UNAVAILABLE',
    'Postgres does not run as root, and there is no user it could run as.',
    {
      hint: 'Run Fovea as a user other than root, add one (`useradd --system postgres`), or set DATABASE_URL.',
    },
  );
}

/** The first folder on the way to a path that an account may not enter. */
function firstBlocked(path: string, account: Account): string | undefined {
  const folders: string[] = [];
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    folders.unshift(folder);
    if (folder === dirname(folder)) break;
  }
  return folders.find((folder) => {
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (!stat) return false;
    const bit = stat.uid === account.uid ? 0o100 : stat.gid === account.gid ? 0o010 : 0o001;
    return (stat.mode & bit) === 0;
  });
}
