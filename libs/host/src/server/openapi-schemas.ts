import type { ResourceDefinition } from '@fovea/application';
import * as contracts from '@fovea/contracts';
import { z } from 'zod';
import { ref, type Json } from './openapi-parts.ts';

/** The component schemas of a document, and how they are referred to. */
export interface Schemas {
  readonly components: Json;
  readonly refTo: (schema: z.ZodType) => Json;
}

/**
 * Every component schema: those of contracts that carry an id, and bodies and answers of resources. What a client sends
 * to a resource is written as it is sent: what has a default may be left out.
 */
export function documentSchemas(resources: readonly ResourceDefinition[]): Schemas {
  const registry = z.registry<{ id: string }>();
  for (const schema of Object.values(contracts)) {
    if (!(schema instanceof z.ZodType)) continue;
    const id = z.globalRegistry.get(schema)?.id;
    if (id) registry.add(schema, { id });
  }
  const bodies = new Set<string>();
  const idOf = (schema: z.ZodType, otherwise: string): string => {
    const id = registry.get(schema)?.id ?? otherwise;
    if (!registry.has(schema)) registry.add(schema, { id });
    return id;
  };
  for (const { name, operations } of resources)
    for (const { name: operation, body, answer } of operations) {
      const base = pascal(`${name}-${operation}`);
      if (body) bodies.add(idOf(body as z.ZodType, `${base}Request`));
      if (answer) idOf(answer as z.ZodType, `${base}Answer`);
    }
  return {
    components: { ...written(registry, 'output'), ...pick(written(registry, 'input'), bodies) },
    refTo: (schema) => {
      const id = registry.get(schema)?.id;
      if (id === undefined) throw new TypeError('schema: it is no component of the document');
      return ref(id);
    },
  };
}

/** All schemas of a registry as components; those that refer to themselves and have no id (any JSON) are called Shared. */
function written(
  registry: z.core.$ZodRegistry<{ id: string }>,
  io: 'input' | 'output',
): Record<string, Json> {
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io,
    target: 'draft-2020-12',
    unrepresentable: 'any',
  });
  const { __shared: shared, ...named } = schemas as Record<string, Json>;
  const own = Object.entries((shared?.['$defs'] ?? {}) as Record<string, Json>);
  const nameOf = (index: number) => `Shared${String.fromCharCode(65 + index)}`;
  const all = [
    ...Object.entries(named),
    ...own.map(([, schema], index): [string, Json] => [nameOf(index), schema]),
  ].map(([id, { $schema: _dialect, $id: _id, ...rest }]) => [id, rest]);
  let text = JSON.stringify(Object.fromEntries(all));
  for (const [index, [id]] of own.entries())
    text = text.replaceAll(`/__shared#/$defs/${id}"`, `/${nameOf(index)}"`);
  return JSON.parse(text) as Record<string, Json>;
}

const pick = (schemas: Record<string, Json>, ids: ReadonlySet<string>): Json =>
  Object.fromEntries(Object.entries(schemas).filter(([id]) => ids.has(id)));
const pascal = (kebab: string): string =>
  kebab.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
