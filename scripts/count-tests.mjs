// node scripts/count-tests.mjs <vitest's JSON report>: prints "<passed> <failed>", for .ci/run.
import { readFileSync } from 'node:fs';

let files = [];
try {
  files = JSON.parse(readFileSync(process.argv[2], 'utf8')).testResults;
} catch {
  // No report: the tests did not get that far, and their stage has failed already.
}
const tests = files.flatMap((file) => file.assertionResults);
const count = (status) => tests.filter((test) => test.status === status).length;
/** Files that failed before or after their tests: an import that threw, a hook. */
const broken = files.filter(
  (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
).length;
console.log(`${count('passed')} ${count('failed') + broken}`);
