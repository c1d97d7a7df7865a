import { invalidFields, MetadataFilter, VisionError } from '@fovea/contracts';
import { Prisma } from '../generated/client.ts';
import { cleanText } from '../search-rows.ts';

/** Every key is a condition to plan. */
const MAX_KEYS = 64;

const OPERATORS = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/**
 * What a metadata filter asks of a row, as one condition on the column `metadata`; every value is a parameter.
 * Keys are plain names. Equality compares values as JSON does (1 is 1.0, "1" is not 1); `ne` also holds where the key is
 * missing; numbers are compared with numbers and texts with texts, by code points; `contains` respects case.
 * @throws INVALID_PARAMETER
 */
export function filterCondition(filter: unknown): Prisma.Sql {
  const parsed = MetadataFilter.safeParse(filter);
  if (!parsed.success) throw invalidFields(parsed.error);
  const entries = Object.entries(parsed.data);
  if (entries.length > MAX_KEYS)
    throw new VisionError('INVALID_PARAMETER', `filter: at most ${MAX_KEYS} keys, not ${entries.length}.`);
  const conditions = entries.flatMap(([name, wanted]) => {
    const key = cleanText(name);
    return typeof wanted === 'object' && wanted !== null ? ofKey(key, wanted) : [has(key, wanted)];
  });
  return conditions.length === 0 ? Prisma.sql`true` : Prisma.join(conditions, ' AND ');
}

type Operators = Extract<MetadataFilter[string], { exists?: boolean | undefined }>;
type Scalar = string | number | boolean | null;

function ofKey(key: string, wanted: Operators): Prisma.Sql[] {
  const { eq, ne, contains, exists } = wanted;
  const conditions: Prisma.Sql[] = [];
  if (eq !== undefined) conditions.push(has(key, eq));
  if (ne !== undefined) conditions.push(Prisma.sql`NOT ${has(key, ne)}`);
  if (wanted.in !== undefined) {
    const any = wanted.in.map((value) => objectJson(key, value));
    conditions.push(Prisma.sql`metadata @> ANY (${any}::jsonb[])`);
  }
  for (const [name, operator] of Object.entries(OPERATORS) as [keyof typeof OPERATORS, string][]) {
    const bound = wanted[name];
    if (bound !== undefined) conditions.push(compared(key, operator, bound));
  }
  if (contains !== undefined) {
    const listed = has(key, [contains]);
    conditions.push(
      typeof contains === 'string'
        ? Prisma.sql`(${listed} OR (${typeOf(key)} = 'string' AND strpos(metadata ->> ${key}::text, ${cleanText(contains)}::text) > 0))`
        : listed,
    );
  }
  if (exists !== undefined)
    conditions.push(exists ? Prisma.sql`metadata ? ${key}::text` : Prisma.sql`NOT metadata ? ${key}::text`);
  return conditions;
}

const typeOf = (key: string) => Prisma.sql`jsonb_typeof(metadata -> ${key}::text)`;

/** Containment is what the index on `metadata` answers; in an object a value contains itself alone, a list its parts. */
const has = (key: string, value: Scalar | Scalar[]) =>
  Prisma.sql`metadata @> ${objectJson(key, value)}::jsonb`;

function compared(key: string, operator: string, bound: number | string): Prisma.Sql {
  const symbol = Prisma.raw(operator);
  // jsonb compares two numbers as numbers; a cast would fail on the rows that hold something else.
  return typeof bound === 'number'
    ? Prisma.sql`(${typeOf(key)} = 'number' AND metadata -> ${key}::text ${symbol} ${JSON.stringify(bound)}::jsonb)`
    : Prisma.sql`(${typeOf(key)} = 'string' AND (metadata ->> ${key}::text) COLLATE "C" ${symbol} ${cleanText(bound)}::text)`;
}

const objectJson = (key: string, value: Scalar | Scalar[]): string =>
  JSON.stringify({ [key]: typeof value === 'string' ? cleanText(value) : cleanList(value) });
const cleanList = (value: Exclude<Scalar, string> | Scalar[]) =>
  Array.isArray(value) ? value.map((each) => (typeof each === 'string' ? cleanText(each) : each)) : value;
