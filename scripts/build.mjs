// Builds what `npm start` and `npm test` need: the Prisma client, the TypeScript packages, the web page.
//   node scripts/build.mjs [--force]
//
// Nx caches each of the three by content, but needs 0.7 s to find out that nothing changed. So a stamp of all inputs
// (path, size, time of change) is compared first, in about 20 ms; only where it differs Nx is asked.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { findNode } from './node24.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = join(root, 'node_modules/.cache/fovea/build-stamp');
const STEPS = { generate: 'database client', compile: 'packages', bundle: 'web page' };

/** Files and folders whose change may change the build; nx.json names them again, by content. */
const INPUTS = [
  ...[
    'apps',
    'libs',
    'prisma',
    'prisma.config.ts',
    'scripts/prisma-generate.mjs',
    'scripts/build.mjs',
    'test/fixtures/samples',
  ],
  ...['package.json', 'package-lock.json', 'nx.json', 'project.json', 'tsconfig.json', 'tsconfig.base.json'],
];
const NOT_INPUTS = new Set(['dist', 'node_modules', 'generated', 'coverage']);

function* filesUnder(path) {
  if (!statSync(path).isDirectory()) return yield path;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (NOT_INPUTS.has(entry.name) || entry.name.includes('.spec.')) continue;
    if (entry.isDirectory()) yield* filesUnder(join(path, entry.name));
    else yield join(path, entry.name);
  }
}

function stampOfInputs() {
  const hash = createHash('sha256');
  for (const input of INPUTS.map((name) => join(root, name)).filter(existsSync)) {
    for (const file of filesUnder(input)) {
      const { size, mtimeMs } = statSync(file);
      hash.update(`${relative(root, file)} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

/** What a finished build has left behind, one file of each part: a deleted dist folder is built again. */
function outputs() {
  const { references } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  return [
    'libs/catalog/src/generated',
    'apps/web/dist/index.html',
    ...references.map(({ path }) => join(path, 'dist/.tsbuildinfo')),
  ];
}

function isFresh(stamp) {
  return (
    existsSync(stampFile) &&
    readFileSync(stampFile, 'utf8') === stamp &&
    outputs().every((path) => existsSync(join(root, path)))
  );
}

/** One line that rewrites itself on a terminal, one line a finished step in a pipe. */
function progress() {
  const live = process.stderr.isTTY;
  const startedAt = Date.now();
  const seconds = () => `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
  const waiting = new Set(Object.keys(STEPS));
  const write = (text) => process.stderr.write(live ? `\r\x1b[2K${text}` : `${text}\n`);
  const draw = () => write(`building ${[...waiting].map((step) => STEPS[step]).join(', ')} … ${seconds()}`);
  const timer = live ? setInterval(draw, 100) : undefined;
  draw();
  return {
    finished(step) {
      waiting.delete(step);
      if (!live) write(`building: ${STEPS[step]} finished after ${seconds()}`);
    },
    end(text) {
      clearInterval(timer);
      write(`${text} ${seconds()}${live ? '\n' : ''}`);
    },
  };
}

function runNx({ force, onStep }) {
  const node = findNode();
  const args = [join(root, 'node_modules/nx/dist/bin/nx.js'), 'run', 'fovea:build', '--outputStyle=static'];
  const child = spawn(node, force ? [...args, '--skipNxCache'] : args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      // The commands of project.json say `node`, and mean this one.
      PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}`,
      NX_DAEMON: 'false',
      NX_NO_CLOUD: 'true',
      NX_TUI: 'false',
    },
  });
  let output = '';
  const listen = (chunk) => {
    output += chunk;
    for (const [, step] of String(chunk).matchAll(/^> nx run fovea:(\w+)/gm)) if (step in STEPS) onStep(step);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/**
 * Builds what is out of date.
 *
 * @param {{force?: boolean}} [options] force: build everything again, whatever stamp and cache say.
 * @returns {Promise<boolean>} false where a step failed; its output has been printed.
 */
export async function build({ force = false } = {}) {
  const stamp = stampOfInputs(); // before the build: what changes meanwhile is built next time
  if (!force && isFresh(stamp)) return true;
  rmSync(stampFile, { force: true });
  const line = progress();
  const { ok, output } = await runNx({ force, onStep: line.finished });
  if (!ok) {
    line.end('build failed after');
    process.stderr.write(readable(output));
    return false;
  }
  line.end('built in');
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
  return true;
}

/** Nx's output less its own frame: the messages of the compiler and the bundler stay. */
function readable(output) {
  const text = (process.stderr.isTTY ? output : stripVTControlCharacters(output)).replace(/\r/g, '');
  const [messages = ''] = text.split(/^.* NX .* failed$/m);
  const lines = messages
    .split('\n')
    .filter((line) => !/^(> |- fovea|.* NX .*Running|Warning: command)/.test(line));
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim()}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (await build({ force: process.argv.includes('--force') })) ? 0 : 1;
}
