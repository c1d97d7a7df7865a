import { humanize } from '../format.ts';

// Reads the JSON Schema (2020-12, as zod writes it) of a task's parameters into the fields of a form.

export type JsonSchema = Readonly<Record<string, unknown>>;
export type Values = Readonly<Record<string, unknown>>;
export type ChoiceValue = string | number | boolean;

interface FieldBase {
  readonly name: string;
  /** Where the value stands in the parameters, joined by dots: what a problem's `errors` call it. */
  readonly path: string;
  readonly title: string;
  readonly description: string | undefined;
  readonly required: boolean;
  readonly fallback: unknown;
}
export interface NumberField extends FieldBase {
  readonly type: 'number';
  readonly integer: boolean;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly step: number | undefined;
}
export interface ChoiceField extends FieldBase {
  readonly type: 'choice';
  readonly options: readonly ChoiceValue[];
}
export interface SwitchField extends FieldBase {
  readonly type: 'switch';
}
export interface TextField extends FieldBase {
  readonly type: 'text';
  readonly maxLength: number | undefined;
}
export interface ListField extends FieldBase {
  readonly type: 'list';
  /** Entries that look like numbers are sent as numbers. */
  readonly numbers: boolean;
  readonly maxItems: number | undefined;
}
export interface GroupField extends FieldBase {
  readonly type: 'group';
  readonly fields: readonly Field[];
}
/** What has no better control: its JSON. */
export interface JsonField extends FieldBase {
  readonly type: 'json';
}
export type Field = NumberField | ChoiceField | SwitchField | TextField | ListField | GroupField | JsonField;

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
const isChoice = (value: unknown): value is ChoiceValue =>
  ['string', 'number', 'boolean'].includes(typeof value);

/** zod bounds every integer by what a double can count: that is no limit a person should see. */
function bound(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER ? value : undefined;
}

/** The fields of an object schema, in its order. */
export function readFields(schema: JsonSchema, parentPath = ''): Field[] {
  const definitions = isObject(schema['$defs']) ? schema['$defs'] : {};
  const required = Array.isArray(schema['required']) ? (schema['required'] as unknown[]) : [];
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  return Object.entries(properties)
    .filter((entry): entry is [string, JsonSchema] => isObject(entry[1]))
    .map(([name, property]) =>
      readField(resolve(property, definitions), { name, parentPath, required: required.includes(name) }),
    );
}

/** Follows a `$ref` into `$defs`; what stands beside the reference wins. */
function resolve(schema: JsonSchema, definitions: JsonSchema): JsonSchema {
  const reference = text(schema['$ref'])?.replace('#/$defs/', '');
  const target = reference === undefined ? undefined : definitions[reference];
  return isObject(target) ? { ...target, ...schema } : schema;
}

interface Place {
  readonly name: string;
  readonly parentPath: string;
  readonly required: boolean;
}

function readField(schema: JsonSchema, { name, parentPath, required }: Place): Field {
  const path = parentPath ? `${parentPath}.${name}` : name;
  const base: FieldBase = {
    name,
    path,
    title: text(schema['title']) ?? humanize(name),
    description: text(schema['description']),
    required: required && schema['default'] === undefined,
    fallback: schema['default'],
  };
  const options = choices(schema);
  if (options) return { ...base, type: 'choice', options };
  switch (schema['type']) {
    case 'integer':
    case 'number':
      return {
        ...base,
        type: 'number',
        integer: schema['type'] === 'integer',
        min: bound(schema['minimum']) ?? bound(schema['exclusiveMinimum']),
        max: bound(schema['maximum']) ?? bound(schema['exclusiveMaximum']),
        step: bound(schema['multipleOf']),
      };
    case 'boolean':
      return { ...base, type: 'switch' };
    case 'string':
      return { ...base, type: 'text', maxLength: bound(schema['maxLength']) };
    case 'array': {
      const types = itemTypes(schema['items']);
      if (
        types.length > 0 &&
        types.every((type) => type === 'string' || type === 'integer' || type === 'number')
      )
        return {
          ...base,
          type: 'list',
          numbers: types.some((type) => type !== 'string'),
          maxItems: bound(schema['maxItems']),
        };
      return { ...base, type: 'json' };
    }
    case 'object':
      return isObject(schema['properties'])
        ? { ...base, type: 'group', fields: readFields(schema, path) }
        : { ...base, type: 'json' };
    default: {
      // "a name or an index": the server reads either from a text.
      const types = itemTypes(schema);
      if (types.includes('string') && types.every((type) => type === 'string' || type === 'integer'))
        return { ...base, type: 'text', maxLength: undefined };
      return { ...base, type: 'json' };
    }
  }
}

/** The values of an enum, however it is written: `enum`, or a union of constants. */
function choices(schema: JsonSchema): ChoiceValue[] | undefined {
  if (Array.isArray(schema['enum']) && schema['enum'].every(isChoice)) return schema['enum'];
  const union = schema['anyOf'] ?? schema['oneOf'];
  if (!Array.isArray(union)) return undefined;
  const values = union.map((option: unknown) => (isObject(option) ? option['const'] : undefined));
  return values.length > 0 && values.every(isChoice) ? values : undefined;
}

function itemTypes(items: unknown): unknown[] {
  if (!isObject(items)) return [];
  const union = items['anyOf'] ?? items['oneOf'];
  return Array.isArray(union) ? union.flatMap(itemTypes) : [items['type']];
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * What must be sent: the values that differ from their defaults. The server fills in the rest, so a command
 * copied from the page stays short and means the same.
 */
export function changedValues(fields: readonly Field[], values: Values): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (field.type === 'group' && isObject(value)) {
      const inner = changedValues(field.fields, value);
      if (Object.keys(inner).length > 0) changed[field.name] = inner;
    } else if (!same(value, field.fallback)) changed[field.name] = value;
  }
  return changed;
}
