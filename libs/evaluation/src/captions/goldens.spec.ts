import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bleu } from './bleu.ts';
import { cider } from './cider.ts';
import { meteorExact } from './meteor.ts';
import { rougeL } from './rouge.ts';
import { captionTokens } from './tokenize.ts';

interface Written {
  readonly candidate: string;
  readonly references: readonly string[];
}
interface Scores {
  readonly corpus: number;
  readonly sentences: readonly number[];
}
interface Figures {
  readonly bleu: { readonly corpus: readonly number[]; readonly sentences: readonly (readonly number[])[] };
  readonly rougeL: Scores;
  readonly cider: Scores;
  readonly meteorExact: Scores;
}
interface Goldens {
  readonly tokens: Readonly<Record<string, readonly string[]>>;
  readonly captions: Figures;
  readonly random: Figures & { readonly items: readonly Written[] };
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../test/${name}`, import.meta.url), 'utf8')) as unknown;
// Made by test/caption-goldens.py, whose first lines are the recipe.
const goldens = read('caption-goldens.json') as Goldens;
const cases = (read('caption-cases.json') as { captions: readonly Written[] }).captions;

const captioned = (items: readonly Written[]) =>
  items.map(({ candidate, references }) => ({
    candidate: captionTokens(candidate),
    references: references.map(captionTokens),
  }));
// Letters are words: the tokenizer would see abbreviations.
const letters = goldens.random.items.map(({ candidate, references }) => ({
  candidate: candidate.split(' '),
  references: references.map((each) => each.split(' ')),
}));
const sets = [
  ['captions', captioned(cases), goldens.captions],
  ['random letters', letters, goldens.random],
] as const;

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  const apart = found.map((value, at) => Math.abs(value - wanted[at]!));
  expect(Math.max(...apart)).toBeLessThan(1e-6);
}

describe('words equal the Penn Treebank tokenizer’s', () => {
  it.each(Object.entries(goldens.tokens))('%s', (text, tokens) =>
    expect(captionTokens(text)).toEqual(tokens),
  );
});

describe.each(sets)('figures of %s equal pycocoevalcap’s', (_name, items, golden) => {
  it('BLEU-1 to BLEU-4', () => {
    const found = bleu(items);
    expectClose(found.corpus, golden.bleu.corpus);
    expectClose(found.sentences.flat(), golden.bleu.sentences.flat());
  });
  it.each([
    ['ROUGE-L', rougeL, 'rougeL'],
    ['CIDEr', cider, 'cider'],
    ['METEOR, exact', meteorExact, 'meteorExact'],
  ] as const)('%s', (_metric, metric, key) => {
    const found = metric(items);
    expectClose([found.corpus], [golden[key].corpus]);
    expectClose(found.sentences, golden[key].sentences);
  });
});
