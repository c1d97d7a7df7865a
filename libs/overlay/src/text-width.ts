// A scene is made without a font at hand (server, worker, tests), so widths are estimated from a table.
// The figures, in parts of the font size, are at least those of DejaVu Sans, the widest of the common sans-serif fonts
// (Arial and Helvetica need about 10 % less): text never leaves its plate, it may leave a little room.

const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[\p{Mn}\p{Me}\p{Cf}]/u, 0],
  [/[ijlI']/, 0.3],
  [/[|.,:;/\\]/, 0.34],
  [/[ftr()[\]\-\s·!]/, 0.415],
  [/["*`_?]/, 0.53],
  [/[mwMW@%…]/, 1],
  [/[CDGHNOQU&]/, 0.79],
  [/\p{Extended_Pictographic}|\p{Regional_Indicator}/u, 1.4],
  [
    /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/u,
    1.02,
  ],
  [/[A-Z]/, 0.7],
  [/[a-z0-9]/, 0.64],
];
const OTHER_WIDTH = 0.84;

const known = new Map<string, number>();
function charWidth(char: string): number {
  let width = known.get(char);
  if (width === undefined) {
    width = WIDTHS.find(([pattern]) => pattern.test(char))?.[1] ?? OTHER_WIDTH;
    // A few thousand characters at most: a page that shows every script must not grow without end.
    if (known.size < 4096) known.set(char, width);
  }
  return width;
}

/** The estimated width of a line of text, in pixels. */
export function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width * fontSize;
}

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const graphemes = (text: string) => Array.from(segmenter.segment(text), ({ segment }) => segment);

/** The text, or as much of it as fits with an ellipsis; '' where not even that fits. Never cuts within an emoji. */
export function fitText(text: string, fontSize: number, maxWidth: number): string {
  if (textWidth(text, fontSize) <= maxWidth) return text;
  const parts = graphemes(text);
  const room = maxWidth - textWidth('…', fontSize);
  if (room < 0) return '';
  let width = 0;
  let count = 0;
  for (; count < parts.length; count++) {
    width += textWidth(parts[count]!, fontSize);
    if (width > room) break;
  }
  return `${parts.slice(0, count).join('').trimEnd()}…`;
}

/** The text in lines that fit, broken at spaces where there are any; the last of `maxLines` ends in an ellipsis. */
export function wrapText(
  text: string,
  fontSize: number,
  options: { maxWidth: number; maxLines: number },
): string[] {
  const { maxWidth, maxLines } = options;
  const fits = (line: string) => textWidth(line, fontSize) <= maxWidth;
  const lines: string[] = [];
  let line = '';
  const words = text.split(/\s+/).filter(Boolean);
  for (const [index, word] of words.entries()) {
    const longer = line ? `${line} ${word}` : word;
    if (fits(longer)) {
      line = longer;
      continue;
    }
    if (lines.length + 1 === maxLines || !line) {
      // The last line, or a word wider than a line: what fits of the rest.
      const rest = [line, ...words.slice(index)].filter(Boolean).join(' ');
      return [...lines, fitText(rest, fontSize, maxWidth)].filter(Boolean);
    }
    lines.push(line);
    line = word;
    if (!fits(word))
      return [...lines, fitText(words.slice(index).join(' '), fontSize, maxWidth)].filter(Boolean);
  }
  return line ? [...lines, line] : lines;
}
