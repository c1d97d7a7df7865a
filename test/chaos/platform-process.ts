import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '@fovea/testing';

export interface PlatformProcess {
  readonly url: string;
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves when the process is gone. */
  readonly gone: Promise<void>;
}

const MAIN = join(repositoryRoot, 'apps', 'platform', 'dist', 'main.js');

/** The built platform as a process of its own. @throws Error when it is not built or does not start */
export function startPlatformProcess(
  dataDir: string,
  env: Record<string, string> = {},
): Promise<PlatformProcess> {
  if (!existsSync(MAIN)) throw new Error('the platform is not built: run `npm run build`');
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      FOVEA_PORT: '0',
      FOVEA_DATA: dataDir,
      FOVEA_DEVICE: 'cpu',
      FOVEA_LOG_LEVEL: 'info',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString();
      const url = /Fovea is ready: (http:\S+)/.exec(text)?.[1];
      if (url) resolve({ url, child, output: () => text, gone });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void gone.then(() => reject(new Error(`the platform ended: ${text}`)));
  });
}

/** Process ids of the session hosts of a platform. */
export async function sessionHosts(parent: number): Promise<number[]> {
  const { readdir, readFile } = await import('node:fs/promises');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const hosts: number[] = [];
  for (const pid of pids) {
    const [stat, command] = await Promise.all(
      ['stat', 'cmdline'].map((file) => readFile(join('/proc', pid, file), 'utf8').catch(() => '')),
    );
    const ppid = Number(/^\d+ \(.*\) \S (\d+)/s.exec(stat ?? '')?.[1]);
    if (ppid === parent && command?.includes('session-host')) hosts.push(Number(pid));
  }
  return hosts;
}
