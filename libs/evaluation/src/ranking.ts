/** One query: which candidates are right, and all candidates' scores. */
export interface RankedQuery {
  /** Positions in `scores` of what should be found; none: the query does not count. */
  readonly relevant: readonly number[];
  readonly scores: ArrayLike<number>;
  /** A position that is no candidate: the query itself, where it is one of the collection. */
  readonly self?: number;
}

export interface RankingFigures {
  /** Queries that have something to find. */
  readonly queries: number;
  /** R@k: the share of queries with something relevant among the k best; NaN without queries, as all figures. */
  readonly hitAt: readonly { readonly k: number; readonly value: number }[];
  /** Mean share of what is relevant that is among the k best. */
  readonly recallAt: readonly { readonly k: number; readonly value: number }[];
  /** Mean of the queries' average precision over the whole ranking. */
  readonly map: number;
  /** Normalised discounted cumulative gain with binary gains. */
  readonly ndcgAt: readonly { readonly k: number; readonly value: number }[];
  /** Median place of the first relevant one, from 1. */
  readonly medianRank: number;
  /** Of each query that counts, in their order: place of the first relevant one, from 1. */
  readonly ranks: readonly { readonly query: number; readonly rank: number }[];
}

/**
 * What rankings are measured by: R@k as in cross-modal retrieval (Hodosh et al., "Framing Image Description as a Ranking
 * Task", JAIR 2013), mean average precision (Manning et al., "Introduction to Information Retrieval", 2008, section 8.4),
 * nDCG (Järvelin and Kekäläinen, TOIS 2002). Of equal scores the lower position comes first.
 * @param options ks default 1, 5 and 10
 * @throws RangeError when a relevant position has no score, a score is NaN, or a k is not possible
 * @example rankingFigures([{ relevant: [1], scores: [0.2, 0.9] }]).hitAt[0].value; // 1
 */
export function rankingFigures(
  queries: Iterable<RankedQuery>,
  options: { ks?: readonly number[] } = {},
): RankingFigures {
  const { ks = [1, 5, 10] } = options;
  for (const k of ks)
    if (!(Number.isInteger(k) && k >= 1)) throw new RangeError(`ks must be 1 or more, is ${k}`);
  const hits = ks.map(() => 0);
  const recalls = ks.map(() => 0);
  const gains = ks.map(() => 0);
  const ranks: { query: number; rank: number }[] = [];
  let precision = 0;
  let position = -1;
  for (const query of queries) {
    position++;
    const places = placesOf(query);
    const [first] = places;
    if (first === undefined) continue;
    ranks.push({ query: position, rank: first });
    precision += averagePrecision(places);
    for (const [i, k] of ks.entries()) {
      const found = places.filter((place) => place <= k);
      hits[i]! += Number(found.length > 0);
      recalls[i]! += found.length / places.length;
      gains[i]! += gain(found) / gain(firstPlaces(Math.min(k, places.length)));
    }
  }
  const count = ranks.length;
  const at = (sums: readonly number[]) => ks.map((k, i) => ({ k, value: sums[i]! / count }));
  return {
    queries: count,
    hitAt: at(hits),
    recallAt: at(recalls),
    map: precision / count,
    ndcgAt: at(gains),
    medianRank: median(ranks.map(({ rank }) => rank)),
    ranks,
  };
}

/** The places of the relevant ones, from 1, rising: every place is counted, nothing is sorted. */
function placesOf({ relevant, scores, self = -1 }: RankedQuery): number[] {
  const wanted = [...new Set(relevant)].filter((position) => position !== self);
  return wanted
    .map((position) => {
      const own = scores[position];
      if (own === undefined || Number.isNaN(own))
        throw new RangeError(`relevant: position ${position} has no score`);
      let place = 1;
      for (let other = 0; other < scores.length; other++) {
        if (other === self) continue;
        const score = scores[other]!;
        if (Number.isNaN(score)) throw new RangeError(`scores: that of position ${other} is NaN`);
        if (score > own || (score === own && other < position)) place++;
      }
      return place;
    })
    .sort((a, b) => a - b);
}

const averagePrecision = (places: readonly number[]): number =>
  places.reduce((sum, place, found) => sum + (found + 1) / place, 0) / places.length;
const gain = (places: readonly number[]): number =>
  places.reduce((sum, place) => sum + 1 / Math.log2(place + 1), 0);
const firstPlaces = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * How much of what an exact search finds an index finds: the mean share over the queries.
 * @param found and `exact`: a list of ids for each query, of the same length
 * @throws RangeError when there are not as many of the one as of the other
 */
export function indexRecall(
  found: readonly (readonly number[])[],
  exact: readonly (readonly number[])[],
): number {
  if (found.length !== exact.length)
    throw new RangeError(`found: ${found.length} queries, exact: ${exact.length}`);
  const shares = exact.map((truth, query) => {
    const ids = new Set(found[query]);
    return truth.length === 0 ? 1 : truth.filter((id) => ids.has(id)).length / truth.length;
  });
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}
