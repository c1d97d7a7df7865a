import { expect, it } from 'vitest';
import { parseLabels } from './labels.ts';

it.each([
  ['lines', 'tench\r\ngoldfish\n'],
  ['a list', '["tench", "goldfish"]'],
  [
    'objects in any order',
    '{"labels": [{"index": 1, "name": "goldfish"}, {"id": 0, "index": 0, "name": "tench"}]}',
  ],
])('reads %s', (_, text) => {
  expect(parseLabels(text)).toEqual([
    { index: 0, name: 'tench' },
    { index: 1, name: 'goldfish' },
  ]);
});

it('refuses gaps and twins', () => {
  expect(() => parseLabels('{"labels": [{"index": 0, "name": "a"}, {"index": 2, "name": "c"}]}')).toThrow(
    RangeError,
  );
  expect(() => parseLabels('{"labels": [{"index": 0, "name": "a"}, {"index": 0, "name": "b"}]}')).toThrow(
    RangeError,
  );
});
