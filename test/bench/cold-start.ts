// From `npm start` to the first answer on a new data folder, and the memory of the process tree at rest (Linux).
//   npm run bench:start        (npm run build first)
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..', '..');
const ROUNDS = 3;
const REST_MS = 15_000;

/** Proportional set size in MB of every process of a tree, by command: shared pages are counted once in all. */
async function memory(root: number): Promise<Record<string, number>> {
  const children = new Map<number, number[]>();
  const commands = new Map<number, string>();
  for (const name of await readdir('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const parent = Number(/\) \S (\d+)/.exec(stat)?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
    commands.set(pid, (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '));
  }
  // The embedded Postgres is a process group of its own: it outlives a killed platform.
  const postmasters = [...commands].filter(
    ([, command]) => command.includes(dataDir) && /postgres/.test(command),
  );
  const sizes: Record<string, number> = {};
  const add = async (pid: number): Promise<void> => {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
    const command = commands.get(pid) ?? '';
    const name = /session-host/.test(command)
      ? 'session host'
      : /postgres/.test(command)
        ? 'Postgres'
        : /main\.js/.test(command)
          ? 'platform'
          : 'npm start';
    sizes[name] = (sizes[name] ?? 0) + Number(/Pss:\s+(\d+)/.exec(rollup)?.[1] ?? 0) / 1024;
    for (const child of children.get(pid) ?? []) await add(child);
  };
  for (const pid of [root, ...postmasters.map(([pid]) => pid)]) await add(pid);
  return sizes;
}

const picture = await readFile(join(ROOT, 'test', 'fixtures', 'samples', 'cat-chelsea.jpg'));
const dataDir = await mkdtemp(join(tmpdir(), 'fovea-cold-'));
for (let round = 0; round < ROUNDS; round++) {
  if (round === 0) console.log('round 0 makes the database; the later ones find it');
  const began = performance.now();
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd: ROOT,
    env: { ...process.env, FOVEA_PORT: '0', FOVEA_DATA: dataDir, FOVEA_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /ready: (http:\S+)/.exec(text)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`it ended: ${text}`)));
  });
  const readyMs = performance.now() - began;
  const response = await fetch(`${url}/v1/tasks/classification`, {
    method: 'POST',
    body: picture,
    headers: { 'content-type': 'image/jpeg' },
  });
  if (!response.ok) throw new Error(await response.text());
  console.log(
    `round ${round}: ready after ${readyMs.toFixed(0)} ms, first answer after ${(performance.now() - began).toFixed(0)} ms`,
  );
  if (round === ROUNDS - 1) {
    await sleep(REST_MS);
    const sizes = await memory(child.pid as number);
    const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
    console.log(
      `memory at rest (PSS): ${Object.entries(sizes)
        .map(([name, size]) => `${name} ${size.toFixed(0)} MB`)
        .join(', ')}; in all ${total.toFixed(0)} MB`,
    );
  }
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
await rm(dataDir, { recursive: true, force: true });
