import type { JsonFile, JsonPath } from './json.ts';

/** An object of a JSON file whose fields are checked as they are read; every error says where. */
export class Fields {
  readonly #json: JsonFile;
  readonly #path: JsonPath;
  readonly #value: Readonly<Record<string, unknown>>;

  constructor(json: JsonFile, path: JsonPath, value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw json.wrong(path, 'must be an object');
    this.#json = json;
    this.#path = path;
    this.#value = value as Readonly<Record<string, unknown>>;
  }

  wrong(key: string, detail: string): Error {
    return this.#json.wrong([...this.#path, key], detail);
  }

  /** File and line of a field, for errors that others make. It goes through the file: not for every field. */
  where(key: string): string {
    return this.#json.where([...this.#path, key]);
  }

  has(key: string): boolean {
    return this.#value[key] !== undefined && this.#value[key] !== null;
  }

  value(key: string): unknown {
    return this.#value[key];
  }

  object(key: string): Fields {
    return new Fields(this.#json, [...this.#path, key], this.#value[key]);
  }

  list(key: string): Fields[] {
    return this.#array(key).map((item, i) => new Fields(this.#json, [...this.#path, key, i], item));
  }

  #array(key: string): readonly unknown[] {
    const value = this.#value[key];
    if (!Array.isArray(value)) throw this.wrong(key, value === undefined ? 'is missing' : 'must be a list');
    return value as unknown[];
  }

  text(key: string): string {
    const value = this.#value[key];
    if (typeof value !== 'string')
      throw this.wrong(key, value === undefined ? 'is missing' : 'must be a text');
    return value;
  }

  texts(key: string): string[] {
    return this.#array(key).map((value, i) => {
      if (typeof value !== 'string') throw this.wrong(key, `[${i}] must be a text`);
      return value;
    });
  }

  number(key: string): number {
    const value = this.#value[key];
    // JSON.parse reads 1e999 as Infinity.
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw this.wrong(key, value === undefined ? 'is missing' : 'must be a finite number');
    return value;
  }

  wholeNumber(key: string, min: number): number {
    const value = this.number(key);
    if (!Number.isSafeInteger(value) || value < min)
      throw this.wrong(key, `must be a whole number of at least ${min}, is ${value}`);
    return value;
  }

  /** A list of finite numbers. */
  numbers(key: string): number[] {
    return finiteNumbers(this.#array(key), (i, detail) => this.wrong(key, `[${i}] ${detail}`));
  }

  /** An id that the map knows. */
  reference(key: string, known: ReadonlyMap<number, unknown>, what: string): number {
    const id = this.number(key);
    if (!known.has(id)) throw this.wrong(key, `names ${what} ${id}, which the file does not have`);
    return id;
  }
}

/** The numbers of a list. @throws what `wrong` makes for the first that is not a finite number */
export function finiteNumbers(
  list: readonly unknown[],
  wrong: (index: number, detail: string) => Error,
): number[] {
  return list.map((value, i) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(i, 'must be a finite number');
    return value;
  });
}

/** The field `id`, checked not to be taken. */
export function uniqueId(fields: Fields, taken: { has(id: number): boolean }): number {
  const id = fields.wholeNumber('id', 0);
  if (taken.has(id)) throw fields.wrong('id', `${id} stands there twice`);
  return id;
}
