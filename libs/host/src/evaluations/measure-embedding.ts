import { VisionError, type Curve, type Figure, type ResultOf } from '@fovea/contracts';
import { rankingFigures, scoreCutoffs, type RankedQuery, type RankingFigures } from '@fovea/evaluation';
import { orNull, rounded, WORST, type Measure, type MeasureOptions, type Measured } from './measure.ts';
import { VARIANT_NAMES } from './variants.ts';
import { cosines, packVector, unpackVector } from './vectors.ts';

/** What is kept of a picture: its vector, and those of its captions or of its crops and mirror image. */
interface Kept {
  readonly space: string;
  readonly vector: string;
  readonly others: readonly string[];
}
interface Embedded {
  readonly imageId: number;
  readonly name: string;
  readonly vector: Float32Array;
  readonly others: readonly Float32Array[];
}

const KS = [1, 5, 10];
/** What the page shows of a ranking. */
const SHOWN = 5;

/**
 * Retrieval by a task's vectors. Captions: texts find pictures and pictures texts. Classes: a picture finds the others of
 * its class. With `calibrate`: what cut-offs keep of crops and mirror images, and of other pictures.
 * @throws INVALID_PARAMETER where the data set has neither captions nor classes
 */
export function measureEmbedding(options: MeasureOptions): Measure {
  const { dataset, request } = options;
  const mode = request.calibrate ? 'calibrate' : dataset.has.captions ? 'captions' : 'classes';
  if (mode === 'classes' && !dataset.has.labels)
    throw new VisionError('INVALID_PARAMETER', `${dataset.name} has neither captions nor classes`, {
      hint: 'Take captions:<folder>, imagenet:<folder> or coco:<folder>; --calibrate needs pictures alone.',
    });
  const captions = new Map<number, string[]>();
  for (const { imageId, text } of dataset.captions ?? [])
    captions.set(imageId, [...(captions.get(imageId) ?? []), text]);
  return {
    metric: { calibrate: 'cut-offs', captions: 'text–image retrieval', classes: 'retrieval by class' }[mode],
    async keep(image, { envelope, bytes, also }): Promise<Kept> {
      const { space, values } = envelope.result as ResultOf<'vector'>;
      const others =
        mode === 'captions'
          ? await Promise.all((captions.get(image.id) ?? []).map((text) => also({ text })))
          : mode === 'calibrate'
            ? await also.variants(bytes)
            : [];
      return {
        space,
        vector: packVector(values),
        others: others.map(({ result }) => packVector((result as ResultOf<'vector'>).values)),
      };
    },
    measure: (kept) => {
      const steps = kept as ReadonlyMap<number, Kept>;
      const pictures = dataset.images.flatMap(({ id, name }): Embedded[] => {
        const step = steps.get(id);
        if (!step) return [];
        return [
          { imageId: id, name, vector: unpackVector(step.vector), others: step.others.map(unpackVector) },
        ];
      });
      const space = [...steps.values()][0]?.space.split(':')[0] ?? '';
      const measured = {
        calibrate: () => calibrated(options, pictures, space),
        captions: () => byCaptions(pictures, captions),
        classes: () => byClass(options, pictures),
      }[mode]();
      return Promise.resolve(measured);
    },
  };
}

const EMPTY = { perClass: [], curves: [], confusion: null, calibration: null };

function byCaptions(
  pictures: readonly Embedded[],
  captions: ReadonlyMap<number, readonly string[]>,
): Measured {
  const vectors = pictures.map(({ vector }) => vector);
  const texts = pictures.flatMap((picture, index) =>
    picture.others.map((vector, n) => ({
      picture: index,
      vector,
      text: captions.get(picture.imageId)?.[n] ?? '',
    })),
  );
  const textQueries = texts.map(({ picture, vector }) => ({
    relevant: [picture],
    scores: cosines(vector, vectors),
  }));
  const toImage = rankingFigures(textQueries, { ks: KS });
  const textVectors = texts.map(({ vector }) => vector);
  const own = pictures.map(() => [] as number[]);
  for (const [index, { picture }] of texts.entries()) own[picture]?.push(index);
  const toText = rankingFigures(
    pictures.map(({ vector }, index) => ({
      relevant: own[index] as number[],
      scores: cosines(vector, textVectors),
    })),
    { ks: KS },
  );
  return {
    ...EMPTY,
    figures: [
      ...figures(toImage, 'text→image', 'a caption finds its picture'),
      ...figures(toText, 'image→text', 'a picture finds one of its captions'),
    ],
    curves: [
      recallCurve('text→image', toImage, vectors.length),
      recallCurve('image→text', toText, texts.length),
    ],
    worst: worstOf(toImage, textQueries, {
      pictures,
      shown: (query) => texts[query] as (typeof texts)[number],
    }),
  };
}

function byClass({ dataset, truths }: MeasureOptions, pictures: readonly Embedded[]): Measured {
  const names = new Map(dataset.categories.map(({ id, name }) => [id, name]));
  const classOf = pictures.map(({ imageId }) => truths.get(imageId)?.[0]?.categoryId);
  const vectors = pictures.map(({ vector }) => vector);
  const queries = vectors.map((vector, self): RankedQuery => ({
    relevant: classOf.flatMap((other, index) =>
      index !== self && other !== undefined && other === classOf[self] ? [index] : [],
    ),
    scores: cosines(vector, vectors),
    self,
  }));
  const found = rankingFigures(queries, { ks: KS });
  if (found.queries === 0)
    throw new VisionError('INVALID_PARAMETER', 'no class of the data set has two pictures', {
      hint: 'A picture must have another of its class to be found.',
    });
  return {
    ...EMPTY,
    figures: figures(found, 'image→image', 'a picture finds another of its class'),
    curves: [recallCurve('image→image', found, vectors.length - 1)],
    worst: worstOf(found, queries, {
      pictures,
      shown: (query) => ({ picture: query, text: names.get(classOf[query] ?? -1) ?? '' }),
    }),
  };
}

/** @throws INVALID_PARAMETER with fewer than two pictures */
function calibrated({ dataset }: MeasureOptions, pictures: readonly Embedded[], space: string): Measured {
  if (pictures.length < 2)
    throw new VisionError('INVALID_PARAMETER', 'a calibration needs at least two pictures');
  const matching: number[] = [];
  const others: number[] = [];
  for (const [index, { vector, others: variants }] of pictures.entries()) {
    matching.push(...cosines(vector, variants));
    for (const other of pictures.slice(index + 1))
      others.push(...cosines(vector, [other.vector, ...other.others]));
  }
  const cutoffs = scoreCutoffs({ matching, others });
  const best = cutoffs.reduce((a, b) =>
    b.matchingKept - b.othersKept > a.matchingKept - a.othersKept ? b : a,
  );
  const line = (name: string, key: 'matchingKept' | 'othersKept'): Curve => ({
    name: 'kept at a cut-off',
    label: name,
    x: 'cosine',
    y: 'share kept',
    points: cutoffs.map((row) => [row.score, row[key]]),
  });
  return {
    ...EMPTY,
    figures: [
      { name: 'cut-off', value: best.score, description: 'parts them best (Youden’s J)' },
      {
        name: 'matching kept',
        value: best.matchingKept,
        description: `${matching.length} pairs: ${VARIANT_NAMES.join('; ')}`,
      },
      {
        name: 'others kept',
        value: best.othersKept,
        description: `${others.length} pairs of different pictures`,
      },
    ],
    curves: [line('the same picture', 'matchingKept'), line('other pictures', 'othersKept')],
    cutoffs: {
      space: space === 'cross-modal' ? 'cross-modal' : 'visual',
      query: 'picture',
      dataset: dataset.name,
      how: `${pictures.length} pictures; matching: each with its own ${VARIANT_NAMES.join(', ')} (${matching.length} pairs); others: different pictures (${others.length} pairs)`,
      cutoffs,
    },
    worst: [],
  };
}

function figures(found: RankingFigures, name: string, description: string): Figure[] {
  return [
    ...found.hitAt.map(({ k, value }) => ({
      name: `${name} R@${k}`,
      value: orNull(value),
      description: `${description} among the best ${k}`,
    })),
    { name: `${name} mAP`, value: orNull(found.map), description: 'mean average precision' },
    {
      name: `${name} nDCG@10`,
      value: orNull(found.ndcgAt.at(-1)?.value ?? Number.NaN),
      description: 'normalised discounted cumulative gain',
    },
    {
      name: `${name} median rank`,
      value: orNull(found.medianRank),
      description: 'place of the first right one',
    },
  ];
}

/** R@k over k, at most a hundred points. */
function recallCurve(name: string, { ranks }: RankingFigures, candidates: number): Curve {
  const step = Math.max(1, Math.ceil(candidates / 100));
  const ks = Array.from({ length: Math.ceil(candidates / step) }, (_, i) => 1 + i * step);
  return {
    name: 'R@k',
    label: name,
    x: 'k',
    y: 'share of queries',
    points: ks.map((k) => [
      k,
      rounded(ranks.filter(({ rank }) => rank <= k).length / Math.max(1, ranks.length)),
    ]),
  };
}

/** The queries whose answer came last, one of each picture, with what was found instead. */
function worstOf(
  { ranks }: RankingFigures,
  queries: readonly RankedQuery[],
  options: {
    pictures: readonly Embedded[];
    shown: (query: number) => { readonly picture: number; readonly text: string };
  },
): Measured['worst'] {
  const { pictures, shown } = options;
  const seen = new Set<number>();
  return ranks
    .toSorted((a, b) => b.rank - a.rank)
    .flatMap(({ query, rank }) => {
      const { picture, text } = shown(query);
      const { imageId } = pictures[picture] as Embedded;
      if (rank <= 1 || seen.size >= WORST || seen.has(imageId)) return [];
      seen.add(imageId);
      const { scores, self } = queries[query] as RankedQuery;
      const best = pictures
        .map(({ name }, index) => ({ name, index, score: scores[index] ?? -1 }))
        .filter(({ index }) => index !== self)
        .sort((a, b) => b.score - a.score)
        .slice(0, SHOWN);
      return [
        {
          imageId,
          score: rounded(1 / rank),
          note: `“${text}” finds it at place ${rank}, after ${best.map(({ name }) => name).join(', ')}`,
          truth: null,
          prediction: {
            kind: 'matches' as const,
            items: best.map(({ name, score }) => ({
              itemId: name,
              name,
              score: Math.max(-1, Math.min(1, score)),
              blob: null,
              metadata: {},
            })),
            cutoff: null,
          },
        },
      ];
    });
}
