import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addModel, columnsModel } from '@fovea/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { manifestModel, readCards, type Card } from './card.ts';
import { cardFiles, manifestFile, staleFiles } from './files.ts';
import { cardMarkdown, licencesMarkdown } from './markdown.ts';

const models = fileURLToPath(new URL('../../models', import.meta.url));

describe('models/ of the repository', () => {
  const cards = readCards(join(models, 'weights'));

  it('has a manifest, cards and a licence list that say what the JSON cards say', async () => {
    const files = new Map([...(await manifestFile(cards, models)), ...cardFiles(cards)]);
    expect(staleFiles(files, models)).toEqual([]);
  });

  it('names the label file of the classifiers under models/weights', () => {
    const [lite] = cards.filter(({ name }) => name === 'efficientnet-lite0').map(manifestModel);
    expect(lite?.labels).toBe('classification/imagenet1k.json');
    expect(lite).toMatchObject({ batchable: true, source: { type: 'embedded' } });
  });
});

describe('a weights folder', () => {
  const bytes = addModel();
  const card = {
    name: 'tiny',
    file: 'tiny.onnx',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.byteLength,
    parameters: 4,
    opset: 17,
    revision: 1,
    task: 'addition | of four numbers',
    licence: 'Apache-2.0',
    licenceId: 'Apache-2.0',
    commercialUse: true,
    provenance: 'written for a test',
    inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 4] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['n', 4], meaning: 'x + b' }],
    metrics: [
      { name: 'top-1', value: 88.85, dataset: 'Numbers', split: 'val', n: 1000, how: 'crop' },
      { name: 'top-5', value: 97, dataset: 'Numbers', split: 'val', n: 1000, how: 'crop' },
      { name: 'top-1', value: 82.7, dataset: 'Numbers', split: 'val', n: 1000, how: 'stretch' },
      { name: 'top-5', value: 96, dataset: 'Numbers', split: 'val', n: 1000, how: 'stretch' },
      { name: 'recall', value: 0.5, dataset: 'Letters', n: 10 },
      { name: 'precision', value: 0.25, dataset: 'Letters', n: 20 },
      { name: 'largest difference', value: 0.0001, n: 3 },
    ],
  };
  let folder = '';
  const put = (change: object = {}) =>
    writeFileSync(join(folder, 'sums/tiny.json'), JSON.stringify({ ...card, ...change }));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fovea-weights-'));
    mkdirSync(join(folder, 'sums'));
    writeFileSync(join(folder, 'sums/tiny.onnx'), bytes);
    put();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('becomes a row of the manifest', () => {
    const [row] = readCards(folder).map(manifestModel);
    expect(row).toMatchObject({ id: 'tiny', file: 'sums/tiny.onnx', batchable: true, parameters: 4 });
    expect(row?.labels).toBeUndefined();
  });

  it.each<[string, object, RegExp]>([
    [
      'another hash',
      { sha256: '0'.repeat(64) },
      /^sums\/tiny\.json: sha256 is 0+, the file has [0-9a-f]{64}$/,
    ],
    ['another size', { bytes: 1 }, /bytes is 1, the file has \d+/],
    ['another operator set', { opset: 18 }, /opset is 18, the file has 17/],
    ['another file', { file: 'small.onnx' }, /file is small\.onnx, not tiny\.onnx/],
    [
      'outputs of another name',
      { outputs: [{ name: 'z', dtype: 'float32', shape: ['n', 4] }] },
      /outputs are z, the file has y/,
    ],
    [
      'an input of another type',
      { inputs: [{ name: 'x', dtype: 'uint8', shape: ['n', 4] }] },
      /x is uint8, in the file float32/,
    ],
    [
      'an input of another size',
      { inputs: [{ name: 'x', dtype: 'float32', shape: ['n', 5] }] },
      /x is \[n, 5\], in the file \[n, 4\]/,
    ],
    [
      'a type that is none of ours',
      { inputs: [{ name: 'x', dtype: 'float16', shape: ['n'] }] },
      /element type of Fovea/,
    ],
    ['no licence', { licenceId: undefined }, /licenceId/],
  ])('is refused for a card with %s', (_, change, message) => {
    put(change);
    expect(() => readCards(folder)).toThrow(message);
  });

  it('is refused for a model without a card, and for a wrong label file', () => {
    put({ labels: 'labels.json' });
    writeFileSync(join(folder, 'sums/labels.json'), JSON.stringify({ labels: [{ id: 1, name: 'one' }] }));
    expect(() => readCards(folder)).toThrow(/number 0 is missing/);
    copyFileSync(join(folder, 'sums/tiny.onnx'), join(folder, 'sums/other.onnx'));
    expect(() => readCards(folder)).toThrow(/other\.onnx has no card sums\/other\.json/);
  });

  it('leaves a vocabulary beside the model out of the manifest', () => {
    put({ labels: 'words.json' });
    writeFileSync(join(folder, 'sums/words.json'), JSON.stringify({ words: ['a', 'b'] }));
    expect(readCards(folder).map((read) => manifestModel(read).labels)).toEqual([undefined]);
  });

  it('sees that rows are not axis 0', () => {
    const columns = columnsModel();
    writeFileSync(join(folder, 'sums/tiny.onnx'), columns);
    const values = { dtype: 'float32', shape: [4, 'n'] };
    put({
      sha256: createHash('sha256').update(columns).digest('hex'),
      bytes: columns.byteLength,
      inputs: [{ name: 'x', ...values }],
      outputs: [{ name: 'y', ...values }],
    });
    expect(readCards(folder).map((read) => manifestModel(read).batchable)).toEqual([false]);
  });

  it('becomes a card that says once what the figures were measured on', () => {
    const [text] = readCards(folder).map(cardMarkdown);
    expect(text).toMatch(/^# tiny\n/);
    expect(text).toContain(
      [
        'On **Numbers**, n = 1,000 (val):',
        '',
        '| how | top-1 | top-5 |',
        '| --- | --- | --- |',
        '| crop | 88.85 | 97 |',
        '| stretch | 82.70 | 96 |',
      ].join('\n'),
    );
    expect(text).toContain(
      [
        'On **Letters**:',
        '',
        '| figure | value | n | how |',
        '| --- | --- | --- | --- |',
        '| recall | 0.5 | 10 |  |',
      ].join('\n'),
    );
    expect(text).toContain('Against the original model, n = 3:');
  });

  it('has its licence in the list, with cells that cannot break the table', () => {
    const cards = readCards(folder).map((read): Card => ({ ...read, provenance: 'a | b\nc' }));
    expect(licencesMarkdown(cards)).toContain('| [tiny](cards/tiny.md) | Apache-2.0 | yes | a \\| b c |');
  });

  it('is out of date when a file is missing, differs, or is left over', () => {
    mkdirSync(join(folder, 'cards'));
    writeFileSync(join(folder, 'cards/gone.md'), '');
    writeFileSync(join(folder, 'LICENSES.md'), 'old');
    expect(staleFiles(cardFiles(readCards(folder)), folder)).toEqual([
      'cards/tiny.md is missing',
      'LICENSES.md is out of date',
      'cards/gone.md belongs to no model',
    ]);
  });
});
