import type { Result, RunEnvelope, Task } from '@fovea/contracts';
import { encodeMask } from '@fovea/geometry';
import { describe, expect, it } from 'vitest';
import { cocoText, csvRows, csvText, toCoco, yoloFiles } from './index.ts';

const SHA = 'ab'.repeat(32);
let count = 0;

function envelope(task: Task, result: Result, sha256 = SHA): RunEnvelope {
  const id = `00000000-0000-7000-8000-${String(++count).padStart(12, '0')}`;
  return {
    run: {
      id,
      task,
      models: [{ role: 'primary', id: 'tiny', revision: 1, sha256: SHA }],
      params: {},
      device: 'cpu',
      batchSize: 1,
      createdAt: '2026-01-02T03:04:05.000Z',
      codeVersion: 'test',
      timings: { decodeMs: 0, queueMs: 0, inferenceMs: 0, postprocessMs: 0, totalMs: 0 },
      stages: [],
    },
    inputs: { image: { sha256, mime: 'image/png', bytes: 9, width: 8, height: 4 } },
    result,
    links: {},
  };
}

const square = new Uint8Array(32);
for (const at of [9, 10, 17, 18]) square[at] = 1;
const mask = encodeMask(square, 8, 4);
const dog = { label: 'dog', classId: 16, score: 0.9, box: { x: 1, y: 1, width: 2, height: 2 } };
const gnome = { label: 'garden gnome', classId: 3, score: 0.5, box: { x: 0, y: 0, width: 8, height: 4 } };
const joints = ['left_eye', 'right_eye', 'nose'].map((name, index) => ({
  name,
  x: index,
  y: 2,
  score: index === 2 ? 0.1 : 0.9,
}));
const person: Result = {
  kind: 'keypoints',
  skeleton: 'coco17',
  items: [{ score: 0.8, box: { x: 0, y: 0, width: 4, height: 4 }, keypoints: joints }],
};

async function* stream(...runs: RunEnvelope[]): AsyncGenerator<RunEnvelope> {
  await Promise.resolve();
  yield* runs;
}
async function joined(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}

describe('COCO', () => {
  const runs = [
    envelope('detection', { kind: 'boxes', items: [dog, gnome] }),
    envelope('segmentation', { kind: 'boxes', items: [{ ...dog, mask }] }),
    envelope('pose', person),
    envelope('classification', { kind: 'labels', labels: [{ label: 'tabby', classId: 1, score: 1 }] }),
  ];
  it('keeps COCO’s category ids, gives others their own, and one image a picture', () => {
    const { images, categories, annotations, info } = toCoco(runs);
    expect(images).toEqual([{ id: 1, file_name: `${SHA}.png`, width: 8, height: 4, sha256: SHA }]);
    expect(categories.map(({ id, name }) => [id, name])).toEqual([
      [1, 'person'],
      [18, 'dog'],
      [1001, 'garden gnome'],
    ]);
    expect(annotations.map(({ id, image_id, category_id }) => [id, image_id, category_id])).toEqual([
      [1, 1, 18],
      [2, 1, 1001],
      [3, 1, 18],
      [4, 1, 1],
    ]);
    expect(info).toMatchObject({ runs: 3, skipped: 1 });
  });
  it('writes boxes, masks with their area, and joints with their visibility', () => {
    const { annotations, categories } = toCoco(runs);
    expect(annotations[0]).toMatchObject({ bbox: [1, 1, 2, 2], area: 4, iscrowd: 0, score: 0.9 });
    expect(annotations[2]).toMatchObject({ segmentation: mask, area: 4 });
    expect(annotations[3]).toMatchObject({ keypoints: [0, 2, 2, 1, 2, 2, 2, 2, 1], num_keypoints: 3 });
    expect(categories[0]?.keypoints).toEqual(['left_eye', 'right_eye', 'nose']);
  });
  it('prefers the polygons that a run asked for', () => {
    const polygons = [[1, 1, 3.004, 1, 3, 3]];
    const run = envelope('segmentation', { kind: 'boxes', items: [{ ...dog, mask, polygons }] });
    expect(toCoco([run]).annotations[0]?.segmentation).toEqual([[1, 1, 3, 1, 3, 3]]);
  });
  it('streams the same document, also of nothing', async () => {
    expect(JSON.parse(await joined(cocoText(stream(...runs))))).toEqual(toCoco(runs));
    expect(JSON.parse(await joined(cocoText(stream())))).toMatchObject({ annotations: [], images: [] });
  });
});

describe('CSV', () => {
  it('has a row for every thing, and one for a run that found nothing', async () => {
    const text = await joined(
      csvText(
        stream(
          envelope('detection', { kind: 'boxes', items: [dog, gnome] }),
          envelope('detection', { kind: 'boxes', items: [] }),
        ),
      ),
    );
    const rows = text.split('\r\n');
    expect(rows).toHaveLength(5);
    expect(new Set(rows.slice(0, 4).map((row) => row.split(',').length))).toEqual(new Set([19]));
    expect(rows[1]).toMatch(/,8,4,0,dog,16,0\.9,1,1,2,2,4,,,$/);
  });
  it('quotes what would break a row, and disarms what a spreadsheet would compute', () => {
    const odd = envelope('caption', {
      kind: 'text',
      text: '=A "cat", sitting',
      score: 0.5,
      status: 'answered',
      alternatives: [],
    });
    expect(csvRows(odd)).toContain(`,"'=A ""cat"", sitting",`);
  });
});

describe('YOLO', () => {
  it('writes relative boxes, outlines and joints, a folder and a data.yaml for each task', async () => {
    const files = new Map<string, string>();
    const runs = stream(
      envelope('detection', { kind: 'boxes', items: [gnome, dog] }),
      envelope('detection', { kind: 'boxes', items: [dog] }),
      envelope('segmentation', { kind: 'boxes', items: [{ ...dog, mask }] }),
      envelope('pose', person),
    );
    for await (const { path, text } of yoloFiles(runs)) {
      expect(files.has(path)).toBe(false);
      files.set(path, text);
    }
    expect(files.get(`detection/labels/${SHA}.txt`)).toBe('0 0.5 0.5 1 1\n1 0.25 0.5 0.25 0.5\n');
    expect(files.get(`segmentation/labels/${SHA}.txt`)?.split(' ')).toHaveLength(9);
    expect(files.get(`pose/labels/${SHA}.txt`)).toBe('0 0.25 0.5 0.5 1 0 0.5 2 0.125 0.5 2 0.25 0.5 1\n');
    expect(files.get('pose/data.yaml')).toContain('kpt_shape: [3, 3]\nflip_idx: [1, 0, 2]');
    expect(files.get('detection/data.yaml')).toContain('names:\n  0: "garden gnome"\n  1: "dog"');
  });
});
