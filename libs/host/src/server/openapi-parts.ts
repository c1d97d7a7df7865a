import { ERRORS, type ErrorCode } from '@fovea/contracts';
import { z } from 'zod';

// The pieces that OpenAPI operations are made of.

export type Json = Record<string, unknown>;

export const ref = (id: string): Json => ({ $ref: `#/components/schemas/${id}` });
export const json = (schema: Json): Json => ({ content: { 'application/json': { schema } } });
export const ok = (id: string, description: string, status = '200'): Json => ({
  [status]: { description, ...json(ref(id)) },
});
export const binary = (type: string, description: string): Json => ({
  '200': { description, content: { [type]: { schema: { type: 'string', format: 'binary' } } } },
});
export const problems = (...codes: ErrorCode[]): Json => {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, named]) => [
      String(status),
      {
        description: named.map((code) => `${code}: ${ERRORS[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    ]),
  );
};
export const path = (name: string, description: string): Json => ({
  name,
  in: 'path',
  required: true,
  description,
  schema: { type: 'string' },
});
export const query = (name: string, schema: Json, description?: string): Json => ({
  name,
  in: 'query',
  schema,
  ...(description ? { description } : {}),
});
/** A parameter for every field of a query's schema. */
export function queryParameters(schema: z.ZodType): Json[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Json>;
  };
  return Object.entries(properties).map(([name, property]) => query(name, property));
}
