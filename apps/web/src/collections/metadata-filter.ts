import type { Metadata, MetadataFilter } from '@fovea/contracts';

export const OPERATORS = {
  eq: 'is',
  ne: 'is not',
  contains: 'contains',
  gte: 'is at least',
  lte: 'is at most',
  exists: 'is there',
} as const;
export type Operator = keyof typeof OPERATORS;

/** One row of the filter as it is typed. */
export interface FilterRow {
  readonly field: string;
  readonly operator: Operator;
  readonly value: string;
}

/** "2024" → 2024, "true" → true, "null" → null; anything else is a text, also what stands in quotes. */
export function readScalar(text: string): string | number | boolean | null {
  const trimmed = text.trim();
  if (trimmed === 'true' || trimmed === 'false') return trimmed === 'true';
  if (trimmed === 'null') return null;
  const quoted = /^"(.*)"$/s.exec(trimmed);
  if (quoted) return quoted[1] as string;
  return trimmed !== '' && Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
}

const isComplete = ({ field, operator, value }: FilterRow): boolean =>
  field.trim() !== '' && (operator === 'exists' || value.trim() !== '');

/** What the server is asked for: all complete rows must hold; undefined where there is none. */
export function toFilter(rows: readonly FilterRow[]): MetadataFilter | undefined {
  const filter: Record<string, Record<string, unknown>> = {};
  for (const { field, operator, value } of rows.filter(isComplete)) {
    const scalar = readScalar(value);
    // Sizes compare numbers and texts only.
    const compared =
      operator === 'exists'
        ? true
        : operator === 'gte' || operator === 'lte'
          ? typeof scalar === 'number'
            ? scalar
            : String(scalar)
          : scalar;
    filter[field.trim()] = { ...filter[field.trim()], [operator]: compared };
  }
  return Object.keys(filter).length > 0 ? (filter as MetadataFilter) : undefined;
}

/** The fields that these items have, the commonest first. */
export function fieldsOf(
  items: readonly { readonly metadata: Metadata | Record<string, unknown> }[],
): string[] {
  const counts = new Map<string, number>();
  for (const { metadata } of items)
    for (const name of Object.keys(metadata)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([a, many], [b, few]) => few - many || a.localeCompare(b)).map(([name]) => name);
}
