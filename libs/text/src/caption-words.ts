/** The words of a sentence, each by its id; made once for each list. */
const numbered = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

function idsOf(vocabulary: readonly string[]): ReadonlyMap<string, number> {
  let ids = numbered.get(vocabulary);
  if (!ids) numbered.set(vocabulary, (ids = new Map(vocabulary.map((word, id) => [word, id]))));
  return ids;
}

/**
 * A sentence from the words of a captioner.
 * @example joinWords(['a', 'dog', "'s", 'ball']) // "a dog's ball"
 */
export const joinWords = (words: readonly string[]): string => words.join(' ').replaceAll(" 's", "'s");

/**
 * The words of a text as a captioner knows them: lower case, without punctuation, "dog's" in two.
 * @param vocabulary words by id
 * @returns ids in order, and the words that it does not know
 * @example wordIds("The dog's ball", words) // { ids: [6, 10, 29, 53], unknown: [] }
 */
export function wordIds(
  text: string,
  vocabulary: readonly string[],
): { ids: readonly number[]; unknown: readonly string[] } {
  const known = idsOf(vocabulary);
  const words = text
    .normalize('NFC')
    .toLowerCase()
    .replaceAll('’', "'")
    .replaceAll(/'s\b/gu, " 's")
    .split(/[\s\p{Cc}]+/u)
    .map((word) => word.replaceAll(/^(?!'s$)[\p{P}\p{Sm}\p{Sc}\p{Sk}]+|[\p{P}\p{Sm}\p{Sc}\p{Sk}]+$/gu, ''))
    .filter((word) => word !== '');
  return {
    ids: words.flatMap((word) => known.get(word) ?? []),
    unknown: words.filter((word) => !known.has(word)),
  };
}
