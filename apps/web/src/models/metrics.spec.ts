import { describe, expect, it } from 'vitest';
import { groupMetrics } from './metrics.ts';

describe('groupMetrics', () => {
  it('makes one table for a data set, a row for each way, a column for each metric', () => {
    const on = { dataset: 'imagenet-sample', n: 1000 };
    const groups = groupMetrics([
      { ...on, name: 'top-1', value: 88.8, how: 'crop' },
      { ...on, name: 'top-5', value: 97.6, how: 'crop' },
      { ...on, name: 'top-1', value: 82.7, how: 'stretch' },
      { dataset: 'val', name: 'top-1', value: 75.1 },
    ]);
    expect(groups).toEqual([
      {
        ...on,
        split: undefined,
        columns: ['top-1', 'top-5'],
        rows: [
          {
            how: 'crop',
            values: new Map([
              ['top-1', 88.8],
              ['top-5', 97.6],
            ]),
          },
          { how: 'stretch', values: new Map([['top-1', 82.7]]) },
        ],
      },
      {
        dataset: 'val',
        n: undefined,
        split: undefined,
        columns: ['top-1'],
        rows: [{ how: '', values: new Map([['top-1', 75.1]]) }],
      },
    ]);
  });
});
