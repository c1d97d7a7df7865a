import { answerSet } from './accuracy.ts';
import { wordnetNouns, type Nouns } from './wordnet.ts';

/** Below the threshold a similarity counts a tenth: an answer that is far off is nearly worth nothing. */
const FAR = 0.1;

/**
 * How near two meanings are: twice the depth of the deepest that both are kinds of, by the sum of their own depths, 0..1
 * (Wu and Palmer, "Verb Semantics and Lexical Selection", ACL 1994). Depths count meanings from the top, along the longest
 * way to the one in common; the two ways below it are the shortest, as NLTK counts them.
 */
function meaningSimilarity(a: number, b: number, nouns: Nouns): number {
  const aboveA = distancesAbove(a, nouns);
  const aboveB = distancesAbove(b, nouns);
  let deepest: { depth: number; way: number } | undefined;
  for (const [meaning, fromA] of aboveA) {
    const fromB = aboveB.get(meaning);
    if (fromB === undefined) continue;
    const depth = depthOf(meaning, nouns);
    const way = fromA + fromB;
    if (!deepest || depth > deepest.depth || (depth === deepest.depth && way < deepest.way))
      deepest = { depth, way };
  }
  return deepest ? (2 * deepest.depth) / (2 * deepest.depth + deepest.way) : 0;
}

/** The meaning itself and all it is a kind of, with the fewest steps to each. */
function distancesAbove(meaning: number, nouns: Nouns): Map<number, number> {
  const found = new Map([[meaning, 0]]);
  for (const [each, steps] of found)
    for (const parent of nouns.aboveOf(each)) if (!found.has(parent)) found.set(parent, steps + 1);
  return found;
}

/** From 1 at the top, along the longest way. */
function depthOf(meaning: number, nouns: Nouns): number {
  return 1 + Math.max(0, ...nouns.aboveOf(meaning).map((parent) => depthOf(parent, nouns)));
}

/**
 * The nearest of all meanings of two words, 0..1; 1 for the same word, 0 where one is no noun of WordNet.
 * @param nouns default WordNet 3.1
 */
export function wordSimilarity(a: string, b: string, nouns: Nouns = wordnetNouns()): number {
  if (a === b) return 1;
  let best = 0;
  for (const own of nouns.meaningsOf(a))
    for (const other of nouns.meaningsOf(b)) best = Math.max(best, meaningSimilarity(own, other, nouns));
  return best;
}

/**
 * WUPS of one question: how near the words of an answer and of the truth are, both ways, the smaller of the two products
 * (Malinowski and Fritz, "A Multi-World Approach to Question Answering about Real-World Scenes based on Uncertain Input",
 * NIPS 2014), 0..1. "a, b" is a set of answers. A data set's figure is the mean.
 * @param options threshold default 0.9: similarities below it count a tenth; 0: all count fully. nouns default WordNet 3.1
 * @throws RangeError when the threshold is not within 0..1
 * @example wups('chair', 'armchair'); // 0.95: 20 of 21 steps are common
 */
export function wups(
  answer: string,
  truth: string,
  options: { threshold?: number; nouns?: Nouns } = {},
): number {
  const { threshold = 0.9, nouns } = options;
  if (!(threshold >= 0 && threshold <= 1))
    throw new RangeError(`threshold must be within 0..1, is ${threshold}`);
  const answers = answerSet(answer);
  const truths = answerSet(truth);
  if (answers.length === 0 || truths.length === 0) return 0;
  const similarity = (a: string, b: string) => {
    const value = wordSimilarity(a, b, nouns);
    return value < threshold ? FAR * value : value;
  };
  const covered = (from: readonly string[], by: readonly string[]) =>
    from.reduce((product, a) => product * Math.max(...by.map((b) => similarity(a, b))), 1);
  return Math.min(covered(answers, truths), covered(truths, answers));
}
