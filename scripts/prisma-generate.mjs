// Generates the typed Prisma client into libs/catalog/src/generated, unless it is there for this schema already.
// Works offline: the client needs no engine binary, so Prisma is given a stand-in instead of downloading one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findNode } from './node24.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const output = join(root, 'libs/catalog/src/generated');
const stamp = join(output, '.schema-sha256');
const require = createRequire(import.meta.url);

/** Everything that the generated client depends on. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['prisma/schema.prisma', 'prisma.config.ts'])
    hash.update(readFileSync(join(root, file)));
  for (const name of ['prisma', '@prisma/client']) hash.update(require(`${name}/package.json`).version);
  return hash.digest('hex');
}

/** @returns true when it had to be generated */
export function generatePrismaClient() {
  const wanted = fingerprint();
  if (existsSync(join(output, 'client.ts')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)
    return false;
  const node = findNode();
  const result = spawnSync(node, [require.resolve('prisma/build/index.js'), 'generate'], {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      // Any program that exists will do: it is never run.
      PRISMA_SCHEMA_ENGINE_BINARY: node,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  if (result.status !== 0) throw new Error(`prisma generate failed:\n${result.stdout}${result.stderr}`);
  writeFileSync(stamp, wanted);
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const started = performance.now();
    const generated = generatePrismaClient();
    console.log(
      generated
        ? `Prisma client generated in ${Math.round(performance.now() - started)} ms`
        : 'Prisma client is up to date',
    );
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
