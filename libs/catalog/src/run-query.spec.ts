import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listStatement, wordsQuery } from './run-query.ts';

test.each([
  ['Tabby ca', "'tabby':* & 'ca':*"],
  ['  sea-lion ', "'sea':* & 'lion':*"],
  ['Größe', "'größe':*"],
  ["it's", "'it':* & 's':*"],
  ["' | '", null],
  ['', null],
])('words of %j', (q, query) => {
  expect(wordsQuery(q)).toBe(query);
});

test('no text breaks out of the quotes of a text search', () => {
  fc.assert(
    fc.property(fc.uint16Array({ maxLength: 50 }), (units) => {
      const q = String.fromCharCode(...units);
      expect(wordsQuery(q) ?? "'a':*").toMatch(/^'[\p{L}\p{M}\p{N}]+':\*( & '[\p{L}\p{M}\p{N}]+':\*)*$/u);
    }),
  );
});

test('what a user sends is a parameter, never part of the statement', () => {
  const filter = { task: 'classification', label: 'l', q: 'q', model: 'm', minScore: 0.5 } as const;
  const { text, values } = listStatement({
    owner: "o'",
    filter: { ...filter, since: '2026-01-01T00:00:00Z', until: '2026-02-01T00:00:00Z' },
    after: { createdAt: new Date(0), id: '00000000-0000-7000-8000-000000000000' },
    limit: 7,
  });
  expect(text).not.toContain("o'");
  expect(values).toEqual(expect.arrayContaining(["o'", 'l', "'q':*", 'm', 0.5, 'classification', 7]));
  expect(new Set(text.match(/\$\d+/g)).size).toBe(values.length);
});
