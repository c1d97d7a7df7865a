import { VisionError, type ClassFigures, type Figure, type ResultOf, type Rle } from '@fovea/contracts';
import type { DatasetImage, DatasetTruth } from '@fovea/evaluation';
import { maskIou } from '@fovea/geometry';
import type { CategoryMatch } from './categories.ts';
import { measureObjects, needTruths, truthBoxes, type Item } from './measure-detection.ts';
import {
  checkSize,
  mean,
  rounded,
  WORST,
  type Measure,
  type MeasureOptions,
  type Measured,
} from './measure.ts';

/** One instance: the id of its truth, IoU with it, the mask that was found. */
type KeptInstance = readonly [number, number, string];
interface Kept {
  readonly instances: readonly KeptInstance[];
  readonly size: readonly [number, number];
}

/** COCO's mask AP behind the detector, or how well masks fit where the boxes are those of the data set. */
export function measureSegmentation(options: MeasureOptions): Measure {
  if (options.request.boxes === 'predicted') return measureObjects(options, 'segm');
  needTruths(options.dataset, 'masks');
  const instancesOf = ({ id }: DatasetImage) => (options.truths.get(id) ?? []).filter(isInstance);
  return {
    metric: 'mask IoU in true boxes',
    paramsOf: (image) => {
      const boxes = instancesOf(image).map(({ box }) => [box.x, box.y, box.width, box.height]);
      return boxes.length > 0 ? { boxes } : null;
    },
    keep: (image, { envelope }) => {
      checkSize(image, Object.values(envelope.inputs)[0] ?? {});
      return keepInstances(instancesOf(image), envelope.result as ResultOf<'boxes'>);
    },
    measure: (kept) => Promise.resolve(measureMasks(options, kept as ReadonlyMap<number, Kept | null>)),
  };
}

type Instance = DatasetTruth & Required<Pick<DatasetTruth, 'box' | 'area'>>;
const isInstance = (truth: DatasetTruth): truth is Instance =>
  !truth.crowd &&
  truth.box !== undefined &&
  truth.area !== undefined &&
  truth.box.width >= 0.01 &&
  truth.box.height >= 0.01;

function keepInstances(truths: readonly Instance[], { items }: ResultOf<'boxes'>): Kept {
  if (items.length !== truths.length)
    throw new VisionError('MODEL_FAILED', `${items.length} masks came for ${truths.length} boxes`);
  let size: readonly [number, number] = [0, 0];
  const instances = truths.map(({ id, mask }, i): KeptInstance => {
    const found: Rle | undefined = items[i]?.mask;
    if (!found) return [id, 0, ''];
    size = found.size;
    return [id, mask ? maskIou(found, mask) : 0, found.counts];
  });
  return { instances, size };
}

/** As COCO divides them, by the area of the true mask. */
const SIZES = [
  { name: 'small', from: 0, to: 32 ** 2 },
  { name: 'medium', from: 32 ** 2, to: 96 ** 2 },
  { name: 'large', from: 96 ** 2, to: Infinity },
] as const;
/** The share of instances above each of these overlaps makes the diagram. */
const STEPS = Array.from({ length: 51 }, (_, i) => i / 50);

function measureMasks({ dataset, truths }: MeasureOptions, kept: ReadonlyMap<number, Kept | null>): Measured {
  const ious = new Map(
    [...kept.values()].flatMap((each) => each?.instances ?? []).map(([id, iou]) => [id, iou]),
  );
  // A picture that failed has found nothing of its instances.
  const all = dataset.truths.filter(isInstance).map((truth) => ({ truth, iou: ious.get(truth.id) ?? 0 }));
  const meanOf = (of: typeof all) => mean(of.map(({ iou }) => iou));
  const names = new Map(dataset.categories.map(({ id, name }) => [id, name]));
  const figures: Figure[] = [
    { name: 'mean mask IoU', value: meanOf(all), description: 'over all instances but crowds' },
    ...SIZES.map(({ name, from, to }) => ({
      name: `mean mask IoU, ${name}`,
      value: meanOf(all.filter(({ truth }) => truth.area >= from && truth.area < to)),
    })),
    {
      name: 'IoU above 0.5',
      value: mean(all.map(({ iou }) => Number(iou > 0.5))),
      description: 'share of instances',
    },
    { name: 'instances', value: all.length },
  ];
  const perClass = dataset.categories.flatMap(({ id, name }): ClassFigures[] => {
    const own = all.filter(({ truth }) => truth.categoryId === id);
    if (own.length === 0) return [];
    const found = own.filter(({ truth }) => ious.has(truth.id)).length;
    return [
      {
        classId: id,
        label: name,
        truths: own.length,
        predictions: found,
        figures: [{ name: 'mean mask IoU', value: meanOf(own) }],
      },
    ];
  });
  // The classes of the data set itself: the masks have none.
  const match: CategoryMatch = {
    categoryOf: new Map(dataset.categories.map(({ id }) => [id, id])),
    classOf: new Map(dataset.categories.map(({ id, name }) => [id, { index: id, name }])),
    unmatched: [],
  };
  const worst = [...kept]
    .flatMap(([imageId, each]) =>
      each && each.instances.length > 0
        ? [{ imageId, each, score: mean(each.instances.map(([, iou]) => iou)) }]
        : [],
    )
    .sort((a, b) => (a.score ?? 1) - (b.score ?? 1) || a.imageId - b.imageId)
    .slice(0, WORST);
  return {
    figures,
    perClass,
    curves: [
      {
        name: 'instances above an overlap',
        label: null,
        x: 'mask IoU',
        y: 'share of instances',
        points: STEPS.map((step) => [step, rounded(mean(all.map(({ iou }) => Number(iou >= step))) ?? 0)]),
      },
    ],
    confusion: null,
    calibration: null,
    worst: worst.map(({ imageId, each, score }) => {
      const own = new Map((truths.get(imageId) ?? []).filter(isInstance).map((truth) => [truth.id, truth]));
      const poor = each.instances.filter(([, iou]) => iou <= 0.5).length;
      return {
        imageId,
        score: score === null ? null : rounded(score),
        note: `mean overlap ${(score ?? 0).toFixed(2)} of ${own.size} masks; ${poor} at most 0.5`,
        truth: truthBoxes([...own.values()], { match, names, masks: true }),
        prediction: { kind: 'boxes', items: each.instances.flatMap((one) => itemOf(one, each.size)) },
      };
      function itemOf([id, iou, counts]: KeptInstance, size: Kept['size']): Item[] {
        const truth = own.get(id);
        const known = truth && match.classOf.get(truth.categoryId);
        if (!known || counts === '') return [];
        const label = `${names.get(truth.categoryId) ?? known.name} (IoU ${iou.toFixed(2)})`;
        const mask = { size: [size[0], size[1]] as [number, number], counts };
        return [{ label, classId: known.index, score: 1, box: truth.box, mask }];
      }
    }),
  };
}
