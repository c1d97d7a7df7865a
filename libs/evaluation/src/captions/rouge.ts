import { average, type Captioned } from './ngrams.ts';

/** Recall counts that much more than precision. */
const BETA = 1.2;

export interface SentenceScores {
  /** NaN without sentences. */
  readonly corpus: number;
  readonly sentences: readonly number[];
}

/**
 * ROUGE-L: F of the longest common subsequence, of the best precision and the best recall over the references (Lin,
 * "ROUGE: A Package for Automatic Evaluation of Summaries", ACL workshop 2004), with beta 1.2 as the COCO caption
 * evaluation has it; the mean over the sentences, 0..1.
 * @example rougeL([{ candidate: ['a', 'dog'], references: [['a', 'dog']] }]).corpus; // 1
 */
export function rougeL(items: readonly Captioned[]): SentenceScores {
  const sentences = items.map(({ candidate, references }) => {
    // A sentence without words is one empty word there.
    const words = candidate.length > 0 ? candidate : [''];
    const common = references.map((reference) => {
      const others = reference.length > 0 ? reference : [''];
      const length = longestCommon(words, others);
      return { precision: length / words.length, recall: length / others.length };
    });
    const precision = Math.max(...common.map((each) => each.precision));
    const recall = Math.max(...common.map((each) => each.recall));
    if (precision === 0 || recall === 0) return 0;
    return ((1 + BETA ** 2) * precision * recall) / (recall + BETA ** 2 * precision);
  });
  return { corpus: average(sentences), sentences };
}

/** The length of the longest common subsequence. */
function longestCommon(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const next = [0];
    for (const [at, other] of b.entries())
      next.push(word === other ? row[at]! + 1 : Math.max(row[at + 1]!, next[at]!));
    row = next;
  }
  return row[b.length]!;
}
