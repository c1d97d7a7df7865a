import { damaged, textOf } from './files.ts';

/** Where something stands in a JSON document: keys and positions from the top. */
export type JsonPath = readonly (string | number)[];

export const pathText = (path: JsonPath): string =>
  path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('');

const lineAt = (text: string, offset: number): number => {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
};

const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null/y;

/** The end of a syntax error's way: thrown and caught in this file only. */
class SyntaxAt {
  readonly offset: number;
  constructor(offset: number) {
    this.offset = offset;
  }
}

/**
 * Goes through a JSON text to find places: that of a path, or of the first syntax error. Only used once something is
 * wrong; JSON.parse itself gives no position for some errors (NaN, as Python writes it, is the usual one).
 */
class Walker {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined) throw new SyntaxAt(this.#at);
    this.#at += found.length;
    return found;
  }

  #take(character: string): boolean {
    this.#match(SPACE);
    const is = this.#text[this.#at] === character;
    if (is) this.#at++;
    return is;
  }

  /** Walks one value; returns the offset of the path below it, or -1. */
  value(path: JsonPath | undefined): number {
    this.#match(SPACE);
    if (path?.length === 0) return this.#at;
    if (this.#take('{')) return this.#members('}', path);
    if (this.#take('[')) return this.#members(']', path);
    this.#match(this.#text[this.#at] === '"' ? STRING : SCALAR);
    return -1;
  }

  #members(close: '}' | ']', path: JsonPath | undefined): number {
    if (this.#take(close)) return -1;
    for (let index = 0; ; index++) {
      let key: string | number = index;
      if (close === '}') {
        this.#match(SPACE);
        key = JSON.parse(this.#match(STRING)) as string;
        if (!this.#take(':')) throw new SyntaxAt(this.#at);
      }
      const found = this.value(path?.[0] === key ? path.slice(1) : undefined);
      if (found >= 0 || this.#take(close)) return found;
      if (!this.#take(',')) throw new SyntaxAt(this.#at);
    }
  }

  /** The offset of the first syntax error, or of the end. */
  syntaxError(): number {
    try {
      this.value(undefined);
      this.#match(SPACE);
    } catch (error) {
      // Anything else is the stack's end, thousands of brackets deep: the error is hereabouts.
      return error instanceof SyntaxAt ? error.offset : this.#at;
    }
    return this.#at;
  }
}

/** The line of a place in a JSON text that parses; undefined when the path does not exist. */
export function lineOfPath(text: string, path: JsonPath): number | undefined {
  const offset = new Walker(text).value(path);
  return offset < 0 ? undefined : lineAt(text, offset);
}

/** A JSON file, with errors that say where. */
export class JsonFile {
  readonly file: string;
  readonly root: unknown;
  readonly #text: string;

  /** @throws INVALID_PARAMETER naming the line of a syntax error */
  constructor(file: string, bytes: Uint8Array) {
    this.file = file;
    this.#text = textOf(bytes, file);
    try {
      this.root = JSON.parse(this.#text);
    } catch (cause) {
      const line = lineAt(this.#text, new Walker(this.#text).syntaxError());
      const detail = cause instanceof Error ? cause.message : String(cause);
      throw damaged(`${file}:${line}`, `is not valid JSON (${detail})`, {
        cause,
        hint: 'Write the file again as JSON; NaN and Infinity are none.',
      });
    }
  }

  /** File and line of a place, or of the nearest place above it that exists. */
  where(path: JsonPath): string {
    let line: number | undefined;
    for (let depth = path.length; depth >= 0 && line === undefined; depth--)
      line = lineOfPath(this.#text, path.slice(0, depth));
    return `${this.file}:${line ?? 1}`;
  }

  /** The error of something wrong at that place. */
  wrong(path: JsonPath, detail: string): Error {
    return damaged(this.where(path), `${pathText(path) || 'the file'} ${detail}`);
  }
}
