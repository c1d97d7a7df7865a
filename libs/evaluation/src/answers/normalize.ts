const ARTICLES = new Set(['a', 'an', 'the']);
const NUMBERS: Readonly<Record<string, string>> = {
  none: '0',
  zero: '0',
  one: '1',
  two: '2',
  three: '3',
  four: '4',
  five: '5',
  six: '6',
  seven: '7',
  eight: '8',
  nine: '9',
  ten: '10',
};
/** Stems whose "n't" is written without an apostrophe: dont, isnt. */
const NEGATED =
  'ai are ca could did do does had has have is might must need ought sha should was were wo would'.split(' ');
/** Others of which the apostrophe is often left out, where what is left is no word of its own. */
const OTHERS = (
  "I'm I've he's she's it's that's there's they'd they've they're we've you'd you're you've " +
  "what's who's who'll where's when's how's how'd let's could've should've would've might've must've ma'am o'clock y'all"
)
  .toLowerCase()
  .split(' ')
  .filter((word) => word !== "it's");
const CONTRACTIONS: ReadonlyMap<string, string> = new Map(
  [...NEGATED.map((stem) => `${stem}n't`), ...OTHERS].map((word) => [word.replaceAll("'", ''), word]),
);
const PUNCTUATION = new Set(';/[]"{}()=+\\_-<>@`,?!');

/**
 * An answer as the VQA evaluation compares it (Antol et al., "VQA: Visual Question Answering", ICCV 2015, and its
 * evaluation): lower case, no articles, number words up to ten as digits, no full stops but before a digit, apostrophes put
 * back into contractions ("dont"), punctuation removed where it stands beside a blank or within a number ("3,000") and
 * otherwise a blank ("light-blue").
 * @example normalizeAnswer('The two dogs.'); // '2 dogs'
 */
export function normalizeAnswer(answer: string): string {
  const plain = answer.replace(/\s+/g, ' ').trim();
  const text = withoutPunctuation(plain).replace(/\.(?!\d)/g, '');
  return text
    .toLowerCase()
    .split(/\s+/)
    .map((word) => NUMBERS[word] ?? word)
    .filter((word) => word !== '' && !ARTICLES.has(word))
    .map((word) => CONTRACTIONS.get(word) ?? word)
    .join(' ');
}

/** One sign after the other, each in the same way wherever it stands: removed, or a blank. */
function withoutPunctuation(text: string): string {
  const isNumber = /\d,\d/.test(text);
  let result = text;
  for (const sign of PUNCTUATION) {
    const removed = isNumber || text.includes(`${sign} `) || text.includes(` ${sign}`);
    result = result.replaceAll(sign, removed ? '' : ' ');
  }
  return result;
}
