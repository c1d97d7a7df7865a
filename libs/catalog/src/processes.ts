import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

/** True while a process of this id runs; a zombie does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return procStat(pid)?.state !== 'Z';
}

/**
 * Names one process for good: a process id is used again, its start time is not.
 * Null where the system does not tell (then only the id can be compared).
 */
export function processIdentity(pid: number): string | null {
  if (process.platform === 'linux') {
    const stat = procStat(pid);
    if (!stat) return null;
    const boot = readOrNull('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
    return `${boot}:${stat.startTicks}`;
  }
  if (process.platform === 'win32') return null;
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** The program that a process runs, or null. */
export function processName(pid: number): string | null {
  if (process.platform === 'linux') return readOrNull(`/proc/${pid}/comm`)?.trim() ?? null;
  if (process.platform === 'win32') return null;
  try {
    return execFileSync('ps', ['-o', 'comm=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}

/** The folder that a process works in, or null where the system does not tell us. */
export function processFolder(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

function procStat(pid: number): { state: string; startTicks: string } | null {
  if (process.platform !== 'linux') return null;
  const text = readOrNull(`/proc/${pid}/stat`);
  if (!text) return null;
  // The name in brackets may hold spaces and brackets itself: count from the last one. Field 3 is the state, 22 the start.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', startTicks: fields[19] ?? '' };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
