import type { Image, Stage, StageModel } from '@fovea/application';
import { tensor, type Tensors } from '@fovea/tensor';
import { describe, expect, it } from 'vitest';
import {
  calibratedCutoff,
  embedPicture,
  embedTexts,
  spaceKey,
  spaceOf,
  type StageRunner,
} from './embedding-spaces.ts';

const model = (id: string, change: object): StageModel =>
  ({
    id,
    revision: 1,
    sha256: id.padEnd(64, '0'),
    classes: [],
    tokens: [],
    ...change,
  }) as unknown as StageModel;
const encoder = (id: string, cells = 2): StageModel =>
  model(id, {
    inputs: [{ name: 'image', dtype: 'uint8', shape: ['n', 8, 8, 3] }],
    outputs: [
      { name: 'embedding', dtype: 'float32', shape: ['n', 3] },
      { name: 'features', dtype: 'float32', shape: ['n', 3, cells, cells] },
    ],
  });
const projection = model('projection', {
  inputs: [{ name: 'features', dtype: 'float32', shape: ['n', 3, 2, 2] }],
  outputs: [{ name: 'joint', dtype: 'float32', shape: ['n', 2] }],
});
const [small, other] = [encoder('small'), encoder('other', 3)];

describe('spaceOf', () => {
  it('says what the space is made of', () => {
    expect(spaceOf('visual', { encoder: small })).toMatchObject({
      name: 'visual',
      dimension: 3,
      version: 1,
      models: [{ role: 'encoder', id: 'small', revision: 1, sha256: small.sha256 }],
    });
    const joint = spaceOf('cross-modal', { encoder: small, projection });
    expect(joint.dimension).toBe(2);
    expect(joint.models.map(({ role }) => role)).toEqual(['encoder', 'projection']);
    expect(spaceKey(joint)).toMatch(/^cross-modal:[0-9a-f]{12}$/);
  });
  it('is another space with another model, and the same one with the same files', () => {
    const { fingerprint } = spaceOf('visual', { encoder: small });
    expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
    expect(spaceOf('visual', { encoder: { ...small, revision: 7, id: 'renamed' } }).fingerprint).toBe(
      fingerprint,
    );
    expect(spaceOf('visual', { encoder: other }).fingerprint).not.toBe(fingerprint);
  });
  it('refuses what does not belong together', () => {
    expect(() => spaceOf('cross-modal', { encoder: small })).toThrow(TypeError);
    expect(() => spaceOf('visual', { encoder: small, projection })).toThrow(TypeError);
    expect(() => spaceOf('cross-modal', { encoder: other, projection })).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER', hint: expect.stringMatching('3, 3, 3') }),
    );
  });
});

const picture: Image = { width: 5, height: 4, rgb: new Uint8Array(60).fill(9) };
const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'dog'];
const reader = model('reader', { tokens });

/** Runs stages; hand-made outputs stand where a model's would. */
function play(embedding: readonly number[] = [3, 0, 4]) {
  const runs: [model: string, outputs: readonly string[], rows: number][] = [];
  const row = (rows: number, values: readonly number[]) =>
    tensor('float32', [rows, values.length], Float32Array.from(Array(rows).fill(values).flat() as number[]));
  const runner: StageRunner = {
    async stage<I, P, F, O>(
      stage: Stage<I, P, F, O>,
      input: I,
      params: P,
      options: { model: StageModel },
    ): Promise<O> {
      const { feeds, frame } = await stage.preprocess(input, params, options.model);
      const rows = Object.values(feeds)[0]?.dims[0] ?? 0;
      runs.push([options.model.id, stage.outputs, rows]);
      const outputs: Tensors = {
        embedding: row(rows, embedding),
        features: tensor('float32', [rows, 3, 2, 2], new Float32Array(rows * 12)),
        joint: row(rows, [0, 2]),
        states: tensor('float32', [rows, 1, 1], new Float32Array(rows)),
        sentence_embedding: row(rows, [1, 0]),
      };
      return stage.postprocess(outputs, { frame, params, model: options.model });
    },
  };
  return { runner, runs };
}

describe('embedPicture', () => {
  it('runs an encoder once for all spaces that it makes', async () => {
    const { runner, runs } = play();
    const spaces = [{ encoder: small }, { encoder: small, projection }, { encoder: other }];
    const vectors = await embedPicture(runner, picture, spaces);
    expect(vectors.map((vector) => [...vector].map((value) => Math.round(value * 10) / 10))).toEqual([
      [0.6, 0, 0.8],
      [0, 1],
      [0.6, 0, 0.8],
    ]);
    expect(runs).toHaveLength(3);
    expect(runs).toContainEqual(['small', ['features', 'embedding'], 1]);
    expect(runs).toContainEqual(['projection', ['joint'], 1]);
    expect(runs).toContainEqual(['other', ['embedding'], 1]);
  });
  it('zeros stay zeros, and what is no number is an error', async () => {
    const zeros = await embedPicture(play([0, 0, 0]).runner, picture, [{ encoder: small }]);
    expect(zeros).toEqual([Float32Array.of(0, 0, 0)]);
    const failed = embedPicture(play([1, NaN, 0]).runner, picture, [{ encoder: small }]);
    await expect(failed).rejects.toMatchObject({ code: 'MODEL_FAILED' });
  });
  it('runs nothing where an encoder does not fit', async () => {
    const { runner, runs } = play();
    const failed = embedPicture(runner, picture, [{ encoder: small }, { encoder: other, projection }]);
    await expect(failed).rejects.toMatchObject({ code: 'INVALID_PARAMETER' });
    expect(runs).toEqual([]);
  });
});

describe('embedTexts', () => {
  it('reads many texts in batches, in their order', async () => {
    const { runner, runs } = play();
    const texts = Array.from({ length: 40 }, (_, i) => 'dog '.repeat(i === 39 ? 200 : 1));
    const { vectors, truncated } = await embedTexts(runner, texts, { text: reader, projection });
    expect(vectors).toHaveLength(40);
    expect(truncated.map(Number).join('')).toBe(`${'0'.repeat(39)}1`);
    expect(runs.map(([id, , rows]) => `${id} ${rows}`)).toEqual([
      'reader 32',
      'projection 32',
      'reader 8',
      'projection 8',
    ]);
  });
  it('no texts, no runs', async () => {
    const { runner, runs } = play();
    expect(await embedTexts(runner, [], { text: reader, projection })).toEqual({
      vectors: [],
      truncated: [],
    });
    expect(runs).toEqual([]);
  });
});

describe('calibratedCutoff', () => {
  const calibrated = (cutoffs: [score: number, matchingKept: number, othersKept: number][]) => ({
    calibrations: [
      {
        space: 'visual' as const,
        query: 'picture' as const,
        dataset: 'made up',
        cutoffs: cutoffs.map(([score, matchingKept, othersKept]) => ({ score, matchingKept, othersKept })),
      },
    ],
  });
  const wanted = { space: 'visual', query: 'picture' } as const;
  it('is where matching and other pairs part most', () => {
    const model = calibrated([
      [0.2, 1, 0.5],
      [0.6, 0.6, 0],
      [0.4, 0.9, 0.1],
    ]);
    expect(calibratedCutoff([model], wanted)).toBe(0.4);
  });
  it('of equals the lowest', () => {
    const model = calibrated([
      [0.6, 0.5, 0],
      [0.2, 1, 0.5],
    ]);
    expect(calibratedCutoff([model], wanted)).toBe(0.2);
  });
  it('is the first model’s that was measured for it', () => {
    const models = [{}, calibrated([[0.3, 1, 0]]), calibrated([[0.7, 1, 0]])];
    expect(calibratedCutoff(models, wanted)).toBe(0.3);
    expect(calibratedCutoff(models, { space: 'visual', query: 'text' })).toBeUndefined();
    expect(calibratedCutoff([], wanted)).toBeUndefined();
  });
});
