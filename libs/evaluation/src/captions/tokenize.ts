import { keepsFullStop } from './abbreviations.ts';

/** What the COCO caption evaluation takes out after tokenizing. */
const REMOVED = new Set([
  ...["''", "'", '``', '`', '.', '?', '!', ',', ':', '-', '--', '...', ';'],
  // As listed there; tokens are in lower case by then, so that brackets stay, as in all published figures.
  ...['-LRB-', '-RRB-', '-LCB-', '-RCB-'],
]);
const BRACKETS: Readonly<Record<string, string>> = {
  '(': '-lrb-',
  ')': '-rrb-',
  '[': '-lsb-',
  ']': '-rsb-',
  '{': '-lcb-',
  '}': '-rcb-',
};
const CURRENCIES: Readonly<Record<string, string>> = { '¢': 'cents', '£': '#', '¤': '#', '€': '$' };
const FRACTIONS: Readonly<Record<string, string>> = {
  '½': '1/2',
  '⅓': '1/3',
  '⅔': '2/3',
  '¼': '1/4',
  '¾': '3/4',
  '⅛': '1/8',
  '⅜': '3/8',
  '⅝': '5/8',
  '⅞': '7/8',
};
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': "''",
  '&apos;': "'",
  '&nbsp;': '',
};

/** What a token may look like from where the text is read. */
interface Rule {
  readonly pattern: RegExp;
  /** The tokens; default: group 1, else the whole match. */
  readonly tokens?: (match: RegExpExecArray) => readonly string[];
  /** Whether the match counts. */
  readonly when?: (match: RegExpExecArray, rest: string) => boolean;
}

const LETTER = String.raw`[\p{L}\p{M}]`;
const ALNUM = String.raw`[\p{L}\p{M}\p{Nd}]`;
const WORD = `${LETTER}${ALNUM}*(?:[.!?]${LETTER}${ALNUM}*)*`;
/** A single letter's full stop ends the sentence before one of these. */
const STARTERS =
  'An?|The|About|According|After|As|At|But|He|Her|Here|However|If|In|It|Last|Many|More|M[rs]\\.|Now|Once|One|Other|Our|' +
  'She|Since|So|Some|Such|That|Their|Then|There|These|They|This|We|What|When|While|Yet|You';
const brackets = (token: string) => token.replace(/[()[\]{}]/g, (each) => BRACKETS[each] ?? each);
/** Of a face only round brackets are written out. */
const round = (token: string) => token.replace(/[()]/g, (each) => BRACKETS[each] ?? each);
const rule = (source: string | RegExp, more: Omit<Rule, 'pattern'> = {}): Rule => ({
  pattern: typeof source === 'string' ? new RegExp(source, 'uy') : new RegExp(source, 'iuy'),
  ...more,
});

/**
 * Of all that match, the longest counts, with what must follow it; of equally long ones the first. A bracket `(…)` is the
 * token, where only a part is.
 */
const RULES: readonly Rule[] = [
  rule(
    String.raw`<(?:[!?][A-Za-z-][^>]*|/?[A-Za-z][\w:.-]*(?:\s+[A-Za-z][\w:.-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[\w.:-]+))?)*\s*/?)>`,
  ),
  rule('&(?:amp|lt|gt|quot|apos|nbsp);', { tokens: ([text]) => [ENTITIES[text] ?? text] }),
  // Two words in one.
  rule(/(?:cannot|gonna|gotta|lemme|gimme|wanna)/i, {
    tokens: ([text]) => [text.slice(0, 3), text.slice(3)],
  }),
  rule("'[tT](?:is|was)", { tokens: ([text]) => [text.slice(0, 2), text.slice(2)] }),
  // A word before 's, 're …; a word before n't.
  rule(`(${WORD})'(?:[msdMSD]|re|ve|ll|RE|VE|LL|Re|Ve|Ll)`),
  rule(`(${LETTER}${ALNUM}*?)[nN]['\`][tT]`),
  rule(`[nN]['\`][tT](?!${LETTER})`),
  rule("'(?:[msdMSD]|re|ve|ll|RE|VE|LL|Re|Ve|Ll)(?![A-Za-z])"),
  rule(WORD),
  // Words with an apostrophe within.
  rule("'[nN]'?"),
  rule("[lLdDjJyY]'"),
  rule("(?:[Dd]unkin|[Ss]omethin|[Oo]l)'"),
  rule("'(?:[eE]m|[2-9]0s|[0-9]{2}(?=\\s|$)|[tT]ill?|[cC]ause)"),
  rule("(?:[cC]'est|[cC]'mon|[eE]'er|[sS]'mores|[eE]v'ry|[lL]i'l|[nN]at'l|[nN]or'easter)"),
  rule(`[A-HJ-XZn]'${LETTER}{2,}`),
  rule(`${LETTER}+[aeiouyAEIOUY]'[aeiouA-Z]${LETTER}*`),
  // Addresses.
  rule(String.raw`https?://[^\s"<>|()]+[^\s"<>|.!?(){},-]`),
  rule(String.raw`www\.(?:[^\s"'<>|.!?(){},\x60$]+\.)+[a-zA-Z]{2,4}(?:/[^\s"<>|()]+[^\s"<>|.!?(){},-])?`),
  rule(String.raw`[a-zA-Z0-9][^\s"<>|()]*@(?:[^\s"<>|(){},.]+\.)*[^\s"<>|(){},.]+`),
  rule('@[a-zA-Z_][a-zA-Z_0-9]*|#[a-zA-Z]+'),
  // Numbers: fractions, dates, telephone numbers, others.
  rule(String.raw`(?:\p{Nd}{1,4}[- ])?\p{Nd}{1,4}/\p{Nd}{1,4}`),
  rule(String.raw`\p{Nd}{1,2}[-/]\p{Nd}{1,2}[-/]\p{Nd}{2,4}`),
  rule(
    String.raw`(?:\([0-9]{2,3}\) ?|(?:\+\+?)?(?:[0-9]{2,4}[- /.])?[0-9]{2,4}[- /.])[0-9]{3,4}[- /.]?[0-9]{3,5}`,
    {
      tokens: ([text]) => [brackets(text)],
    },
  ),
  rule(String.raw`[+-]?(?:\p{Nd}*(?:[.:,]\p{Nd}+)+|\p{Nd}+)`),
  // Compounds: well-known, o'clock, snake_case, and/or, AT&T.
  rule(String.raw`\p{Nd}+(?:[.,]\p{Nd}+)+(?:-[A-Za-z0-9]+)+`),
  rule(`(?:[dDoOlL]'${ALNUM})?${ALNUM}+(?:[-_](?:[dDoOlL]'${ALNUM})?${ALNUM}+)*`),
  rule(String.raw`[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}(?:/[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}){1,2}`),
  rule(
    `(?:[A-Za-z](?:\\.[A-Za-z])*\\.|[A-Za-z](?:\\.[A-Za-z])+|${ALNUM}+)(?:-(?:[A-Za-z](?:\\.[A-Za-z])+\\.?|${ALNUM}+))+`,
  ),
  rule('[A-Z]+(?:[+&][A-Z]+)+'),
  // With a full stop of its own.
  rule(String.raw`[A-Za-z](?:\.[A-Za-z])*\.`),
  rule(`([A-Za-z])\\.\\s+(?:${STARTERS})(?!${ALNUM})`),
  rule(String.raw`(${LETTER}+\.)[,;:]`),
  rule(String.raw`${LETTER}+(?:\.${LETTER}+)*\.`, {
    when: ([text], rest) => keepsFullStop(text.slice(0, -1), rest),
  }),
  // Faces.
  rule(String.raw`[<>]?[:;=][-o*']?[()DPdpO\\{@|[\]](?![A-Za-z0-9])`, { tokens: ([text]) => [round(text)] }),
  rule(String.raw`[-^x=~<>']_[-^x=~<>']|\([-^x=~<>'][_.]?[-^x=~<>']\)`, {
    tokens: ([text]) => [round(text)],
  }),
  // All else.
  rule(String.raw`[A-Z]*\$|[¢£¤€]`, { tokens: ([text]) => [CURRENCIES[text] ?? text] }),
  rule('[½⅓⅔¼¾⅛⅜⅝⅞]', { tokens: ([text]) => [FRACTIONS[text] ?? text] }),
  rule('[()[\\]{}]', { tokens: ([text]) => [brackets(text)] }),
  rule(String.raw`\.{2,}|…|\. \. \.`, { tokens: () => [] }),
  rule('-{2,}|[–—‒―]', { tokens: () => [] }),
  rule("''|``|['\"`“”‘’«»‹›]", { tokens: () => [] }),
  rule('[!?]+|\\*+|_+|@@|##|<<|>>'),
  rule('.'),
];

/**
 * A caption's words as the COCO caption evaluation counts them (Chen et al., "Microsoft COCO Captions: Data Collection and
 * Evaluation Server", 2015): tokens of the Penn Treebank (Marcus et al., Computational Linguistics 1993) as the Stanford
 * tokenizer 3.4.1 makes them, in lower case, without punctuation. "don't" is "do n't", a bracket "-lrb-"; brackets, "!!"
 * and "%" stay, as they do in the reference. Other than there, a telephone number or a mixed fraction ("2 1/2") is as many
 * words as it has parts.
 * @example captionTokens("A dog's ball, isn't it?"); // ['a', 'dog', "'s", 'ball', 'is', "n't", 'it']
 */
export function captionTokens(caption: string): string[] {
  // ’ is an apostrophe within words; characters beyond the basic plane (emoji) are unknown to the tokenizer.
  const text = caption.replace(/(?<=[\p{L}\p{Nd}])’/gu, "'").replace(/[\u{10000}-\u{10FFFF}]/gu, ' ');
  const tokens: string[] = [];
  for (let at = 0; at < text.length;) {
    if (/\s/u.test(text[at]!)) {
      at++;
      continue;
    }
    const [taken, own] = longest(text, at);
    tokens.push(...own);
    at += taken;
  }
  return tokens
    .flatMap((token) => token.toLowerCase().split(/\s+/u))
    .filter((token) => token !== '' && !REMOVED.has(token));
}

/** How many characters are used up, and what they are. */
function longest(text: string, at: number): [number, readonly string[]] {
  let best: { length: number; taken: number; tokens: readonly string[] } = {
    length: 0,
    taken: 1,
    tokens: [],
  };
  for (const { pattern, tokens, when } of RULES) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match || match[0].length <= best.length) continue;
    if (when && !when(match, text.slice(at + match[0].length))) continue;
    const own = match[1] ?? match[0];
    best = { length: match[0].length, taken: own.length, tokens: tokens?.(match) ?? [own] };
  }
  return [best.taken, best.tokens];
}
