import { ScoreCalibration, type Evaluation, type ModelList } from '@fovea/contracts';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';

const WEIGHTS = new URL('../../../../models/weights/', import.meta.url);

/**
 * Writes the cut-offs of a calibration beside the card of the model whose scores they are; those of another space or
 * kind of query in that file stay.
 * @returns what was done, in a sentence
 */
export async function writeCutoffs(
  { models, report }: Evaluation,
  { items }: ModelList,
  weights: URL = WEIGHTS,
): Promise<string> {
  const { cutoffs } = report;
  if (!cutoffs) return 'the server measured no cut-offs';
  // The last model of a picture's way into the space: its projection, or the encoder itself.
  const role = cutoffs.space === 'visual' ? 'primary' : 'projection';
  const used = models.find((model) => model.role === role);
  const row = items.find(({ id, sha256 }) => id === used?.id && sha256 === used.sha256);
  const card = row && fileURLToPath(new URL(row.file.replace(/\.onnx$/, '.json'), weights));
  if (!card || !existsSync(card))
    return `the card of ${used?.id ?? 'the model'} is not here: nothing written`;
  const file = card.replace(/\.json$/, '.calibration.json');
  const before = existsSync(file)
    ? ScoreCalibration.array().parse(JSON.parse(await readFile(file, 'utf8')))
    : [];
  const others = before.filter(({ space, query }) => space !== cutoffs.space || query !== cutoffs.query);
  await writeFile(file, `${JSON.stringify([...others, cutoffs], null, 2)}\n`);
  return format('wrote %s; now run: node scripts/models.mjs manifest', file);
}
