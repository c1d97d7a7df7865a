// npm start: checks the installation, builds what is out of date, runs the platform under Node 24.
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runUnderNode24 } from './node24.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

function refuse(reason) {
  console.error(`Fovea cannot start: ${reason}`);
  process.exit(1);
}

/** The first package of the lock file that npm has not installed as locked; npm keeps its own list of what it did. */
function missingPackage() {
  const installed = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return 'node_modules';
  const read = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
  const have = read(installed);
  const missing = Object.entries(read(join(root, 'package-lock.json'))).find(
    ([path, { optional, link, version }]) =>
      path.includes('node_modules/') && !optional && !link && have[path]?.version !== version,
  );
  return missing && `${missing[0].replace(/^.*node_modules\//, '')} ${missing[1].version}`;
}

const missing = missingPackage();
if (missing) refuse(`${missing} is not installed. Run \`npm ci\` first.`);

// Imported only now, so that a missing package is named above and not in a stack trace.
const { build } = await import('./build.mjs');
if (!(await build())) refuse('the build failed, see above.');

try {
  runUnderNode24(
    ['--enable-source-maps', join(root, 'apps/platform/dist/main.js'), ...process.argv.slice(2)],
    {
      // sharp, file reads and DNS share these threads; libuv's default of 4 lets slow pictures hold up the rest.
      UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? String(Math.max(8, availableParallelism() * 2)),
    },
  );
} catch (error) {
  refuse(error.message);
}
