// Checks Dockerfile and docker-compose.yml without Docker: syntax, known mistakes, and that what they name exists.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DCLinter } from 'dclint';
import { validate } from 'dockerfile-utils';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name) => readFileSync(join(root, name), 'utf8');
const problems = [];

const dockerfile = read('Dockerfile');
for (const { range, message } of validate(dockerfile))
  problems.push(`Dockerfile:${range.start.line + 1} ${message}`);
for (const [, sources] of dockerfile.matchAll(/^COPY (?!--from)((?:\S+ )+)\S+$/gm)) {
  for (const source of sources.trim().split(' ')) {
    if (!existsSync(join(root, source))) problems.push(`Dockerfile: COPY of ${source}, which is not there`);
  }
}

const compose = read('docker-compose.yml');
const linter = new DCLinter({
  rules: {
    // 127.0.0.1 stands in a variable that .env may change; the rule does not look into defaults.
    'no-unbound-port-interfaces': 0,
    // What is named here is built from this checkout.
    'no-build-and-image': 0,
  },
});
for (const { messages } of linter.lintFiles([join(root, 'docker-compose.yml')], false)) {
  for (const { line, message, rule } of messages)
    problems.push(`docker-compose.yml:${line} ${message} (${rule})`);
}

// An entry point is built from the TypeScript of the same name.
for (const [, path] of `${dockerfile}${compose}`.matchAll(/["'](apps\/[\w/-]+\.js)["']/g)) {
  const source = path.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
  if (!existsSync(join(root, source))) problems.push(`${path} is started, but ${source} is not there`);
}

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0 ? 'Dockerfile and docker-compose.yml: no problems.' : `${problems.length} problems.`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
