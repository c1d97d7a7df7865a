import { VisionError } from '@fovea/contracts';
import { randomUUID } from 'node:crypto';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { asCatalogError, isFull } from './failures.ts';
import { isAlive, processIdentity } from './processes.ts';

const LOCK_FILE = 'fovea.lock';
const BEAT_MS = 5_000;
/** A lock written on another host (a container on the same volume) is judged by its heartbeat alone. */
const FOREIGN_STALE_MS = 20_000;

/** Who owns a data folder, as others see it. */
export interface DataLockInfo {
  readonly pid: number;
  /** Where its server answers; null before it listens, or when it has none. */
  readonly url: string | null;
}

/** A data folder that this process owns. */
export interface DataLock {
  readonly dataDir: string;
  /** Tells others where the server answers. */
  setUrl(url: string | null): void;
  release(): void;
}

interface LockBody {
  readonly token: string;
  readonly pid: number;
  readonly identity: string | null;
  readonly host: string;
  readonly startedAt: string;
  readonly url: string | null;
}

const held = new Map<string, DataLock>();

/** The lock that this process holds on a folder, if it does. */
export const heldDataLock = (dataDir: string): DataLock | undefined => held.get(openFolder(dataDir));

/**
 * Makes this process the only owner of a data folder, which is created where it is missing.
 * @param options.url where the server answers, if that is known already
 * @throws CONFLICT when a living process owns it; CATALOG_UNAVAILABLE when we may not write there; STORAGE_FULL
 * @example
 * const lock = lockDataFolder('.fovea');
 * lock.setUrl('http://127.0.0.1:3000');
 */
export function lockDataFolder(dataDir: string, options: { url?: string } = {}): DataLock {
  const folder = openFolder(dataDir);
  const path = join(folder, LOCK_FILE);
  const body: LockBody = {
    token: randomUUID(),
    pid: process.pid,
    identity: processIdentity(process.pid),
    host: hostname(),
    startedAt: new Date().toISOString(),
    url: options.url ?? null,
  };
  const draft = `${path}.${body.token}`;
  writable(folder, () => writeFileSync(draft, JSON.stringify(body), { mode: 0o600 }));
  try {
    for (;;) {
      if (tryLink(draft, path)) break;
      const owner = readLock(path);
      if (owner && isLive(owner, path)) throw ownedBy(folder, owner);
      setStaleAside(path, owner);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return holdLock(folder, path, body);
}

/**
 * Who owns a data folder now, or null: also for a lock whose process is gone or whose id another process uses now.
 * @example readDataLock('.fovea')?.url   // 'http://127.0.0.1:3000'
 */
export function readDataLock(dataDir: string): DataLockInfo | null {
  const path = join(dataDir, LOCK_FILE);
  const owner = readLock(path);
  return owner && isLive(owner, path) ? { pid: owner.pid, url: owner.url } : null;
}

function holdLock(folder: string, path: string, body: LockBody): DataLock {
  let current = body;
  const mine = () => readLock(path)?.token === body.token;
  const beat = setInterval(() => {
    const now = new Date();
    try {
      utimesSync(path, now, now);
    } catch {
      // The folder was removed under us; nobody else can be mistaken about it then.
    }
  }, BEAT_MS);
  beat.unref();
  const lock: DataLock = {
    dataDir: folder,
    setUrl(url) {
      if (!mine()) return;
      current = { ...current, url };
      const draft = `${path}.${body.token}`;
      writeFileSync(draft, JSON.stringify(current), { mode: 0o600 });
      renameSync(draft, path);
    },
    release() {
      clearInterval(beat);
      held.delete(folder);
      if (mine()) rmSync(path, { force: true });
    },
  };
  held.set(folder, lock);
  return lock;
}

/** The one name of a folder, which is created where it is missing. */
const openFolder = (dataDir: string): string =>
  writable(dataDir, () => {
    mkdirSync(dataDir, { recursive: true });
    return realpathSync(dataDir);
  });

/** Says what to do where a data folder cannot be used. */
function writable<T>(folder: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    if (isFull(cause)) throw asCatalogError(cause);
    throw new VisionError(
      'CATALOG_UNAVAILABLE',
      `The data folder ${folder} cannot be written: ${(cause as Error).message}.`,
      { cause, hint: 'Name a folder that this user may write with FOVEA_DATA, or change its owner.' },
    );
  }
}

/** link() fails where the name exists: the one atomic step that decides who owns the folder. */
function tryLink(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Renames a stale lock away; if another process has replaced it meanwhile, its lock is put back. */
function setStaleAside(path: string, stale: LockBody | null): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readLock(aside)?.token !== stale?.token) tryLink(aside, path);
  rmSync(aside, { force: true });
}

function readLock(path: string): LockBody | null {
  try {
    const body = JSON.parse(readFileSync(path, 'utf8')) as Partial<LockBody>;
    return Number.isInteger(body.pid) && typeof body.token === 'string' ? (body as LockBody) : null;
  } catch {
    return null;
  }
}

function isLive(owner: LockBody, path: string): boolean {
  if (owner.host !== hostname()) {
    try {
      return Date.now() - statSync(path).mtimeMs < FOREIGN_STALE_MS;
    } catch {
      return false;
    }
  }
  if (!isAlive(owner.pid)) return false;
  const identity = processIdentity(owner.pid);
  return owner.identity === null || identity === null || identity === owner.identity;
}

function ownedBy(folder: string, owner: LockBody): VisionError {
  const where = owner.url ? ` (${owner.url})` : '';
  return new VisionError(
    'CONFLICT',
    `The data folder ${folder} belongs to the running process ${owner.pid}${where}.`,
    {
      hint: owner.url
        ? `Use that server (--server ${owner.url}), stop process ${owner.pid}, or name another folder with FOVEA_DATA.`
        : `Stop process ${owner.pid}, or name another folder with FOVEA_DATA.`,
    },
  );
}
