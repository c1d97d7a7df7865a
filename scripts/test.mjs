// npm test: builds what is out of date, then runs the unit, medium and e2e tests. Arguments go to Vitest.
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { findChromium } from './chromium.mjs';
import { runUnderNode24 } from './node24.mjs';
import { setupFaiss } from './setup-faiss.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

if (!findChromium()) {
  console.error(
    '\n*** No Chromium found: every test of the web page is SKIPPED. ***\n' +
      '    Install one (Debian: apt-get install chromium) or name it: CHROMIUM_PATH=/path/to/chromium npm test\n',
  );
}

// npm ci takes the compiled binary away with node_modules.
const faiss = setupFaiss();
if (!faiss.ok) console.error(`\n*** No FAISS: every test of it is SKIPPED. ***\n    ${faiss.message}\n`);

if (!(await build())) process.exit(1);

const projects = ['unit', 'medium', 'e2e'].flatMap((name) => ['--project', name]);
/** For machines: the counts as JSON beside the usual output. */
const report = process.env.TEST_REPORT;
const reporters = report ? ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`] : [];

process.chdir(root);
runUnderNode24(
  ['node_modules/vitest/vitest.mjs', 'run', ...projects, ...reporters, ...process.argv.slice(2)],
  {
    UV_THREADPOOL_SIZE: String(Math.max(8, availableParallelism() * 2)),
  },
);
