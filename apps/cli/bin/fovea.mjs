#!/usr/bin/env node
// `fovea …` under a Node that Fovea supports, built first where a fresh checkout has not been.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { findNode, runUnderNode24 } from '../../../scripts/node24.mjs';

const self = fileURLToPath(import.meta.url);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const entry = new URL('../dist/main.js', import.meta.url);

function refuse(reason) {
  console.error(`fovea: ${reason}`);
  process.exit(1);
}

function buildOnce() {
  console.error('fovea: building for the first time …');
  const { status } = spawnSync(findNode(), ['scripts/build.mjs'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0 || !existsSync(entry))
    refuse('the build failed; run `npm ci`, then `npm run build` and see what it says.');
}

try {
  if (findNode() === process.execPath) {
    if (!existsSync(entry)) buildOnce();
    const { main } = await import(entry.href);
    // `npm run fovea` runs in the repository's root and keeps here where it was called.
    const { INIT_CWD, npm_lifecycle_event: script } = process.env;
    await main({ cwd: (script === 'fovea' && INIT_CWD) || process.cwd() });
  } else {
    runUnderNode24([self, ...process.argv.slice(2)], {
      // sharp, file reads and DNS share these threads.
      UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(Math.max(8, availableParallelism() * 2)),
    });
  }
} catch (error) {
  refuse(error.message);
}
