import { openCatalog, type Catalog } from '@fovea/catalog';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresMissing, startPostgres, type TestPostgres } from './postgres.ts';
import { runRecord, type RunChoice } from './runs.ts';

describe.skipIf(postgresMissing)('catalog search', () => {
  let postgres: TestPostgres;
  let dataDir: string;
  let catalog: Catalog;
  const at = (day: number) => new Date(Date.UTC(2026, 0, day));
  beforeAll(async () => {
    postgres = await startPostgres();
    dataDir = mkdtempSync(join(tmpdir(), 'fovea-catalog-'));
    catalog = await openCatalog({ dataDir, databaseUrl: await postgres.freshDatabase() });
    const choices: RunChoice[] = [
      {
        labels: [
          ['tabby, tabby cat', 0.9],
          ['Egyptian cat', 0.05],
        ],
        createdAt: at(1),
      },
      {
        labels: [
          ['Egyptian cat', 0.7],
          ['lynx', 0.2],
        ],
        createdAt: at(2),
        model: 'efficientnet-lite4',
      },
      {
        labels: [
          ['sea-lion', 0.8],
          ['Größe', 0.1],
        ],
        createdAt: at(3),
      },
      {
        labels: [
          ['cat', 0.6],
          ['cat', 0.5],
          ['cat', 0.4],
        ],
        createdAt: at(4),
        task: 'action',
      },
      { result: { kind: 'vector', space: 'visual', values: [1, 2] }, createdAt: at(5), task: 'embedding' },
    ];
    await Promise.all(choices.map((choice) => catalog.runs.record(runRecord('local', choice))));
  });
  afterAll(async () => {
    await catalog.close();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const days = async (filter: Parameters<Catalog['runs']['list']>[1]) =>
    (await catalog.runs.list('local', filter)).items.map((item) => new Date(item.run.createdAt).getUTCDate());

  test.each([
    [{}, [5, 4, 3, 2, 1]],
    [{ label: 'EGYPTIAN CAT' }, [2, 1]],
    [{ label: 'egyptian cat', minScore: 0.5 }, [2]],
    [{ label: 'egyptian' }, []],
    [{ label: 'gr\u00f6sse' }, []],
    [{ label: 'GRO\u0308\u00dfE' }, [3]],
    [{ label: 'cat' }, [4]],
    [{ minScore: 0.75 }, [3, 1]],
    [{ q: 'cat' }, [4, 2, 1]],
    [{ q: 'Cat egyp' }, [2, 1]],
    [{ q: 'tabby lynx' }, []],
    [{ q: 'lion' }, [3]],
    [{ q: 'sea-lion' }, [3]],
    [{ q: 'größe' }, [3]],
    [{ q: 'cat', minScore: 0.65 }, [2, 1]],
    [{ q: 'cat', label: 'egyptian cat' }, [2, 1]],
    [{ q: '&|!:*' }, [5, 4, 3, 2, 1]],
    [{ task: 'action' }, [4]],
    [{ task: 'classification', label: 'cat' }, []],
    [{ model: 'efficientnet-lite4' }, [2]],
    [{ model: 'efficientnet-lite4', label: 'lynx' }, [2]],
    [{ model: 'efficientnet-lite0', label: 'lynx' }, []],
    [{ since: '2026-01-02T00:00:00Z', until: '2026-01-04T00:00:00Z' }, [3, 2]],
    [{ since: '2026-01-02T01:00:00+01:00', label: 'egyptian cat' }, [2]],
  ] as const)('%j', async (filter, expected) => {
    expect(await days(filter)).toEqual(expected);
  });

  test('one page after the other, with every filter', async () => {
    for (const filter of [{}, { q: 'cat' }, { label: 'egyptian cat' }, { model: 'efficientnet-lite0' }]) {
      const all = await days({ ...filter, limit: 200 });
      const found: number[] = [];
      let cursor: string | null = null;
      do {
        const page = await catalog.runs.list('local', { ...filter, limit: 1, ...(cursor ? { cursor } : {}) });
        found.push(...page.items.map((item) => new Date(item.run.createdAt).getUTCDate()));
        cursor = page.nextCursor;
      } while (cursor);
      expect(found).toEqual(all);
    }
  });

  test('a foreign cursor is INVALID_PARAMETER', async () => {
    await expect(catalog.runs.list('local', { cursor: 'x' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });
});
