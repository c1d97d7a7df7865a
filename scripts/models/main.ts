// The commands of scripts/models.mjs.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCards } from './card.ts';
import { cardFiles, manifestFile, staleFiles, type Files } from './files.ts';

const models = fileURLToPath(new URL('../../models', import.meta.url));

function write(files: Files): void {
  for (const [name, text] of files) {
    const path = join(models, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`wrote models/${name}`);
  }
}

async function main(command: string | undefined): Promise<number> {
  if (command !== 'manifest' && command !== 'cards' && command !== 'check') {
    console.error('usage: node scripts/models.mjs manifest | cards | check');
    return 2;
  }
  const cards = readCards(join(models, 'weights'));
  if (command === 'manifest') write(await manifestFile(cards, models));
  else if (command === 'cards') write(cardFiles(cards));
  else {
    const stale = staleFiles(new Map([...(await manifestFile(cards, models)), ...cardFiles(cards)]), models);
    for (const problem of stale) console.error(`models/${problem}`);
    if (stale.length > 0) {
      console.error('Run `node scripts/models.mjs manifest` and `node scripts/models.mjs cards`.');
      return 1;
    }
    console.log(`${cards.length} models: the manifest, the cards and the licence list are up to date.`);
  }
  return 0;
}

try {
  process.exitCode = await main(process.argv[2]);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
