// How BERT (uncased) cuts a text into words before WordPiece: Devlin et al. 2019, google-research/bert, tokenization.py,
// with the lower-casing of Hugging Face's tokenizers (letter by letter, so no final sigma), by which models are trained.

/** NUL, U+FFFD (also what a lone surrogate becomes) and control, format and private characters; not tab and line ends. */
const DROPPED = /[\0\uFFFD]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}]/gu;
/** The blocks of CJK ideographs that tokenization.py lists; kana and Hangul are not among them. */
const IDEOGRAPH =
  /[\u{4E00}-\u{9FFF}\u{3400}-\u{4DBF}\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{F900}-\u{FAFF}\u{2F800}-\u{2FA1F}]/gu;
/** Punctuation stands alone: category P, and what else ASCII has that is no letter, digit or blank. */
const WORD = /[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu;
const CAPITALS = /\p{Changes_When_Lowercased}/gu;

/**
 * The words of a text as BERT (uncased) sees them: lower case, no accents, punctuation and ideographs each on their own.
 * Characters are classed by the Unicode tables of the engine that runs this.
 * @example [...basicWords('Café, déjà-vu!')]; // ['cafe', ',', 'deja', '-', 'vu', '!']
 */
export function* basicWords(text: string): Generator<string> {
  const cleaned = text.toWellFormed().replace(DROPPED, '').replace(IDEOGRAPH, ' $& ');
  const plain = cleaned
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .replace(CAPITALS, (letter) => letter.toLowerCase());
  for (const [word] of plain.matchAll(WORD)) yield word;
}
