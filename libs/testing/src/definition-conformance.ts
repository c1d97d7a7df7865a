import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { AnyDefinition } from '@fovea/application';
import { isTask, Manifest, MEDIA, type ManifestModel } from '@fovea/contracts';
import { z } from 'zod';
import { repositoryRoot } from './fixtures.ts';

/** The models of models/manifest.json. */
export const shippedModels = (): readonly ManifestModel[] =>
  Manifest.parse(JSON.parse(readFileSync(join(repositoryRoot, 'models/manifest.json'), 'utf8'))).models;

/**
 * What every application must fulfil, whatever it does: the rules that the host, the CLI, the SDK and the form of the
 * page build on. Answers what is broken, so that a spec shows all of it at once.
 * @param models the models there are; default those of models/manifest.json
 * @example it('conforms', () => expect(definitionConformance(classification)).toEqual([]));
 */
export function definitionConformance(
  definition: AnyDefinition,
  models: readonly ManifestModel[] = shippedModels(),
): readonly string[] {
  return [
    ...naming(definition),
    ...inputs(definition),
    ...parameters(definition),
    ...roles(definition, models),
    ...(typeof definition.run === 'function' ? [] : ['run must be a function']),
  ].map((problem) => `${definition.task}: ${problem}`);
}

function* naming({ task, title, description }: AnyDefinition): Iterable<string> {
  if (!isTask(task)) yield 'the task is not in the task list of contracts';
  if (!title.trim()) yield 'the title is empty';
  if (title.length > 40) yield `the title has ${title.length} characters; a menu shows 40`;
  if (!description.trim()) yield 'the description is empty';
}

function* inputs(definition: AnyDefinition): Iterable<string> {
  const declared = Object.entries<AnyDefinition['inputs'][string]>(definition.inputs);
  for (const [name, input] of declared) {
    const { media, min, max } = input as { media: string; min: number; max: number };
    // They become fields of a form and arguments of a command; these names are taken there.
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) yield `the input name "${name}" must be camelCase`;
    if (['params', 'model', 'input', 'inputs', 'store'].includes(name))
      yield `the input name "${name}" is reserved`;
    if (!(MEDIA as readonly string[]).includes(media))
      yield `the input ${name} has the unknown media type ${media}`;
    if (!(Number.isInteger(min) && Number.isInteger(max) && min >= 0 && max >= 1 && max >= min))
      yield `the input ${name} must have 0 <= min <= max and max >= 1`;
  }
}

interface PropertySchema {
  readonly description?: string;
  readonly default?: unknown;
}

function* parameters({ params }: AnyDefinition): Iterable<string> {
  const schema = params as z.ZodObject;
  const defaults = schema.safeParse({});
  if (!defaults.success) {
    yield `parameters need a default or must be optional: ${z.prettifyError(defaults.error)}`;
    return;
  }
  const again = schema.safeParse(defaults.data);
  if (!again.success || !isDeepStrictEqual(again.data, defaults.data))
    yield 'the defaults are not valid parameters';

  const json = jsonSchema(schema);
  if (typeof json === 'string') {
    yield json;
    return;
  }
  const properties = Object.entries(json.properties ?? {}) as [string, PropertySchema][];
  for (const [name, property] of properties) {
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) yield `the parameter name "${name}" must be camelCase`;
    if (!property.description?.trim()) yield `the parameter ${name} has no description`;
    if (['model', 'store'].includes(name)) yield `the parameter name "${name}" is reserved`;
  }
  for (const name of json.required ?? []) yield `the parameter ${name} is required in the JSON Schema`;
}

/** The schema that GET /v1/tasks shows, or why there is none. */
function jsonSchema(schema: z.ZodObject): { properties?: object; required?: string[] } | string {
  try {
    return z.toJSONSchema(schema, { io: 'input' }) as { properties?: object; required?: string[] };
  } catch (error) {
    return `the parameters have no JSON Schema: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function* roles(definition: AnyDefinition, models: readonly ManifestModel[]): Iterable<string> {
  const known = new Set(models.map(({ id }) => id));
  if (!Object.hasOwn(definition.models, 'primary')) yield 'there is no primary model';
  for (const [role, { choices, defaultBy }] of Object.entries(definition.models)) {
    const ids = choices as readonly string[];
    if (defaultBy && !(defaultBy.param in (definition.params as z.ZodObject).shape))
      yield `the role ${role} is chosen by ${defaultBy.param}, which is no parameter`;
    for (const id of Object.values(defaultBy?.models ?? {}))
      if (!ids.includes(id)) yield `the role ${role} defaults to ${id}, which is none of its choices`;
    if (ids.length === 0) yield `the role ${role} has no models`;
    if (new Set(ids).size !== ids.length) yield `the role ${role} names a model twice`;
    for (const id of ids)
      if (!known.has(id)) yield `the model ${id} of the role ${role} is not in the manifest`;
  }
}
