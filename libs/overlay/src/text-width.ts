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

/** As much from the start of the text as fits; never cut within an emoji or a letter with its marks. */
function prefix(text: string, fontSize: number, maxWidth: number): string {
  let width = 0;
  for (const { segment, index } of segmenter.segment(text)) {
    width += textWidth(segment, fontSize);
    if (width > maxWidth) return text.slice(0, index);
  }
  return text;
}

/** The text, or as much of it as fits with an ellipsis; '' where not even that fits. */
export function fitText(text: string, fontSize: number, maxWidth: number): string {
  if (textWidth(text, fontSize) <= maxWidth) return text;
  const room = maxWidth - textWidth('…', fontSize);
  return room < 0 ? '' : `${prefix(text, fontSize, room).trimEnd()}…`;
}

/**
 * The text in lines that fit: broken at spaces, and within words that are wider than a line.
 * The last of `maxLines` ends in an ellipsis where there is more.
 */
export function wrapText(
  text: string,
  fontSize: number,
  room: { maxWidth: number; maxLines: number },
): string[] {
  const { maxWidth, maxLines } = room;
  const words = text.split(/\s+/).filter(Boolean);
  const lines: string[] = [];
  let line = '';
  while (words.length > 0) {
    const word = words[0]!;
    const longer = line ? `${line} ${word}` : word;
    if (textWidth(longer, fontSize) <= maxWidth) {
      line = longer;
      words.shift();
    } else if (lines.length + 1 === maxLines) {
      line = fitText(line ? [line, ...words].join(' ') : words.join(' '), fontSize, maxWidth);
      break;
    } else if (line) {
      lines.push(line);
      line = '';
    } else {
      const part = prefix(word, fontSize, maxWidth);
      if (!part) break;
      lines.push(part);
      words[0] = word.slice(part.length);
    }
  }
  return line ? [...lines, line] : lines;
}
