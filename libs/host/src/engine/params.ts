import type { AnyDefinition, RoleDeclaration } from '@fovea/application';
import { invalidFields, VisionError } from '@fovea/contracts';
import { z } from 'zod';

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
}

export interface ModelChoice {
  /** The request's choice for the primary role. */
  readonly model?: string | undefined;
  /** Models that the user added for this task, beside those of the definition. */
  readonly ownModels?: () => readonly string[];
}

/** The model of each role that a request chose, and the checked parameters. */
export interface ParsedParams {
  readonly params: Record<string, unknown>;
  readonly models: Readonly<Record<string, string>>;
}

/**
 * Checks a request's parameters against a definition: unknown names are refused, defaults filled in.
 * @throws INVALID_PARAMETER naming every field that is wrong
 */
export function parseParams(
  definition: AnyDefinition,
  raw: unknown,
  { model, ownModels = () => [] }: ModelChoice = {},
): ParsedParams {
  const input = raw ?? {};
  if (typeof input !== 'object' || Array.isArray(input))
    throw new VisionError('INVALID_PARAMETER', 'params must be an object such as {"topK": 3}');
  const { models: chosen, ...rest } = input as Record<string, unknown>;
  const parsed = strictParams(definition).safeParse(rest);
  if (!parsed.success) throw invalidFields(parsed.error);
  return { params: parsed.data, models: chooseModels(definition, parsed.data, { chosen, model, ownModels }) };
}

const strict = new WeakMap<AnyDefinition, z.ZodObject>();

/** The parameters' schema that refuses unknown names; made once, because zod compiles every new schema. */
function strictParams(definition: AnyDefinition): z.ZodObject {
  let schema = strict.get(definition);
  if (!schema) {
    schema = (definition.params as z.ZodObject).strict();
    strict.set(definition, schema);
  }
  return schema;
}

interface Chosen extends Required<Pick<ModelChoice, 'ownModels'>> {
  readonly chosen: unknown;
  readonly model: string | undefined;
}

/** The model of every role that a run with these parameters uses, the primary first. */
function chooseModels(
  definition: AnyDefinition,
  params: Record<string, unknown>,
  { chosen, model, ownModels }: Chosen,
): Record<string, string> {
  const wanted = z.record(z.string(), z.string()).optional().safeParse(chosen);
  if (!wanted.success)
    throw new VisionError('INVALID_PARAMETER', 'models must be an object {role: model id}');
  const byRole: Record<string, string | undefined> = { ...wanted.data };
  if (model !== undefined) byRole['primary'] = model;
  for (const role of Object.keys(byRole))
    if (!Object.hasOwn(definition.models, role))
      throw new VisionError('INVALID_PARAMETER', `models.${role}: ${definition.task} has no such role`, {
        hint: `Its roles: ${Object.keys(definition.models).join(', ')}`,
      });
  const roles = Object.entries(definition.models).sort(
    ([a], [b]) => Number(b === 'primary') - Number(a === 'primary'),
  );
  const models: Record<string, string> = {};
  for (const [role, declaration] of roles) {
    const id = byRole[role] ?? defaultModel(declaration, params);
    const known = role === 'primary' ? [...declaration.choices, ...ownModels()] : declaration.choices;
    if (!known.includes(id)) throw wrongModel(definition, { role, id, known });
    const primary = models['primary'] ?? id;
    if (role === 'primary' || (declaration.usedWhen?.(params, primary) ?? true)) models[role] = id;
  }
  return models;
}

/** The model of a role where the request names none. */
function defaultModel({ choices, defaultBy }: RoleDeclaration, params: Record<string, unknown>): string {
  const byParam = defaultBy?.models[String(params[defaultBy.param as string])];
  return byParam ?? choices[0];
}

function wrongModel(
  definition: AnyDefinition,
  { role, id, known }: { role: string; id: string; known: readonly string[] },
): VisionError {
  const path = role === 'primary' ? 'model' : `models.${role}`;
  return new VisionError('INVALID_PARAMETER', `model "${id}" does not serve ${definition.task} as ${role}`, {
    errors: [{ path, message: `one of ${known.join(', ')}` }],
    hint: `Choose one of: ${known.join(', ')}`,
  });
}

/**
 * Parameters of a query string as the JSON that they mean, by the task's JSON Schema: `topK=3&labels=cat,dog`. A list
 * may also be JSON (`labels=["a,b"]`); a list of lists must be, whole or one entry at a time: `boxes=[1,2,3,4]`.
 * What cannot be read as the wanted type is left as text, for the schema to name.
 */
export function queryParams(
  schema: JsonSchema,
  query: Readonly<Record<string, string | string[]>>,
): Record<string, unknown> {
  const params: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query)) {
    const property = schema.properties?.[name];
    params[name] = property ? coerce(property, value) : value;
  }
  return params;
}

function coerce(schema: JsonSchema, value: string | string[]): unknown {
  const types = schema.anyOf?.map((option) => option.type) ?? [schema.type];
  const list = [schema, ...(schema.anyOf ?? [])].find(({ type }) => type === 'array');
  if (list) return coerceList(list, value);
  const text = Array.isArray(value) ? (value.at(-1) ?? '') : value;
  if (
    (types.includes('number') || types.includes('integer')) &&
    text.trim() !== '' &&
    Number.isFinite(Number(text))
  )
    return Number(text);
  if (types.includes('boolean') && /^(true|1|false|0)$/.test(text)) return text === 'true' || text === '1';
  return types.includes('object') ? fromJson(text) : text;
}

function coerceList({ items }: JsonSchema, value: string | string[]): unknown {
  if (typeof value === 'string' && !value.trim().startsWith('['))
    return value.split(',').map((part) => part.trim());
  const parts = [value].flat().map((part) => (part.trim().startsWith('[') ? fromJson(part) : part.trim()));
  // What cannot be read stays the text it is, for the schema to name.
  if (typeof value === 'string' && !Array.isArray(parts[0])) return value;
  const isEntry = (part: unknown): boolean =>
    !Array.isArray(part) || (items?.type === 'array' && !part.every(Array.isArray));
  return parts.flatMap((part) => (isEntry(part) ? [part] : part));
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
