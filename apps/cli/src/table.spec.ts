import { describe, expect, it } from 'vitest';
import { bar, fileSize, milliseconds, percent, table } from './table.ts';
import { cut, cutStart } from './terminal.ts';

describe('table', () => {
  it('aligns columns, the last one without spaces after it', () => {
    const rows = [
      ['Egyptian cat', '62.1 %', '██'],
      ['cat', '3.0 %', ''],
    ];
    expect(table([{}, { align: 'right' }, {}], rows)).toEqual([
      'Egyptian cat  62.1 %  ██',
      'cat            3.0 %',
    ]);
  });

  it('counts columns as a terminal does: wide characters, accents, colours', () => {
    expect(
      table(
        [{}, {}],
        [
          ['猫', 'a'],
          ['Käse', 'b'],
          ['\u001b[31mred\u001b[39m', 'c'],
        ],
      ),
    ).toEqual(['猫    a', 'Käse  b', '\u001b[31mred\u001b[39m   c']);
  });

  it('has a line of titles where there are some, also over nothing', () => {
    expect(table([{ title: 'model' }, { title: 'size', align: 'right' }], [['m', '10 MB']])).toEqual([
      'model   size',
      'm      10 MB',
    ]);
    expect(table([{ title: 'model' }], [])).toEqual(['model']);
    expect(table([{}], [])).toEqual([]);
  });
});

it.each([
  [0, ''],
  [0.5, '█████'],
  [1, '██████████'],
  [0.0125, '▏'],
  [0.06, '▋'],
  [7, '██████████'],
  [-1, ''],
])('bar(%d) is %j', (share, drawn) => expect(bar(share, 10)).toBe(drawn));

it('shows numbers in units', () => {
  expect([percent(0.62149), percent(1)]).toEqual(['62.1 %', '100.0 %']);
  expect([0, 999, 1000, 9_367_846, 5e12].map(fileSize)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '9.4 MB',
    '5.0 TB',
  ]);
  expect([0.44, 12.6, 12_345].map(milliseconds)).toEqual(['0.4 ms', '13 ms', '12.3 s']);
});

it('cuts text to columns, at its end or its start', () => {
  expect([cut('photograph', 10), cut('photograph', 6), cut('猫猫猫', 4)]).toEqual([
    'photograph',
    'photo…',
    '猫…',
  ]);
  expect([cutStart('a/b/cat.jpg', 8), cutStart('cat.jpg', 8)]).toEqual(['…cat.jpg', 'cat.jpg']);
});
