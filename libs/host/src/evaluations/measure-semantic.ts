import type { ClassFigures, ClassLabel, Figure, ResultOf } from '@fovea/contracts';
import { ConfusionMatrix, type ClassMap, type DatasetImage, type DatasetTruth } from '@fovea/evaluation';
import { decodeMask } from '@fovea/geometry';
import { decodeImage, encodeGrey } from '@fovea/imaging';
import { sha256Of } from '../engine/inputs.ts';
import { matchCategories, someNames, wrongCategories, type CategoryMatch } from './categories.ts';
import { needTruths } from './measure-detection.ts';
import {
  checkSize,
  orNull,
  rounded,
  sum,
  WORST,
  type Measure,
  type MeasureOptions,
  type Measured,
  type WorstPicture,
} from './measure.ts';

/** Pixels of a picture: true class, predicted class, how many. */
type Kept = readonly (readonly [number, number, number])[];
/** Pixels that count for nothing: the ids of a class map are bytes, and no model here has so many classes. */
const IGNORED = 255;

/**
 * The class of every pixel: mean IoU and pixel accuracy of one confusion matrix over all pixels. Where the data set has
 * instances instead of class maps, those of the model's classes are painted over the background, smaller ones over
 * larger ones; things of other classes are background, crowds count for nothing.
 */
export function measureSemantic(options: MeasureOptions): Measure {
  const { dataset, classes, model } = options;
  if (!dataset.has.classMaps) needTruths(dataset, 'masks');
  const match = matchCategories(dataset.categories, classes);
  if (match.classOf.size === 0) throw wrongCategories(model, match.unmatched, classes);
  const background = classes.find(({ name }) => /^_*background_*$/i.test(name))?.index ?? 0;
  const truthOf = (image: DatasetImage) => truthMap(options, { image, match, background });
  return {
    metric: 'mIoU',
    keep: async (image, { envelope, blobs }) => {
      const { map } = envelope.result as ResultOf<'masks'>;
      const png = blobs.get(map.blob);
      if (!png) throw new TypeError(`the class map of ${image.name} was not handed on`);
      const found = await decodeImage(png.bytes);
      const truth = await truthOf({ ...image, width: found.width, height: found.height });
      return confusionOf(truth, found);
    },
    measure: (kept) =>
      measureKept(options, { kept: kept as ReadonlyMap<number, Kept>, match, background, truthOf }),
  };
}

interface Truth {
  readonly image: DatasetImage;
  readonly match: CategoryMatch;
  readonly background: number;
}

/** The true class of every pixel, as the model numbers classes. @throws IMAGE_CORRUPT where the sizes differ */
async function truthMap(
  { dataset, truths }: MeasureOptions,
  { image, match, background }: Truth,
): Promise<ClassMap> {
  const { id, name, width = 0, height = 0 } = image;
  const given = await dataset.classMap?.(id);
  if (given) {
    checkSize({ name, ...given }, { width, height });
    const classOf = Uint8Array.from({ length: 256 }, (_, category) =>
      category === IGNORED ? IGNORED : (match.classOf.get(category)?.index ?? background),
    );
    return { width, height, data: given.data.map((category) => classOf[category]!) };
  }
  const data = new Uint8Array(width * height);
  if (dataset.has.classMaps) return { width, height, data: data.fill(IGNORED) };
  data.fill(background);
  for (const truth of paintingOrder(truths.get(id) ?? [])) {
    const { mask, crowd, categoryId } = truth;
    if (!mask) continue;
    checkSize({ name, width: mask.size[1], height: mask.size[0] }, { width, height });
    const value = crowd ? IGNORED : (match.classOf.get(categoryId)?.index ?? background);
    const bitmap = decodeMask(mask);
    for (let pixel = 0; pixel < data.length; pixel++) if (bitmap[pixel]) data[pixel] = value;
  }
  return { width, height, data };
}

/** Crowds first, then the large ones: what is small lies on top. */
const paintingOrder = (truths: readonly DatasetTruth[]): readonly DatasetTruth[] =>
  truths.toSorted((a, b) => Number(b.crowd) - Number(a.crowd) || (b.area ?? 0) - (a.area ?? 0));

function confusionOf(truth: ClassMap, found: { readonly rgb: Uint8Array }): Kept {
  const counts = new Uint32Array(256 * 256);
  // The map is grey: red, green and blue are all the class.
  for (let pixel = 0; pixel < truth.data.length; pixel++)
    counts[truth.data[pixel]! * 256 + found.rgb[pixel * 3]!]!++;
  const kept: [number, number, number][] = [];
  counts.forEach((count, at) => {
    const actual = Math.floor(at / 256);
    if (count > 0 && actual !== IGNORED) kept.push([actual, at % 256, count]);
  });
  return kept;
}

interface KeptOptions extends Omit<Truth, 'image'> {
  readonly kept: ReadonlyMap<number, Kept>;
  readonly truthOf: (image: DatasetImage) => Promise<ClassMap>;
}

async function measureKept(options: MeasureOptions, kept: KeptOptions): Promise<Measured> {
  const { classes, dataset } = options;
  const matrix = matrixOf([...kept.kept.values(), ...(await failedPictures(dataset.images, kept))], classes);
  const { meanIou, iou, pixelAccuracy, meanAccuracy, frequencyWeightedIou } = matrix.segmentation();
  const perClass = matrix.perClass();
  const rows = classes.map((_, row) =>
    Array.from(matrix.counts.subarray(row * matrix.classes, (row + 1) * matrix.classes)),
  );
  const found = classes.map((_, column) => sum(rows.map((row) => row[column] ?? 0)));
  const unknown = kept.match.unmatched;
  const figures: Figure[] = [
    {
      name: 'mIoU',
      value: orNull(meanIou),
      description: 'mean over the classes that are there or were found',
    },
    { name: 'pixel accuracy', value: orNull(pixelAccuracy) },
    {
      name: 'mean class accuracy',
      value: orNull(meanAccuracy),
      description: 'over the classes that are there',
    },
    {
      name: 'weighted IoU',
      value: orNull(frequencyWeightedIou),
      description: 'by how often each class is there',
    },
    ...(unknown.length > 0
      ? [
          {
            name: 'classes taken for background',
            value: unknown.length,
            description: `the model does not know them: ${someNames(unknown.map(({ name }) => name))}`,
          },
        ]
      : []),
  ];
  return {
    figures,
    perClass: classes.map(({ index, name }, i): ClassFigures => ({
      classId: index,
      label: name,
      truths: perClass[i]?.support ?? 0,
      predictions: found[i] ?? 0,
      figures: [
        { name: 'IoU', value: orNull(iou[i] ?? NaN) },
        { name: 'precision', value: orNull(perClass[i]?.precision ?? NaN) },
        { name: 'recall', value: orNull(perClass[i]?.recall ?? NaN) },
      ],
    })),
    curves: [],
    confusion: { labels: classes.map(({ name }) => name), matrix: rows, note: 'pixels' },
    calibration: null,
    worst: await worstPictures(dataset.images, { ...kept, classes }),
  };
}

/** Where a picture could not be run, everything counts as taken for background. */
async function failedPictures(
  images: readonly DatasetImage[],
  { kept, truthOf, background }: KeptOptions,
): Promise<Kept[]> {
  const failed: Kept[] = [];
  for (const image of images) {
    if (kept.has(image.id) || !image.width || !image.height) continue;
    const rgb = new Uint8Array(image.width * image.height * 3).fill(background);
    failed.push(confusionOf(await truthOf(image), { rgb }));
  }
  return failed;
}

function matrixOf(pictures: readonly Kept[], classes: readonly ClassLabel[]): ConfusionMatrix {
  const matrix = new ConfusionMatrix(classes.length);
  for (const counts of pictures)
    for (const [truth, predicted, count] of counts) matrix.add(truth, predicted, count);
  return matrix;
}

async function worstPictures(
  images: readonly DatasetImage[],
  { kept, truthOf, classes }: KeptOptions & { classes: readonly ClassLabel[] },
): Promise<WorstPicture[]> {
  const scored = [...kept].map(([imageId, counts]) => {
    const { iou, meanIou } = matrixOf([counts], classes).segmentation();
    const ious = classes.flatMap(({ name }, i) => (Number.isNaN(iou[i]) ? [] : [{ name, iou: iou[i]! }]));
    return { imageId, score: orNull(meanIou), ious };
  });
  const worst = scored
    .filter(({ score }) => score !== null && score < 1)
    .sort((a, b) => (a.score ?? 1) - (b.score ?? 1) || a.imageId - b.imageId)
    .slice(0, WORST);
  const byId = new Map(images.map((image) => [image.id, image]));
  const pictures: WorstPicture[] = [];
  for (const { imageId, score, ious } of worst) {
    const image = byId.get(imageId);
    if (!image) continue;
    const least = ious.toSorted((a, b) => a.iou - b.iou).slice(0, 3);
    const note = `mean IoU ${(score ?? 0).toFixed(2)}; ${least.map(({ name, iou }) => `${name} ${iou.toFixed(2)}`).join(', ')}`;
    const drawn = image.width && image.height ? await drawnTruth(await truthOf(image), classes) : undefined;
    pictures.push({
      imageId,
      score: score === null ? null : rounded(score),
      note,
      truth: drawn?.result ?? null,
      prediction: null,
      ...(drawn ? { blobs: new Map([[drawn.sha256, drawn.blob]]) } : {}),
    });
  }
  return pictures;
}

/** The true class map as a result, and its PNG. */
async function drawnTruth(truth: ClassMap, classes: readonly ClassLabel[]) {
  const { bytes, mime } = await encodeGrey(truth);
  const counts = new Uint32Array(256);
  for (const value of truth.data) counts[value]!++;
  const sha256 = sha256Of(bytes);
  const result: ResultOf<'masks'> = {
    kind: 'masks',
    classes: classes.flatMap(({ index, name }) =>
      counts[index] ? [{ classId: index, label: name, fraction: counts[index] / truth.data.length }] : [],
    ),
    map: { blob: sha256 },
  };
  return { result, sha256, blob: { bytes, mime } };
}
