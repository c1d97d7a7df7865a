import type { Result } from '@fovea/contracts';
import { describe, expect, it } from 'vitest';
import { resultSummary, resultTable } from './results.ts';
import { table } from './table.ts';

const box = { x: 10.04, y: 20, width: 30.56, height: 40 };
const sha = 'a'.repeat(64);
const shown = (result: Result): string[] => {
  const { columns, rows } = resultTable(result);
  return table(columns, rows);
};

/** One result of every kind, its table and its summary. */
const CASES: [Result, string[], string][] = [
  [
    {
      kind: 'labels',
      labels: [
        { label: 'Egyptian cat', classId: 285, score: 0.5 },
        { label: 'tabby', classId: 281, score: 0.25 },
      ],
    },
    ['Egyptian cat  50.0 %  ████████████', 'tabby         25.0 %  ██████'],
    'Egyptian cat 50.0 % · tabby 25.0 %',
  ],
  [
    {
      kind: 'boxes',
      items: [
        { label: 'dog', classId: 1, score: 0.9, box },
        { label: 'cat', classId: 2, score: 0.8, box },
        { label: 'cat', classId: 2, score: 0.7, box },
      ],
    },
    [
      'label   score   x   y  width  height',
      'dog    90.0 %  10  20   30.6      40',
      'cat    80.0 %  10  20   30.6      40',
      'cat    70.0 %  10  20   30.6      40',
    ],
    '2 cat · 1 dog',
  ],
  [
    { kind: 'masks', classes: [{ classId: 1, label: 'sky', fraction: 0.5 }], map: { blob: sha } },
    ['sky  50.0 %  ████████████'],
    'sky 50.0 %',
  ],
  [
    {
      kind: 'keypoints',
      skeleton: 'hand21',
      items: [{ score: 0.9, box, handedness: 'left', keypoints: [{ name: 'wrist', x: 1, y: 2, score: 1 }] }],
    },
    ['hand21   score  points   x   y  width  height', 'left    90.0 %       1  10  20   30.6      40'],
    '1 × hand21',
  ],
  [
    { kind: 'image', blob: sha, width: 4, height: 3, mime: 'image/png' },
    ['picture  4 × 3 image/png', `blob     ${sha}`],
    '4 × 3',
  ],
  [
    {
      kind: 'text',
      text: 'a cat',
      score: 0.5,
      status: 'answered',
      alternatives: [{ text: 'a dog', score: 0.25 }],
    },
    ['a cat  50.0 %', 'a dog  25.0 %'],
    'a cat (50.0 %)',
  ],
  [
    { kind: 'matches', items: [{ itemId: 'i1', score: 0.98765, blob: null, metadata: {} }], cutoff: null },
    ['item  similarity', 'i1         0.988'],
    '1 matches',
  ],
  [
    {
      kind: 'tracks',
      frame: 1,
      timeMs: 40,
      items: [{ trackId: 7, label: 'car', score: 1, box, state: 'lost', ageFrames: 3 }],
      counts: {},
      events: [],
    },
    [
      'track  label    score  state   x   y  width  height',
      '    7  car    100.0 %  lost   10  20   30.6      40',
    ],
    '1 car',
  ],
  [
    { kind: 'heatmap', blob: sha, method: 'grad-cam', target: { label: 'cat', score: 0.5 } },
    ['method  grad-cam', 'target  cat 50.0 %', `blob    ${sha}`],
    'grad-cam of cat',
  ],
  [
    { kind: 'vector', space: 's', values: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] },
    ['space       s', 'dimensions  7', 'values      0.1000, 0.2000, 0.3000, 0.4000, 0.5000, 0.6000, …'],
    '7 values in s',
  ],
  [
    { kind: 'maps', layer: 'conv1', shape: [64, 7, 7], tiles: [{ index: 0, blob: sha }] },
    ['layer  conv1', 'shape  64 × 7 × 7', 'maps   1'],
    '1 maps of conv1',
  ],
  [
    { kind: 'audio-labels', labels: [{ label: 'yes', score: 1 }] },
    [`yes  100.0 %  ${'█'.repeat(24)}`],
    'yes 100.0 %',
  ],
];

describe('a result for people', () => {
  it.each(CASES.map(([result, rows, summary]) => ({ kind: result.kind, result, rows, summary })))(
    'of kind $kind',
    ({ result, rows, summary }) => {
      expect(shown(result)).toEqual(rows);
      expect(resultSummary(result)).toBe(summary);
    },
  );

  it('says so where nothing was found', () => {
    expect(resultTable({ kind: 'boxes', items: [] })).toMatchObject({ rows: [], empty: 'nothing found' });
    expect(resultSummary({ kind: 'labels', labels: [] })).toBe('no label');
  });
});
