import { alignWords } from './alignment.ts';
import type { Captioned } from './ngrams.ts';
import type { SentenceScores } from './rouge.ts';

/** METEOR 1.5's parameters for English, less delta. */
const ALPHA = 0.85;
const BETA = 0.2;
const GAMMA = 0.6;

interface Statistics {
  readonly candidate: number;
  readonly reference: number;
  readonly matches: number;
  readonly chunks: number;
}

/**
 * METEOR with its exact stage alone: the harmonic mean of precision and recall of the words aligned, alpha 0.85, less a
 * penalty for how scattered they stand, beta 0.2, gamma 0.6 (Denkowski and Lavie, "Meteor Universal: Language Specific
 * Translation Evaluation for Any Target Language", WMT 2014). Equal to METEOR 1.5 called with
 * `-m exact -w 1.0 -p "0.85 0.2 0.6 0.5"` on the same words.
 *
 * It is no METEOR as papers print it: stems, synonyms and paraphrases count as misses, which makes it lower; and delta is
 * 0.5 where they have 0.75, so that function words weigh as much as others, for want of a list of them whose licence would
 * allow it here.
 *
 * Of several references the best counts; the corpus' score is that of the statistics added up, not a mean.
 * @example meteorExact([{ candidate: ['a', 'dog'], references: [['a', 'dog']] }]).corpus; // 1
 */
export function meteorExact(items: readonly Captioned[]): SentenceScores {
  const best = items.map(({ candidate, references }) =>
    references
      .map((reference): Statistics => ({
        candidate: candidate.length,
        reference: reference.length,
        ...alignWords(candidate, reference),
      }))
      .reduce((a, b) => (scoreOf(b) > scoreOf(a) ? b : a)),
  );
  const added = (of: keyof Statistics) => best.reduce((sum, each) => sum + each[of], 0);
  return {
    corpus: scoreOf({
      candidate: added('candidate'),
      reference: added('reference'),
      matches: added('matches'),
      // A whole match in one run counts as none, as below.
      chunks: best.reduce((sum, each) => sum + (isWhole(each) ? 0 : each.chunks), 0),
    }),
    sentences: best.map(scoreOf),
  };
}

/** Every word of both is matched in one run: nothing is scattered. */
const isWhole = ({ candidate, reference, matches, chunks }: Statistics): boolean =>
  chunks === 1 && matches === candidate && matches === reference;

function scoreOf(statistics: Statistics): number {
  const { candidate, reference, matches, chunks } = statistics;
  if (matches === 0) return 0;
  const precision = matches / candidate;
  const recall = matches / reference;
  const mean = (precision * recall) / (ALPHA * precision + (1 - ALPHA) * recall);
  const scattered = isWhole(statistics) ? 0 : chunks / matches;
  return mean * (1 - GAMMA * scattered ** BETA);
}
