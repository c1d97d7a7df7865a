import { ngramsOf, type Captioned } from './ngrams.ts';

const ORDERS = 4;
/** Of the reference implementation: without them a sentence without a match would divide by zero. */
const SMALL = 1e-9;
const TINY = 1e-15;

export interface BleuFigures {
  /** BLEU-1 to BLEU-4 over all sentences, 0..1. */
  readonly corpus: readonly number[];
  /** The same of each sentence. */
  readonly sentences: readonly (readonly number[])[];
}

interface Counts {
  readonly length: number;
  /** Of the reference whose length is closest; of two equally close ones the shorter. */
  readonly referenceLength: number;
  readonly guessed: readonly number[];
  readonly matched: readonly number[];
}

/**
 * BLEU-1..4: the geometric mean of clipped n-gram precisions, times a penalty for candidates that are shorter than the
 * closest reference (Papineni, Roukos, Ward and Zhu, "BLEU: a Method for Automatic Evaluation of Machine Translation",
 * ACL 2002). Counts are added up over all sentences before they are divided. No smoothing.
 * @example bleu([{ candidate: ['a', 'dog'], references: [['a', 'dog']] }]).corpus[0]; // 1
 */
export function bleu(items: readonly Captioned[]): BleuFigures {
  const counts = items.map(countsOf);
  const added = (of: (each: Counts) => number) => counts.reduce((sum, each) => sum + of(each), 0);
  const orders = Array.from({ length: ORDERS }, (_, n) => n);
  return {
    corpus: scoresOf({
      length: added(({ length }) => length),
      referenceLength: added(({ referenceLength }) => referenceLength),
      guessed: orders.map((n) => added(({ guessed }) => guessed[n]!)),
      matched: orders.map((n) => added(({ matched }) => matched[n]!)),
    }),
    sentences: counts.map(scoresOf),
  };
}

function countsOf({ candidate, references }: Captioned): Counts {
  const own = ngramsOf(candidate, ORDERS);
  const most = new Map<string, number>();
  for (const reference of references)
    for (const grams of ngramsOf(reference, ORDERS))
      for (const [gram, count] of grams) most.set(gram, Math.max(most.get(gram) ?? 0, count));
  const closest = references
    .map(({ length }) => length)
    .sort((a, b) => Math.abs(a - candidate.length) - Math.abs(b - candidate.length) || a - b)[0];
  return {
    length: candidate.length,
    referenceLength: closest ?? 0,
    guessed: own.map((_, n) => Math.max(0, candidate.length - n)),
    matched: own.map((grams) =>
      [...grams].reduce((sum, [gram, count]) => sum + Math.min(count, most.get(gram) ?? 0), 0),
    ),
  };
}

function scoresOf({ length, referenceLength, guessed, matched }: Counts): number[] {
  const ratio = (length + TINY) / (referenceLength + SMALL);
  const penalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return matched.map((count, n) => {
    product *= (count + TINY) / (guessed[n]! + SMALL);
    return product ** (1 / (n + 1)) * penalty;
  });
}
