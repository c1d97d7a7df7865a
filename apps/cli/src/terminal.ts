import { styleText } from 'node:util';
import stringWidth from 'string-width';

/** What the CLI needs of the process' streams; specs give their own. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const DEFAULT_COLUMNS = 100;

/** Results go to stdout, everything else to stderr; colours only where a person reads (and NO_COLOR is not set). */
export class Terminal {
  readonly streams: Streams;
  /** A drawn line (the progress bar) that must make room before anything else is written. */
  private drawn = false;

  constructor(streams: Streams) {
    this.streams = streams;
  }

  /** True where a person watches stderr, so that progress may be drawn. */
  get watched(): boolean {
    return this.streams.stderr.isTTY === true;
  }

  get columns(): number {
    return this.streams.stdout.columns ?? DEFAULT_COLUMNS;
  }

  /** The line, shortened to the width of a terminal; whole in a pipe or file. */
  fit(line: string): string {
    return this.streams.stdout.isTTY ? cut(line, this.columns) : line;
  }

  line(text = ''): void {
    this.clear();
    this.streams.stdout.write(`${text}\n`);
  }

  note(text: string): void {
    this.clear();
    this.streams.stderr.write(`${text}\n`);
  }

  /** Draws a line on stderr that the next output replaces. */
  draw(text: string): void {
    if (!this.watched) return;
    const width = (this.streams.stderr.columns ?? DEFAULT_COLUMNS) - 1;
    this.streams.stderr.write(`\r\u001b[2K${cut(text, width)}`);
    this.drawn = true;
  }

  clear(): void {
    if (this.drawn) this.streams.stderr.write('\r\u001b[2K');
    this.drawn = false;
  }

  /** Text styled for stdout. */
  style(style: Style, text: string): string {
    return paint(this.streams.stdout, style, text);
  }

  /** Text styled for stderr. */
  noteStyle(style: Style, text: string): string {
    return paint(this.streams.stderr, style, text);
  }
}

function paint(stream: NodeJS.WritableStream & { isTTY?: boolean }, style: Style, text: string): string {
  // Streams of Node know NO_COLOR, FORCE_COLOR and TERM; others (a spec's) never get colours.
  return stream.isTTY && 'hasColors' in stream ? styleText(style, text, { stream }) : text;
}

/** The text, shortened to a number of columns with an ellipsis at its end. */
export function cut(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text, shortened to a number of columns with an ellipsis at its start: of a path the end tells more. */
export function cutStart(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  const segments = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  let kept = '';
  let width = 0;
  for (const segment of segments.reverse()) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    kept = segment + kept;
  }
  return `…${kept}`;
}
