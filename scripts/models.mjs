// Files of models/ that are generated from the JSON cards beside the weights:
//   node scripts/models.mjs manifest   writes models/manifest.json
//   node scripts/models.mjs cards      writes models/cards/*.md and models/LICENSES.md
//   node scripts/models.mjs check      fails when any of them is out of date (continuous integration)
import { fileURLToPath } from 'node:url';
import { runUnderNode24 } from './node24.mjs';

const main = fileURLToPath(new URL('models/main.ts', import.meta.url));
// The source condition: from a fresh clone, before anything is built.
runUnderNode24(['--conditions=source', main, ...process.argv.slice(2)]);
