// The table of settings in README.md, from libs/config. Runs under --conditions=source (npm run docs).
//   settings-table.mjs         writes it
//   settings-table.mjs check   fails where README.md says something else
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SETTINGS } from '@fovea/config';

const readme = fileURLToPath(new URL('../README.md', import.meta.url));
const START = '<!-- settings: npm run docs -->';
const END = '<!-- /settings -->';

const cell = (text) => text.replaceAll('|', '\\|');
const rows = Object.values(SETTINGS).map(
  ({ env, shown, about }) => `| \`${env}\` | ${cell(shown)} | ${cell(about)} |`,
);
const table = ['| variable | default | what it does |', '|---|---|---|', ...rows].join('\n');

const text = readFileSync(readme, 'utf8');
const [before, after] = [text.indexOf(START), text.indexOf(END)];
if (before < 0 || after < before) throw new Error(`README.md has no ${START} … ${END}`);
const wanted = `${text.slice(0, before)}${START}\n${table}\n${text.slice(after)}`;

if (process.argv[2] !== 'check') writeFileSync(readme, wanted);
else if (text !== wanted) {
  console.error('README.md does not list the settings as libs/config has them. Run `npm run docs`.');
  process.exitCode = 1;
} else console.log('README.md lists the settings as libs/config has them.');
