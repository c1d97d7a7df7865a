import fc from 'fast-check';
import { MetadataFilter, type Metadata } from '@fovea/contracts';
import { describe, expect, it } from 'vitest';
import { fieldsOf, readScalar, toFilter } from './metadata-filter.ts';
import { fromRows, toRows } from './metadata-rows.ts';

describe('the editor of metadata', () => {
  it('gives back what it was given', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => text === text.trim() && text !== '__proto__');
    // A minus zero and a number's exact digits do not survive JSON either.
    const value = fc.jsonValue().map((each) => JSON.parse(JSON.stringify(each)) as Metadata[string]);
    fc.assert(
      fc.property(fc.dictionary(name, value), (metadata) => {
        expect(fromRows(toRows(metadata))).toEqual({ ...metadata });
      }),
    );
  });

  it.each([
    ['a number that is none', [{ name: 'year', type: 'number', text: 'soon' }], /“year” is no number: soon/],
    ['JSON that is none', [{ name: 'tags', type: 'json', text: '[1,' }], /“tags” is no JSON/],
    ['a value without a name', [{ name: ' ', type: 'text', text: 'Rome' }], /“Rome” has no name/],
    [
      'a name twice',
      [
        { name: 'a', type: 'null', text: '' },
        { name: 'a ', type: 'null', text: '' },
      ],
      /“a” is there twice/,
    ],
  ] as const)('says what is wrong with %s', (_what, rows, message) => {
    expect(() => fromRows(rows)).toThrow(message);
  });

  it('passes over empty rows', () => {
    expect(fromRows([{ name: '', type: 'text', text: ' ' }])).toEqual({});
  });
});

describe('filters on metadata', () => {
  it('hold all rows, several of a field together', () => {
    const filter = toFilter([
      { field: 'year', operator: 'gte', value: '2020' },
      { field: 'year', operator: 'lte', value: '2024' },
      { field: 'place', operator: 'eq', value: 'Rome' },
      { field: 'tags', operator: 'contains', value: 'sea' },
      { field: 'stars', operator: 'exists', value: '' },
    ]);
    expect(filter).toEqual({
      year: { gte: 2020, lte: 2024 },
      place: { eq: 'Rome' },
      tags: { contains: 'sea' },
      stars: { exists: true },
    });
    expect(MetadataFilter.safeParse(filter).success).toBe(true);
  });

  it('leave out rows that are not finished', () => {
    expect(toFilter([{ field: 'year', operator: 'eq', value: ' ' }])).toBeUndefined();
    expect(toFilter([{ field: '', operator: 'exists', value: '' }])).toBeUndefined();
  });

  it('compare sizes with numbers and texts only', () => {
    expect(toFilter([{ field: 'done', operator: 'gte', value: 'true' }])).toEqual({ done: { gte: 'true' } });
  });

  it.each([
    ['2024', 2024],
    ['-0.5', -0.5],
    ['true', true],
    ['null', null],
    ['"2024"', '2024'],
    ['Rome', 'Rome'],
    ['猫', '猫'],
  ])('read %s as it is meant', (text, value) => {
    expect(readScalar(text)).toBe(value);
  });

  it('offer the fields that items have, the commonest first', () => {
    expect(fieldsOf([{ metadata: { a: 1, b: 1 } }, { metadata: { b: 2 } }])).toEqual(['b', 'a']);
  });
});
