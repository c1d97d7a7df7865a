import { RESULTS, type Result } from '@fovea/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cleanText, labelKey, resultBlobs, searchRows } from './search-rows.ts';

const sha = (digit: string) => digit.repeat(64);
const box = { x: 10, y: 20, width: 50, height: 25 };
const picture = { width: 100, height: 50 };

/** One result of every kind, with what it must be found by and the blobs it holds. */
const CASES: readonly { result: Result; labels: string[]; blobs: string[] }[] = [
  {
    result: { kind: 'labels', labels: [{ label: 'Tabby', classId: 281, score: 0.9 }] },
    labels: ['tabby'],
    blobs: [],
  },
  {
    result: { kind: 'boxes', items: [{ label: 'Dog', classId: 1, score: 0.8, box }] },
    labels: ['dog'],
    blobs: [],
  },
  {
    result: {
      kind: 'masks',
      classes: [{ classId: 2, label: 'Sky', fraction: 0.25 }],
      map: { blob: sha('a') },
    },
    labels: ['sky'],
    blobs: [sha('a')],
  },
  {
    result: { kind: 'keypoints', skeleton: 'coco17', items: [{ score: 0.7, box, keypoints: [] }] },
    labels: ['person'],
    blobs: [],
  },
  {
    result: { kind: 'image', blob: sha('b'), width: 1, height: 1, mime: 'image/png' },
    labels: [],
    blobs: [sha('b')],
  },
  {
    result: {
      kind: 'text',
      text: 'Red',
      score: 0.6,
      status: 'answered',
      alternatives: [{ text: 'a dog', score: 0.1 }],
      answers: [
        { question: 'Colour?', text: 'Red', score: 0.6, status: 'answered', alternatives: [] },
        { question: 'a cat?', text: 'yes', score: 0.9, status: 'answered', alternatives: [] },
      ],
    },
    labels: ['red', 'yes'],
    blobs: [],
  },
  {
    result: {
      kind: 'matches',
      items: [{ itemId: '1', score: 1, blob: sha('c'), metadata: {} }],
      cutoff: null,
    },
    labels: [],
    blobs: [],
  },
  {
    result: {
      kind: 'tracks',
      frame: 0,
      timeMs: 0,
      items: [{ trackId: 1, label: 'Car', score: 0.9, box, state: 'confirmed', ageFrames: 3 }],
      counts: {},
      events: [],
    },
    labels: ['car'],
    blobs: [],
  },
  {
    result: { kind: 'heatmap', blob: sha('d'), method: 'grad-cam', target: { label: 'Lynx', score: 0.4 } },
    labels: ['lynx'],
    blobs: [sha('d')],
  },
  { result: { kind: 'vector', space: 'visual', values: [1] }, labels: [], blobs: [] },
  {
    result: { kind: 'maps', layer: 'conv1', shape: [1], tiles: [{ index: 0, blob: sha('e') }] },
    labels: [],
    blobs: [sha('e')],
  },
  {
    result: { kind: 'audio-labels', labels: [{ label: 'Yes', score: 0.9 }], spectrogram: { blob: sha('f') } },
    labels: ['yes'],
    blobs: [sha('f')],
  },
];

test('every kind of the union is covered here', () => {
  expect(CASES.map(({ result }) => result.kind)).toEqual(Object.keys(RESULTS));
});

test.each(CASES)('$result.kind: its rows and its blobs', ({ result, labels, blobs }) => {
  expect(searchRows(result).map((row) => row.labelKey)).toEqual(labels);
  expect(resultBlobs(result)).toEqual(blobs);
});

test('boxes are relative to the picture, and null without its size', () => {
  const boxes = CASES[1]?.result as Result;
  expect(searchRows(boxes, picture)[0]).toMatchObject({
    relX: 0.1,
    relY: 0.4,
    relWidth: 0.5,
    relHeight: 0.5,
    relArea: 0.25,
    question: null,
  });
  expect(searchRows(boxes)[0]).toMatchObject({
    relX: null,
    relY: null,
    relWidth: null,
    relHeight: null,
    relArea: null,
    question: null,
  });
});

test('the share of a mask is its area', () => {
  expect(searchRows(CASES[2]?.result as Result)[0]).toMatchObject({ relArea: 0.25, classId: 2 });
});

/** Any UTF-16, halves of surrogate pairs and NUL included. */
const anyText = fc.uint16Array({ maxLength: 700 }).map((units) => String.fromCharCode(...units));

test('labels compare without case and Unicode form, and hold nothing that Postgres refuses', () => {
  expect(labelKey('  GRÖSSE ')).toBe(labelKey('gro\u0308sse'));
  expect(labelKey('a\0b')).toBe('ab');
  fc.assert(
    fc.property(anyText, (text) => {
      expect(cleanText(text)).not.toContain('\0');
      expect(cleanText(text).isWellFormed()).toBe(true);
      // Larger entries do not fit into an index.
      expect(Buffer.byteLength(labelKey(text))).toBeLessThanOrEqual(1200);
      expect(labelKey(text).isWellFormed()).toBe(true);
    }),
  );
});
