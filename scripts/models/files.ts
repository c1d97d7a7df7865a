// The generated files of models/: what they should say, and whether they do.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Manifest } from '@fovea/contracts';
import prettier from 'prettier';
import { manifestModel, type Card } from './card.ts';
import { cardMarkdown, licencesMarkdown } from './markdown.ts';

/** Contents by path under models/. */
export type Files = ReadonlyMap<string, string>;

/** models/manifest.json, laid out as Prettier lays out the rest of the repository. */
export async function manifestFile(cards: readonly Card[], models: string): Promise<Files> {
  const repeated = cards.find(({ name }, i) => cards.findIndex((other) => other.name === name) !== i);
  if (repeated) throw new Error(`two models are called ${repeated.name}`);
  const manifest = Manifest.parse({ version: 1, models: cards.map(manifestModel) });
  const config = await prettier.resolveConfig(join(models, 'manifest.json'));
  return new Map([
    [
      'manifest.json',
      await prettier.format(JSON.stringify(manifest, null, 2), { ...config, parser: 'json' }),
    ],
  ]);
}

/** models/cards/<id>.md and models/LICENSES.md. */
export const cardFiles = (cards: readonly Card[]): Files =>
  new Map([
    ...cards.map((card) => [`cards/${card.name}.md`, cardMarkdown(card)] as const),
    ['LICENSES.md', licencesMarkdown(cards)] as const,
  ]);

/** Files that are missing, say something else, or are left over from a model that is gone. */
export function staleFiles(files: Files, models: string): string[] {
  const stale = [...files].flatMap(([name, text]) => {
    const path = join(models, name);
    if (!existsSync(path)) return [`${name} is missing`];
    return readFileSync(path, 'utf8') === text ? [] : [`${name} is out of date`];
  });
  const folder = join(models, 'cards');
  const there = existsSync(folder) ? readdirSync(folder) : [];
  const left = there.filter((name) => name.endsWith('.md') && !files.has(`cards/${name}`));
  return [...stale, ...left.map((name) => `cards/${name} belongs to no model`)];
}
