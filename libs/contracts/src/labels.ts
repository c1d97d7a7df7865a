import { z } from 'zod';
import { VisionError } from './errors.ts';
import type { ClassLabel } from './models.ts';

/** A row of a label file; older files say `id` where newer ones say `index`. */
const LabelRow = z
  .object({
    index: z.int().min(0).optional(),
    id: z.int().min(0).optional(),
    name: z.string().min(1),
    wnid: z.string().optional(),
  })
  .refine(({ index, id }) => index !== undefined || id !== undefined, { message: 'needs an index (or id)' })
  .refine(({ index, id }) => index === undefined || id === undefined || index === id, {
    message: 'index and id must be the same number',
  });
type LabelRow = z.infer<typeof LabelRow>;

/** A list of answers is a label file too: the number of an answer is its place. */
const AnswerFile = z
  .object({ answers: z.array(z.string().min(1)).min(1) })
  .transform(({ answers }) => ({ labels: answers.map((name, index): LabelRow => ({ index, name })) }));
const LabelFile = z.object({ labels: z.array(LabelRow).min(1) });

/** Chosen by the key, not by a union: a union would not say which row is wrong. */
const isAnswerFile = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'answers' in json && !('labels' in json);

/**
 * The classes of a label file, in the order of the model's output.
 * @param json the parsed file: `{"labels": [{"index" or "id", "name", "wnid"?}]}`, in any order, or `{"answers": [name, …]}`
 * @throws MODEL_FAILED when a row is wrong, or when the numbers are not 0, 1, 2, … each once
 * @example parseLabels({ labels: [{ id: 0, name: 'person' }] }); // [{ index: 0, name: 'person' }]
 */
export function parseLabels(json: unknown): ClassLabel[] {
  const parsed = (isAnswerFile(json) ? AnswerFile : LabelFile).safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unreadable(
      `${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not valid'}`,
      parsed.error,
    );
  }
  const labels = parsed.data.labels.map(({ index, id, name, wnid }) => ({
    index: index ?? id ?? 0,
    name,
    ...(wnid === undefined ? {} : { wnid }),
  }));
  labels.sort((a, b) => a.index - b.index);
  for (const [position, { index }] of labels.entries())
    if (index !== position)
      throw unreadable(
        index < position ? `number ${index} stands there twice` : `number ${position} is missing`,
      );
  return labels;
}

const unreadable = (detail: string, cause?: unknown): VisionError =>
  new VisionError('MODEL_FAILED', `the label file is not valid: ${detail}`, {
    cause,
    hint: 'A label file is {"labels": [{"index": 0, "name": "…"}, …]} with the numbers 0, 1, 2, … each once.',
  });

/** Pieces of words, or whole words. */
const VocabularyFile = z.union([
  z.object({ tokens: z.array(z.string()).min(1) }),
  z.object({ words: z.array(z.string()).min(1) }).transform(({ words }) => ({ tokens: words })),
]);

/**
 * The tokens of a text model, by id.
 * @param json the parsed file: `{"tokens": ["[PAD]", …]}`, or `words` where they are whole words
 * @throws MODEL_FAILED when it is none
 */
export function parseVocabulary(json: unknown): readonly string[] {
  const parsed = VocabularyFile.safeParse(json);
  if (parsed.success) return parsed.data.tokens;
  throw new VisionError('MODEL_FAILED', 'the vocabulary is not valid', {
    cause: parsed.error,
    hint: 'A vocabulary is {"tokens": ["…", …]}, a token for every id from 0 on.',
  });
}
