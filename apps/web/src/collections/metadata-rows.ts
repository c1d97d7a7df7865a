import type { Metadata } from '@fovea/contracts';

export const VALUE_TYPES = {
  text: 'Text',
  number: 'Number',
  boolean: 'Yes or no',
  null: 'Nothing',
  json: 'JSON',
} as const;
export type ValueType = keyof typeof VALUE_TYPES;

/** One row of the editor: the value as it is typed. */
export interface MetadataRow {
  readonly name: string;
  readonly type: ValueType;
  readonly text: string;
}

export const toRows = (metadata: Metadata): MetadataRow[] =>
  Object.entries(metadata).map(([name, value]) => {
    if (value === null) return { name, type: 'null', text: '' };
    if (typeof value === 'object') return { name, type: 'json', text: JSON.stringify(value) };
    return {
      name,
      type: typeof value === 'string' ? 'text' : (typeof value as 'number' | 'boolean'),
      text: String(value),
    };
  });

/**
 * The metadata of the rows; those without a name and a value are passed over.
 * @throws RangeError in words for the one who types: no number, no JSON, a name twice or missing
 */
export function fromRows(rows: readonly MetadataRow[]): Metadata {
  const values = new Map<string, Metadata[string]>();
  for (const row of rows) {
    const name = row.name.trim();
    if (name === '' && row.text.trim() === '') continue;
    if (name === '') throw new RangeError(`“${row.text}” has no name`);
    if (values.has(name)) throw new RangeError(`“${name}” is there twice`);
    values.set(name, readValue(row));
  }
  return Object.fromEntries(values);
}

function readValue({ name, type, text }: MetadataRow): Metadata[string] {
  switch (type) {
    case 'text':
      return text;
    case 'number': {
      const number = Number(text);
      if (text.trim() === '' || !Number.isFinite(number))
        throw new RangeError(`“${name}” is no number: ${text || 'empty'}`);
      return number;
    }
    case 'boolean':
      return text === 'true';
    case 'null':
      return null;
    case 'json':
      try {
        return JSON.parse(text) as Metadata[string];
      } catch {
        throw new RangeError(`“${name}” is no JSON: ${text || 'empty'}`);
      }
  }
}
