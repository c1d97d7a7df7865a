import { average, ngramsOf, type Captioned } from './ngrams.ts';
import type { SentenceScores } from './rouge.ts';

const ORDERS = 4;
const SIGMA = 6;
const SCALE = 10;

/** Of one sentence, for each n: TF-IDF of its n-grams, and the vector's length. */
interface Weighted {
  readonly orders: readonly { readonly weights: ReadonlyMap<string, number>; readonly norm: number }[];
  /** Its pairs of words: one less than its words. */
  readonly pairs: number;
}

/**
 * CIDEr: how close a caption's n-grams are to those of the references, each weighed by how few pictures' references have
 * it (Vedantam, Zitnick and Parikh, "CIDEr: Consensus-based Image Description Evaluation", CVPR 2015); times 10, so 0..10.
 * The default is the paper's CIDEr-D, which is what the COCO caption evaluation and all leader boards call CIDEr: counts
 * clipped to the reference's, sentences of another length punished by a Gaussian of sigma 6. Document frequencies are
 * those of the references given, so figures of different data sets, or parts of one, cannot be compared.
 * @param options variant default `d`; `plain`: the cosine alone
 * @example cider([{ candidate: ['a', 'dog'], references: [['a', 'dog']] }, { candidate: ['x'], references: [['y']] }]);
 */
export function cider(
  items: readonly Captioned[],
  options: { variant?: 'd' | 'plain' } = {},
): SentenceScores {
  const { variant = 'd' } = options;
  const counted = items.map(({ candidate, references }) => ({
    candidate: ngramsOf(candidate, ORDERS),
    references: references.map((reference) => ngramsOf(reference, ORDERS)),
  }));
  const pictures = new Map<string, number>();
  for (const { references } of counted)
    for (const gram of new Set(references.flatMap((orders) => orders.flatMap((grams) => [...grams.keys()]))))
      pictures.set(gram, (pictures.get(gram) ?? 0) + 1);
  const weighted = (orders: readonly ReadonlyMap<string, number>[]): Weighted => ({
    orders: orders.map((grams) => {
      const weights = new Map(
        [...grams].map(([gram, count]) => [
          gram,
          count * (Math.log(items.length) - Math.log(Math.max(1, pictures.get(gram) ?? 0))),
        ]),
      );
      return { weights, norm: Math.sqrt([...weights.values()].reduce((sum, each) => sum + each ** 2, 0)) };
    }),
    pairs: [...(orders[1]?.values() ?? [])].reduce((sum, count) => sum + count, 0),
  });
  const sentences = counted.map(({ candidate, references }) => {
    const own = weighted(candidate);
    return SCALE * average(references.map((reference) => similarity(own, weighted(reference), variant)));
  });
  return { corpus: average(sentences), sentences };
}

/** The mean over n, 0..1. */
function similarity(candidate: Weighted, reference: Weighted, variant: 'd' | 'plain'): number {
  const penalty =
    variant === 'plain' ? 1 : Math.exp(-((candidate.pairs - reference.pairs) ** 2) / (2 * SIGMA ** 2));
  const perOrder = candidate.orders.map(({ weights, norm }, n) => {
    const other = reference.orders[n]!;
    if (norm === 0 || other.norm === 0) return 0;
    let product = 0;
    for (const [gram, weight] of weights) {
      const theirs = other.weights.get(gram) ?? 0;
      product += (variant === 'plain' ? weight : Math.min(weight, theirs)) * theirs;
    }
    return (product / (norm * other.norm)) * penalty;
  });
  return average(perOrder);
}
