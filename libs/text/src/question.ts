import pluralize from 'pluralize';

/** What is asked about a picture, as the model reads it, and what it takes for granted. */
export interface Question {
  /** Lower case, one blank between words, one question mark at the end. */
  readonly text: string;
  /** False for what is no question in English: nothing sensible can be answered. */
  readonly readable: boolean;
  /** The thing that must be there for an answer to make sense ("what color is the dog?": dog), in the singular. */
  readonly premise?: Premise;
}
export interface Premise {
  /** As it was asked for: "brown dog". */
  readonly phrase: string;
  /** Its noun in the singular: "dog". */
  readonly noun: string;
}

const CONTRACTIONS: readonly (readonly [RegExp, string])[] = [
  [/\b(what|who|where|how|that|there|it)['’]s\b/gu, '$1 is'],
  [/\b(what|who|where|how)['’]re\b/gu, '$1 are'],
  [/\b(is|are|do|does|did|can|has|have)n['’]t\b/gu, '$1 not'],
];

/** Words that questions begin with in English. */
const OPENERS = new Set(
  (
    'what which who whom whose where when why how is are do does did can could has have am ' +
    'in on at to from with of under behind near'
  ).split(' '),
);
/** What polite people say first. */
const LEAD_IN = /^(?:(?:please|hey|hi|hello|so|and|ok|okay|now|well)\b[,!]?\s*)+/u;

/**
 * A question as a model of lower-case questions reads it; questions that Python lower-cased and trimmed stay as they
 * are.
 * @throws RangeError when there is no word in it
 * @example
 * readQuestion('What color is the brown dog') // { text: 'what color is the brown dog?', readable: true, premise: { phrase: 'brown dog', noun: 'dog' } }
 */
export function readQuestion(text: string): Question {
  const clean = text
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .toLowerCase()
    .replace(/[\s?!.…？！。"'”’]+$/u, '');
  if (!/[\p{L}\p{N}]/u.test(clean)) throw new RangeError('a question needs words');
  const plain = CONTRACTIONS.reduce((sum, [pattern, full]) => sum.replaceAll(pattern, full), clean);
  const asked = plain.replace(LEAD_IN, '') || plain;
  const premise = premiseOf(asked);
  return { text: `${asked}?`, readable: isEnglishQuestion(asked), ...(premise ? { premise } : {}) };
}

function isEnglishQuestion(text: string): boolean {
  // One sentence: an order behind a question is no question about a picture.
  if (/[^\p{Script=Latin}\p{N}\p{P}\p{S}\s]/u.test(text) || /\p{Extended_Pictographic}/u.test(text))
    return false;
  if (/[.!?;:]\s+\S/u.test(text)) return false;
  const words = text.split(/[^\p{L}\p{N}'’-]+/u).filter(Boolean);
  return words.length > 1 && words.length <= 30 && OPENERS.has(words[0] ?? '');
}

const DETERMINER = '(?:the|this|that|these|those|his|her|their|its)';
/** Behind one of these the noun is over: "the dog on the bed", "the man wearing a hat", "the car that waits". */
const NOUN_ENDS =
  /^(?:on|in|at|of|to|from|with|without|by|near|behind|under|above|below|beside|next|between|around|over|inside|outside|for|and|or|that|which|who|is|are|has|have|made|there|close|left|right|a|an|the|any|some|not|\S{2,}ing)$/u;
/** Things that end as what somebody does. */
const THINGS_IN_ING = new Set(
  'building ceiling clothing painting string wing swing railing awning stocking earring lightning'.split(' '),
);
const ASKED_OF: readonly RegExp[] = [
  new RegExp(
    `^(?:what|which) (?:colou?rs?|kind|type|breed|shape|size) (?:is|are|of) ${DETERMINER} (.+)$`,
    'u',
  ),
  new RegExp(`^what (?:is|are) the (?:colou?rs?|shape|size) of ${DETERMINER} (.+)$`, 'u'),
  new RegExp(`^(?:what|how|where|why|who|which way) (?:is|are|does|do) ${DETERMINER} (.+)$`, 'u'),
  new RegExp(`^(?:is|are|does|do|has|have|can) ${DETERMINER} (.+)$`, 'u'),
];
/** Places in the picture and words for the picture itself: they are always there. */
const NEVER_DOUBTED = new Set(
  (
    'picture image photo photograph scene background foreground weather time day side top bottom left right middle ' +
    'center centre corner color colour object thing item name number shape size largest biggest smallest'
  ).split(' '),
);

const PAIRS = new Set(['and', 'or', 'not']);

/** The subject of the question, where it is spoken of as something that is there. */
function premiseOf(text: string): Premise | undefined {
  const rest = ASKED_OF.map((pattern) => pattern.exec(text)?.[1]).find((found) => found !== undefined);
  if (rest === undefined) return undefined;
  const words = rest.split(/[^\p{L}\p{N}'’-]+/u).filter(Boolean);
  const end = words.findIndex((word, at) => at > 0 && NOUN_ENDS.test(word) && !THINGS_IN_ING.has(word));
  let phrase = words.slice(0, end < 0 ? words.length : end);
  // "is the dog brown", "does the dog wear a hat": what follows the noun is what is asked.
  const verb = /^(?:is|are|has|have) /u.test(text)
    ? end < 0 || PAIRS.has(words[end] ?? '')
    : /^(?:do|does|can) /u.test(text);
  if (verb && phrase.length > 1) phrase = phrase.slice(0, -1);
  const last = phrase.at(-1);
  if (last === undefined || phrase.length > 4 || phrase.some((word) => NEVER_DOUBTED.has(word)))
    return undefined;
  return { phrase: phrase.join(' '), noun: pluralize.singular(last) };
}

/** @example withArticle('apple') // "an apple" */
export const withArticle = (noun: string): string => `${/^[aeiou]/u.test(noun) ? 'an' : 'a'} ${noun}`;
