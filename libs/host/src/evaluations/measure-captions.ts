import { VisionError, type Figure, type ResultOf } from '@fovea/contracts';
import { bleu, captionTokens, cider, meteorExact, rougeL } from '@fovea/evaluation';
import { mean, orNull, rounded, WORST, type Measure, type MeasureOptions, type Measured } from './measure.ts';

/** What is kept of a picture: its caption. */
interface Kept {
  readonly text: string;
  readonly score: number;
}

/**
 * Captions against what people wrote: BLEU, METEOR's exact stage, ROUGE-L and CIDEr on the words of the Penn Treebank.
 * A picture that could not be run has a caption without words.
 * @throws INVALID_PARAMETER where the data set has no captions
 */
export function measureCaptions(options: MeasureOptions): Measure {
  const { dataset } = options;
  if (!dataset.has.captions)
    throw new VisionError('INVALID_PARAMETER', `the data set ${dataset.name} has no captions`, {
      hint: 'Take captions:<folder> or coco:<folder>.',
    });
  return {
    metric: 'captions',
    keep: (_image, { envelope }): Kept => {
      const { text, score } = envelope.result as ResultOf<'text'>;
      return { text, score };
    },
    measure: (kept) => Promise.resolve(measureKept(options, kept as ReadonlyMap<number, Kept>)),
  };
}

function measureKept({ dataset }: MeasureOptions, kept: ReadonlyMap<number, Kept>): Measured {
  const texts = new Map<number, string[]>();
  for (const { imageId, text } of dataset.captions ?? [])
    texts.set(imageId, [...(texts.get(imageId) ?? []), text]);
  const captioned = dataset.images.flatMap(({ id }) => {
    const references = texts.get(id);
    if (!references) return [];
    const own = kept.get(id);
    return [
      {
        imageId: id,
        own,
        written: references,
        candidate: captionTokens(own?.text ?? ''),
        references: references.map(captionTokens),
      },
    ];
  });
  const consensus = cider(captioned);
  const lengths = (of: readonly (readonly string[])[]) => mean(of.map(({ length }) => length));
  const figures: Figure[] = [
    {
      name: 'CIDEr',
      value: orNull(consensus.corpus),
      description: 'CIDEr-D, 0 to 10; rare words are those of this data set’s references',
    },
    ...bleu(captioned).corpus.map((value, n) => ({
      name: `BLEU-${n + 1}`,
      value: captioned.length === 0 ? null : value,
      description: `runs of up to ${n + 1} words that a reference has, too`,
    })),
    {
      name: 'METEOR (exact)',
      value: captioned.length === 0 ? null : meteorExact(captioned).corpus,
      description: 'equal words only, no stems or synonyms: lower than METEOR elsewhere',
    },
    {
      name: 'ROUGE-L',
      value: orNull(rougeL(captioned).corpus),
      description: 'longest common subsequence',
    },
    {
      name: 'mean length',
      value: lengths(captioned.map(({ candidate }) => candidate)),
      description: 'words of a caption',
    },
    {
      name: 'mean length, references',
      value: lengths(captioned.flatMap(({ references }) => references)),
      description: 'words of what people wrote',
    },
  ];
  const worst = captioned
    .flatMap(({ imageId, own, written }, at) =>
      own ? [{ imageId, own, written, score: consensus.sentences[at]! }] : [],
    )
    .sort((a, b) => a.score - b.score || b.own.score - a.own.score || a.imageId - b.imageId)
    .slice(0, WORST)
    .map(({ imageId, own, written, score }): Measured['worst'][number] => ({
      imageId,
      score: rounded(score),
      note: `“${own.text}” where people wrote “${written[0]}”`,
      truth: textResult(written.join('\n'), 1),
      prediction: textResult(own.text, own.score),
    }));
  return { figures, perClass: [], curves: [], confusion: null, calibration: null, worst };
}

/** A text as a result, to be shown. */
export const textResult = (text: string, score: number): ResultOf<'text'> => ({
  kind: 'text',
  text,
  score,
  status: 'answered',
  alternatives: [],
});
