import type { RunPage } from '@fovea/contracts';
import { encodeMask } from '@fovea/geometry';
import { Fovea } from '@fovea/sdk';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runRecord } from './runs.ts';
import { startServer, type TestServer } from './server.ts';

const bitmap = new Uint8Array(640 * 480);
bitmap.fill(1, 0, 640 * 120);
const quarter = encodeMask(bitmap, 640, 480);
const dog = { label: 'dog', classId: 16, score: 0.9, box: { x: 0, y: 0, width: 640, height: 120 } };
const MANY = 450;

describe('exports over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
    const { runs } = server.engine.needCatalog();
    const small = { ...dog, box: { x: 1, y: 2, width: 3, height: 4 }, score: 0.4 };
    await runs.record(
      runRecord('local', { task: 'detection', result: { kind: 'boxes', items: [dog, small] } }),
    );
    await runs.record(
      runRecord('local', {
        task: 'segmentation',
        result: { kind: 'boxes', items: [{ ...dog, mask: quarter }] },
      }),
    );
    await runs.record(runRecord('somebody else', { task: 'detection', labels: [['dog', 1]] }));
    await Promise.all(
      Array.from({ length: MANY }, (_, index) =>
        runs.record(
          runRecord('local', {
            labels: [['tabby, tabby cat', index / MANY]],
            input: Buffer.from(`picture ${index}`),
          }),
        ),
      ),
    );
  });
  afterAll(() => server.end());
  const get = (query: string) => fetch(`${server.url}/v1/runs/export?${query}`);

  test('every page of the list, as JSON lines', async () => {
    const response = await get('format=jsonl');
    expect(response.headers.get('content-disposition')).toBe('attachment; filename="fovea-runs.jsonl"');
    const lines = (await response.text()).trim().split('\n');
    expect(lines).toHaveLength(MANY + 2);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ run: { task: 'detection' } });
  });
  test('COCO with the filters of the list', async () => {
    const document = (await (await get('format=coco&task=segmentation')).json()) as {
      annotations: { area: number; segmentation: unknown }[];
    };
    expect(document).toMatchObject({ images: [{ width: 640, height: 480 }], categories: [{ id: 18 }] });
    expect(document.annotations).toMatchObject([{ area: 640 * 120, segmentation: quarter }]);
  });
  test('CSV has a row for every thing found', async () => {
    const rows = (await (await get('format=csv&label=DOG&minScore=0.5')).text()).trim().split('\r\n');
    expect(rows).toHaveLength(1 + 2 + 1);
  });
  test('YOLO is a ZIP that others read', async () => {
    const files = unzipSync(new Uint8Array(await (await get('format=yolo')).arrayBuffer()));
    expect(
      Object.keys(files)
        .sort()
        .map((name) => name.replace(/[0-9a-f]{64}/, 'sha')),
    ).toEqual([
      'detection/data.yaml',
      'detection/labels/sha.txt',
      'segmentation/data.yaml',
      'segmentation/labels/sha.txt',
    ]);
  });
  test('of nothing: an empty document', async () => {
    expect(await (await get('format=coco&label=unicorn')).json()).toMatchObject({ annotations: [] });
    expect(await (await get('format=jsonl&label=unicorn')).text()).toBe('');
  });
  test.each(['', 'format=xml', 'format=coco&limit=5', 'format=csv&minScore=2'])(
    'refuses "%s"',
    async (query) => {
      const response = await get(query);
      expect(response.status).toBe(422);
      expect(await response.json()).toMatchObject({ code: 'INVALID_PARAMETER' });
    },
  );
  test('the SDK reads it as a stream; one that is left early harms nothing', async () => {
    const fovea = new Fovea({ baseUrl: server.url });
    const reader = (await fovea.runs.export('jsonl')).getReader();
    expect((await reader.read()).done).toBe(false);
    await reader.cancel();
    const text = await new Response(await fovea.runs.export('csv', { task: 'detection' })).text();
    expect(text.trim().split('\r\n')).toHaveLength(3);
  });

  test('things are found by score and by the share of the picture they cover', async () => {
    const found = async (query: string) => {
      const page = (await (await fetch(`${server.url}/v1/runs?${query}`)).json()) as RunPage;
      return page.items.map(({ run }) => run.task);
    };
    expect(await found('label=dog&minScore=0.5')).toEqual(['segmentation', 'detection']);
    expect(await found('label=dog&minArea=0.24')).toEqual(['segmentation', 'detection']);
    expect(await found('label=dog&minArea=0.26')).toEqual([]);
    expect(await found('minArea=0.2&task=segmentation')).toEqual(['segmentation']);
  });
});
