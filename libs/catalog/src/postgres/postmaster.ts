import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, processFolder, processName } from '../processes.ts';

/** What a running server says about itself in postmaster.pid. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly state: 'starting' | 'ready' | 'stopping';
}

/**
 * The server that runs on a cluster, or null. A file left by a crash is removed when its process is gone
 * or its id belongs to another program by now.
 */
export function readPostmaster(cluster: string): Postmaster | null {
  const path = join(cluster, 'postmaster.pid');
  let lines: string[];
  try {
    lines = readFileSync(path, 'utf8').split('\n');
  } catch {
    return null;
  }
  // pid, folder, start time, port, socket folder, listen address, shared memory key, status
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (!isAlive(pid) || !isPostgresOf(pid, cluster)) {
    // Postgres removes it too, but refuses to start if a program of the same user has that id now.
    rmSync(path, { force: true });
    return null;
  }
  const status = lines[7]?.trim();
  return {
    pid,
    port: Number(lines[3] ?? 0),
    state: status === 'ready' ? 'ready' : status === 'stopping' ? 'stopping' : 'starting',
  };
}

/** False when we know better: another program, or the Postgres of another folder, which works in that one. */
function isPostgresOf(pid: number, cluster: string): boolean {
  const name = processName(pid);
  const folder = processFolder(pid);
  return (
    (name === null || name.includes('postgres')) && (folder === null || folder === realpathSync(cluster))
  );
}
