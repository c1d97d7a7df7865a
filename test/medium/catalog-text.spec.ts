import { openCatalog, type Catalog } from '@fovea/catalog';
import type { Answer, RunEnvelope } from '@fovea/contracts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresMissing, startPostgres, type TestPostgres } from './postgres.ts';
import { runRecord, sha256Of } from './runs.ts';

const caption = (text: string): RunEnvelope['result'] => ({
  kind: 'text',
  text,
  score: 0.5,
  status: 'answered',
  alternatives: [],
});
const answers = (...list: Pick<Answer, 'question' | 'text' | 'status'>[]): RunEnvelope['result'] => {
  const all = list.map((one): Answer => ({ ...one, score: 0.8, alternatives: [] }));
  const [{ text, score, status }] = all as [Answer];
  return { kind: 'text', text, score, status, alternatives: [], answers: all };
};
const DOG = Buffer.from('a dog');
const BOAT = Buffer.from('a boat');
const STREET = Buffer.from('a street');

describe.skipIf(postgresMissing)('texts of the catalog', () => {
  let postgres: TestPostgres;
  let dataDir: string;
  let catalog: Catalog;
  const at = (day: number) => new Date(Date.UTC(2026, 0, day));
  beforeAll(async () => {
    postgres = await startPostgres();
    dataDir = mkdtempSync(join(tmpdir(), 'fovea-catalog-'));
    catalog = await openCatalog({ dataDir, databaseUrl: await postgres.freshDatabase() });
    const runs = [
      {
        task: 'caption',
        result: caption('a brown dog is running through the snow'),
        input: DOG,
        createdAt: at(1),
      },
      {
        task: 'caption',
        result: caption('two boats on the calm water'),
        input: BOAT,
        createdAt: at(2),
      },
      {
        task: 'vqa',
        result: answers(
          { question: 'what color is the car?', text: 'red', status: 'answered' },
          { question: 'is there a bicycle?', text: 'no', status: 'answered' },
          { question: 'where is the horse?', text: 'I do not know', status: 'unsure' },
        ),
        input: STREET,
        createdAt: at(3),
      },
      { labels: [['snowmobile', 0.9]], input: STREET, createdAt: at(4) },
      { task: 'caption', result: caption('a dog jumps'), input: DOG, createdAt: at(5) },
      { labels: [['Größe', 0.9]], input: BOAT, createdAt: at(6) },
    ] as const;
    await Promise.all(runs.map((run) => catalog.runs.record(runRecord('local', run))));
    await catalog.runs.record(runRecord('ann', { task: 'caption', result: caption('dogs'), input: DOG }));
  });
  afterAll(async () => {
    await catalog.close();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const days = async (filter: Parameters<Catalog['runs']['list']>[1]) =>
    (await catalog.runs.list('local', filter)).items.map((item) => new Date(item.run.createdAt).getUTCDate());

  test.each([
    ['dogs', [5, 1]],
    ['running', [1]],
    ['DOG runs', [1]],
    ['dog jumping', [5]],
    ['snow', [4, 1]],
    ['"brown dog"', [1]],
    ['"dog brown"', []],
    ['dog -snow', [5]],
    ['boat or jump', [5, 2]],
    ['what color is the car', [3]],
    ['red cars', [3]],
    ['bicycle', [3]],
    ['horse', [3]],
    ['grö', [6]],
    ['the', [3, 2, 1]],
    ['"the"', []],
    ["dog's", [5, 1]],
    ["'); DROP TABLE runs; --", []],
    ['dog & | ! <-> :*', [5, 1]],
  ])('q=%s', async (q, expected) => {
    expect(await days({ q })).toEqual(expected);
  });

  test('the runs of one picture, with every other filter', async () => {
    const input = sha256Of(DOG);
    expect(await days({ input })).toEqual([5, 1]);
    expect(await days({ input, q: 'snow' })).toEqual([1]);
    expect(await days({ input, task: 'caption', until: '2026-01-03T00:00:00Z' })).toEqual([1]);
    expect(await days({ input, model: 'efficientnet-lite0', limit: 1 })).toEqual([5]);
    expect(await days({ input: 'f'.repeat(64) })).toEqual([]);
    await expect(catalog.runs.list('local', { input: 'DROP' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
    const [one] = await catalog.runs.byInputs('local', [sha256Of(STREET), input], {
      filter: { input },
      limit: 1,
    });
    expect(one?.sha256).toBe(input);
  });

  test('pictures by the words of what was said about them', async () => {
    const found = (text: string) => catalog.runs.picturesByWords('local', text, { limit: 10 });
    expect(await found('a dog in the snow')).toEqual([sha256Of(DOG)]);
    expect(await found('boats')).toEqual([sha256Of(BOAT)]);
    expect(await found('red car')).toEqual([sha256Of(STREET)]);
    // It is not there, not known, or only a label.
    for (const nothing of ['bicycle', 'horse', 'snowmobile', 'the', '', '\0', '"'])
      expect(await found(nothing)).toEqual([]);
    expect(await catalog.runs.picturesByWords('bob', 'dog', { limit: 10 })).toEqual([]);
  });

  test('the newest caption of each picture is its text', async () => {
    expect(await catalog.runs.altTexts('local', [sha256Of(DOG), sha256Of(STREET), sha256Of(BOAT)])).toEqual(
      new Map([
        [sha256Of(BOAT), 'two boats on the calm water'],
        [sha256Of(DOG), 'a dog jumps'],
      ]),
    );
    expect(await catalog.runs.altTexts('ann', [sha256Of(DOG)])).toEqual(new Map([[sha256Of(DOG), 'dogs']]));
    expect(await catalog.runs.altTexts('local', [])).toEqual(new Map());
  });
});
