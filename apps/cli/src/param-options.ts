import { InvalidArgumentError, Option, type Command } from 'commander';

/** The part of JSON Schema (2020-12) that parameters are written in. */
export interface ParamSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly ParamSchema[];
  readonly oneOf?: readonly ParamSchema[];
  readonly items?: ParamSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly properties?: Readonly<Record<string, ParamSchema>>;
}

/**
 * Adds one option for each parameter of a task: `topK` becomes `--top-k <integer>`.
 * @returns reads the parameters that were given, after the command was parsed
 */
export function addParamOptions(command: Command, schema: ParamSchema): () => Record<string, unknown> {
  const taken = new Set(command.options.map((option) => option.long));
  const added: { name: string; key: string }[] = [];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const kebab = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const flag = taken.has(`--${kebab}`) ? `param-${kebab}` : kebab;
    for (const option of optionsOf(flag, property)) {
      if (!option.isBoolean() && !option.negate)
        option.argParser((text: string, before: unknown) => joined(readValue(property, text), before));
      command.addOption(option);
      added.push({ name, key: option.attributeName() });
    }
  }
  return () =>
    Object.fromEntries(
      added
        .filter(({ key }) => command.getOptionValueSource(key) === 'cli')
        .map(({ name, key }) => [name, command.getOptionValue(key) as unknown]),
    );
}

/** A list given twice is one list. */
const joined = (value: unknown, before: unknown): unknown =>
  Array.isArray(value) && Array.isArray(before) ? [...(before as unknown[]), ...(value as unknown[])] : value;

function optionsOf(flag: string, schema: ParamSchema): Option[] {
  const about = [schema.description, rangeOf(schema), defaultOf(schema)].filter(Boolean).join(' ');
  const alternatives = alternativesOf(schema);
  if (alternatives.every((one) => one.type === 'boolean'))
    return schema.default === true
      ? [new Option(`--no-${flag}`, about)]
      : [new Option(`--${flag}`, about), new Option(`--no-${flag}`).hideHelp()];
  return [new Option(`--${flag} <${placeholder(alternatives)}>`, about)];
}

/**
 * A value of the command line as its schema means it.
 * A list is separated by commas without a space after them (`cat,dog`), since labels may hold commas themselves
 * (`tabby, tabby cat`); a JSON array and a repeated option work too.
 * @throws InvalidArgumentError
 */
export function readValue(schema: ParamSchema, text: string): unknown {
  const alternatives = alternativesOf(schema);
  let failure: unknown;
  for (const alternative of alternatives.toSorted((a, b) => rank(a) - rank(b))) {
    try {
      return readAs(alternative, text);
    } catch (error) {
      failure ??= error;
    }
  }
  throw alternatives.length > 1
    ? new InvalidArgumentError(`it must be ${placeholder(alternatives)}`)
    : failure;
}

/** Strict readings first: `5` is a number where a number may stand. */
const ORDER = ['const', 'null', 'boolean', 'integer', 'number', 'object', 'string', 'array'];
const rank = (schema: ParamSchema): number => ORDER.indexOf(kindOf(schema));

function kindOf(schema: ParamSchema): string {
  if (schema.const !== undefined || schema.enum) return 'const';
  return typeof schema.type === 'string' ? schema.type : 'string';
}

function alternativesOf(schema: ParamSchema): readonly ParamSchema[] {
  const nested = schema.anyOf ?? schema.oneOf;
  if (nested) return nested.flatMap(alternativesOf);
  return typeof schema.type === 'object' ? schema.type.map((type) => ({ ...schema, type })) : [schema];
}

function readAs(schema: ParamSchema, text: string): unknown {
  switch (kindOf(schema)) {
    case 'const': {
      const allowed = schema.enum ?? [schema.const];
      const found = allowed.find((value) => String(value) === text);
      if (found === undefined) throw new InvalidArgumentError(`it must be one of ${allowed.join(', ')}`);
      return found;
    }
    case 'integer':
    case 'number':
      return readNumber(schema, text);
    case 'boolean':
      if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('it must be true or false');
      return text === 'true';
    case 'null':
      if (text !== 'null') throw new InvalidArgumentError('it must be null');
      return null;
    case 'object':
      return readJson(text, 'an object');
    case 'array': {
      const { items } = schema;
      const isNested = items !== undefined && kindOf(items) === 'array';
      if (text.startsWith('[')) {
        const list = readJson(text, 'a list');
        // One entry of a list of lists, as the option may be repeated.
        return isNested && Array.isArray(list) && !list.every(Array.isArray) ? [list] : list;
      }
      if (isNested) throw new InvalidArgumentError('it must be a list of lists as JSON');
      const parts = text === '' ? [] : text.split(/,(?! )/).map((part) => part.trim());
      return parts.map((part) => (items ? readValue(items, part) : part));
    }
    default:
      return text;
  }
}

function readNumber(schema: ParamSchema, text: string): number {
  const value = Number(text);
  const integer = schema.type === 'integer';
  if (text.trim() === '' || !Number.isFinite(value) || (integer && !Number.isInteger(value)))
    throw new InvalidArgumentError(`it must be ${integer ? 'a whole number' : 'a number'}`);
  const {
    minimum = -Infinity,
    maximum = Infinity,
    exclusiveMinimum = -Infinity,
    exclusiveMaximum = Infinity,
  } = schema;
  if (value < minimum || value > maximum || value <= exclusiveMinimum || value >= exclusiveMaximum)
    throw new InvalidArgumentError(`it must lie in ${rangeOf(schema)}`);
  return value;
}

function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError(`it must be ${what} as JSON`);
  }
}

/** `[1, 1000]`; empty where no bound says anything (z.int() always has those of safe integers). */
function rangeOf(schema: ParamSchema): string {
  const bound = (value: number | undefined) =>
    value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const low = bound(minimum) ? `[${minimum}` : bound(exclusiveMinimum) ? `(${exclusiveMinimum}` : '(-∞';
  const high = bound(maximum) ? `${maximum}]` : bound(exclusiveMaximum) ? `${exclusiveMaximum})` : '∞)';
  return low === '(-∞' && high === '∞)' ? '' : `${low}, ${high}`;
}

function defaultOf(schema: ParamSchema): string {
  const { default: value } = schema;
  return value === undefined || value === false || value === true
    ? ''
    : `(default: ${JSON.stringify(value)})`;
}

function placeholder(alternatives: readonly ParamSchema[]): string {
  const names = alternatives.map((schema) => {
    const kind = kindOf(schema);
    if (kind === 'const') return (schema.enum ?? [schema.const]).join('|');
    return { array: 'list', string: 'text', object: 'json' }[kind] ?? kind;
  });
  return [...new Set(names)].join('|');
}
