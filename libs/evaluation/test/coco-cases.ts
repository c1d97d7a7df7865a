import type { Box, Rle } from '@fovea/contracts';
import { encodeMask } from '@fovea/geometry';
import type { CocoInput, CocoPrediction, CocoTruth, CocoType } from '../src/coco-eval/types.ts';
import { Random } from './random.ts';

export const CASES = 200;
export const PICTURE = { width: 240, height: 180 };
const TYPES: readonly CocoType[] = ['bbox', 'segm', 'keypoints'];

export interface CocoCase {
  readonly type: CocoType;
  readonly useCategories: boolean;
  readonly maxDetections?: number;
  readonly input: CocoInput;
}

/**
 * Case `index` of {@link CASES}: pictures without truths or predictions, categories without either, crowds, ignored
 * truths, sizes on the borders of the area ranges, overlaps of exactly 0.5 and 1, ties of scores and overlaps, unknown
 * categories, more predictions than count.
 */
export function cocoCase(index: number): CocoCase {
  const random = new Random(index * 7919 + 17);
  const type = TYPES[index % TYPES.length]!;
  const imageIds = random.shuffle(Array.from({ length: random.int(1, 7) }, (_, i) => i * 3 + 1));
  const categoryIds = random.shuffle([1, 2, 5, 8, 90].slice(0, random.int(1, 5)));
  const ties = random.chance(0.5);
  const crowded = random.chance(0.15);
  const truths: CocoTruth[] = [];
  const predictions: CocoPrediction[] = [];

  const predict = (imageId: number, categoryId: number, thing: Thing) => {
    const score = ties ? random.int(-1, 5) / 5 : random.next();
    predictions.push({ imageId, categoryId, score, ...measured(type, thing) });
  };
  for (const imageId of imageIds)
    for (const categoryId of categoryIds) {
      if (random.chance(0.2)) continue;
      const things = Array.from({ length: random.pick([0, 1, 1, 2, 3, 6]) }, () => randomThing(random));
      for (const thing of things) {
        const unlabelled = type === 'keypoints' && random.chance(0.15);
        truths.push({
          id: truths.length * 2 + 1,
          imageId,
          categoryId,
          area: random.chance(0.7) ? thing.box.width * thing.box.height : random.pick([1024, 9216, 400, 0]),
          crowd: random.chance(0.12),
          ...(random.chance(0.1) && { ignore: true }),
          ...truthOf(type, thing, { random, unlabelled }),
        });
        for (let copies = random.pick([0, 1, 1, 1, 2, 3]); copies > 0; copies--)
          predict(
            imageId,
            random.chance(0.9) ? categoryId : random.pick([...categoryIds, 999]),
            near(random, thing),
          );
      }
      for (let wrong = random.pick([0, 0, 1, 3]); wrong > 0; wrong--)
        predict(imageId, categoryId, randomThing(random));
      if (crowded && random.chance(0.3))
        for (let more = type === 'keypoints' ? 30 : 130; more > 0; more--)
          predict(imageId, categoryId, things[0] ? near(random, things[0]) : randomThing(random));
    }
  return {
    type,
    useCategories: type === 'keypoints' || index % 7 !== 3,
    ...(type !== 'keypoints' && index % 11 === 4 && { maxDetections: 30 }),
    input: {
      imageIds,
      categories: categoryIds.map((id) => ({ id, name: `category ${id}` })),
      truths: random.shuffle(truths),
      predictions: random.chance(0.03) ? [] : random.shuffle(predictions),
    },
  };
}

interface Thing {
  readonly box: Box;
  /** x, y of 17 keypoints relative to the box, 0..1. */
  readonly points: readonly number[];
}

function randomThing(random: Random): Thing {
  const [width, height] = random.pick([
    [32, 32],
    [96, 96],
    [20, 10],
    [random.real(4, 60), random.real(4, 60)],
    [random.real(30, 140), random.real(30, 140)],
    [random.real(90, 200), random.real(100, 160)],
  ] as const);
  return {
    box: { x: random.int(0, 120), y: random.int(0, 90), width, height },
    points: Array.from({ length: 34 }, () => random.real(0, 1)),
  };
}

/** Something like it: the same, half of it, or moved and stretched a little. */
function near(random: Random, { box, points }: Thing): Thing {
  const kind = random.int(0, 9);
  if (kind === 0) return { box, points };
  if (kind === 1) return { box: { ...box, width: box.width / 2 }, points };
  const amount = random.pick([0.02, 0.1, 0.3]);
  const off = (size: number) => Math.round(random.real(-1, 1) * amount * size * 100) / 100;
  return {
    box: {
      x: box.x + off(box.width),
      y: box.y + off(box.height),
      width: box.width + off(box.width),
      height: box.height + off(box.height),
    },
    points: points.map((value) => value + off(0.5)),
  };
}

function measured(type: CocoType, thing: Thing): Pick<CocoPrediction, 'box' | 'mask' | 'keypoints'> {
  if (type === 'bbox') return { box: thing.box };
  return type === 'segm' ? { mask: ellipse(thing.box) } : { keypoints: placed(thing, () => 1) };
}

function truthOf(
  type: CocoType,
  thing: Thing,
  { random, unlabelled }: { random: Random; unlabelled: boolean },
): Pick<CocoTruth, 'box' | 'mask' | 'keypoints' | 'numKeypoints'> {
  if (type === 'bbox') return { box: thing.box };
  if (type === 'segm') return { box: thing.box, mask: ellipse(thing.box) };
  const keypoints = placed(thing, () => (unlabelled ? 0 : random.int(0, 2)));
  const labelled = keypoints.filter((value, i) => i % 3 === 2 && value > 0).length;
  // A few that say they have keypoints have none: COCO measures the distance to the box then.
  return { box: thing.box, keypoints, numKeypoints: random.chance(0.1) ? 3 : labelled };
}

const placed = ({ box, points }: Thing, visibility: () => number): number[] =>
  Array.from({ length: 17 }, (_, k) => [
    box.x + points[k * 2]! * box.width,
    box.y + points[k * 2 + 1]! * box.height,
    visibility(),
  ]).flat();

/** The ellipse that fills the box, cut off by the picture. */
function ellipse({ x, y, width, height }: Box): Rle {
  const bitmap = new Uint8Array(PICTURE.width * PICTURE.height);
  for (let at = 0; at < bitmap.length; at++) {
    const dx = ((at % PICTURE.width) + 0.5 - x - width / 2) / (width / 2);
    const dy = (Math.floor(at / PICTURE.width) + 0.5 - y - height / 2) / (height / 2);
    bitmap[at] = Number(dx * dx + dy * dy <= 1);
  }
  return encodeMask(bitmap, PICTURE.width, PICTURE.height);
}
