import { expect, it } from 'vitest';
import { readLabels } from './labels.ts';

it.each([
  ['lines', 'tench\r\ngoldfish\n'],
  ['a list', '["tench", "goldfish"]'],
  [
    'objects in any order',
    '{"labels": [{"index": 1, "name": "goldfish"}, {"id": 0, "index": 0, "name": "tench"}]}',
  ],
])('reads %s', (_, text) => {
  expect(readLabels(text)).toEqual([
    { index: 0, name: 'tench' },
    { index: 1, name: 'goldfish' },
  ]);
});

it('refuses gaps and twins', () => {
  expect(() => readLabels('{"labels": [{"index": 0, "name": "a"}, {"index": 2, "name": "c"}]}')).toThrow(
    expect.objectContaining({ code: 'MODEL_FAILED' }),
  );
  expect(() => readLabels('{"labels": [{"index": 0, "name": "a"}, {"index": 0, "name": "b"}]}')).toThrow(
    expect.objectContaining({ code: 'MODEL_FAILED' }),
  );
});
