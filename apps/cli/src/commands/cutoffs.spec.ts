import type { Evaluation, ModelList, ScoreCalibration } from '@fovea/contracts';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { writeCutoffs } from './cutoffs.ts';

const cutoffs = (space: ScoreCalibration['space'], score: number): ScoreCalibration => ({
  space,
  query: 'picture',
  dataset: 'mine',
  cutoffs: [{ score, matchingKept: 1, othersKept: 0 }],
});
const evaluation = (measured?: ScoreCalibration): Evaluation =>
  ({
    models: [
      { role: 'primary', id: 'encoder', revision: 1, sha256: 'e' },
      { role: 'projection', id: 'projection', revision: 1, sha256: 'p' },
    ],
    report: measured ? { cutoffs: measured } : {},
  }) as unknown as Evaluation;
const models = {
  items: [
    { id: 'encoder', sha256: 'e', file: 'family/encoder.onnx' },
    { id: 'projection', sha256: 'other', file: 'family/projection.onnx' },
  ],
} as unknown as ModelList;

async function weights(): Promise<URL> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-weights-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'family'));
  await writeFile(join(folder, 'family/encoder.json'), '{}');
  return pathToFileURL(`${folder}/`);
}

it('writes beside the card, in place of what stood there for the same space', async () => {
  const folder = await weights();
  await writeCutoffs(evaluation(cutoffs('visual', 0.5)), models, folder);
  expect(await writeCutoffs(evaluation(cutoffs('visual', 0.6)), models, folder)).toMatch(
    /^wrote .*encoder\.calibration\.json/,
  );
  const written = JSON.parse(
    await readFile(new URL('family/encoder.calibration.json', folder), 'utf8'),
  ) as unknown;
  expect(written).toEqual([cutoffs('visual', 0.6)]);
});

it('writes nothing where the model is another one, or nothing was measured', async () => {
  const folder = await weights();
  expect(await writeCutoffs(evaluation(cutoffs('cross-modal', 0.5)), models, folder)).toMatch(
    /nothing written/,
  );
  expect(await writeCutoffs(evaluation(), models, folder)).toMatch(/no cut-offs/);
});
