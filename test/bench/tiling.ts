// What tiles are good for: mosaics of 4000 x 4000 pixels from the pictures of COCO-MINI at their own size, detected
// with and without tiles; COCO's figures over all objects and over small ones (below 32 x 32 pixels).
//   npm run bench:tiling -- [--tiles 640] [--overlap 0.2] [--model nanodet-g-512-coco80]
// Needs ../shared/data/coco-mini beside the repository.
import type { Image } from '@fovea/application';
import { evaluateCoco, type CocoPrediction, type CocoTruth } from '@fovea/evaluation';
import { openPicture, pixelsOf } from '@fovea/imaging';
import { sharedData } from '@fovea/testing';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDetector } from './detector.ts';

const SIDE = 4000;
const CELLS = 6;
const CELL = Math.floor(SIDE / CELLS);

const { values } = parseArgs({
  options: {
    tiles: { type: 'string', default: '640' },
    overlap: { type: 'string', default: '0.2' },
    model: { type: 'string', default: 'nanodet-g-512-coco80' },
  },
});

interface CocoFile {
  readonly images: { id: number; file_name: string; width: number; height: number }[];
  readonly categories: { id: number; name: string }[];
  readonly annotations: {
    id: number;
    image_id: number;
    category_id: number;
    bbox: [number, number, number, number];
    area: number;
    iscrowd: 0 | 1;
  }[];
}

const folder = sharedData('coco-mini');
if (!folder) {
  console.error('NOTHING MEASURED: ../shared/data/coco-mini is not there.');
  process.exit(1);
}
const coco = JSON.parse(await readFile(join(folder, 'instances_val2017.json'), 'utf8')) as CocoFile;
const categories = coco.categories.toSorted((a, b) => a.id - b.id);
const images = coco.images.toSorted((a, b) => a.id - b.id);

/** Pictures of the mosaic `index` pasted in rows onto grey, each in the centre of its cell. */
async function mosaic(index: number): Promise<{ image: Image; truths: CocoTruth[] }> {
  const rgb = new Uint8Array(SIDE * SIDE * 3).fill(114);
  const truths: CocoTruth[] = [];
  for (const [cell, entry] of images.slice(index * CELLS ** 2, (index + 1) * CELLS ** 2).entries()) {
    const part = await pixelsOf(
      await openPicture(await readFile(join(folder as string, 'val2017', entry.file_name))),
    );
    const left = (cell % CELLS) * CELL + ((CELL - part.width) >> 1);
    const top = Math.floor(cell / CELLS) * CELL + ((CELL - part.height) >> 1);
    for (let row = 0; row < part.height; row++)
      rgb.set(
        part.rgb.subarray(row * part.width * 3, (row + 1) * part.width * 3),
        ((top + row) * SIDE + left) * 3,
      );
    for (const { id, image_id, category_id, bbox, area, iscrowd } of coco.annotations)
      if (image_id === entry.id) {
        const [x, y, width, height] = bbox;
        const box = { x: x + left, y: y + top, width, height };
        truths.push({ id, imageId: index, categoryId: category_id, box, area, crowd: iscrowd === 1 });
      }
  }
  return { image: { rgb, width: SIDE, height: SIDE }, truths };
}

const ways = {
  'whole picture': undefined,
  [`tiles of ${values.tiles}, overlap ${values.overlap}`]: Number(values.tiles),
};
const count = Math.ceil(images.length / CELLS ** 2);
const truths: CocoTruth[] = [];
const predictions: CocoPrediction[][] = Object.keys(ways).map(() => []);
const seconds = Object.keys(ways).map(() => 0);
const detector = await openDetector();
try {
  for (let index = 0; index < count; index++) {
    const made = await mosaic(index);
    truths.push(...made.truths);
    for (const [way, tiles] of Object.values(ways).entries()) {
      const began = performance.now();
      const params = { minScore: 0.05, maxItems: 1000, tileOverlap: Number(values.overlap), tiles };
      const found = await detector.run(values.model, made.image, params);
      seconds[way]! += (performance.now() - began) / 1000;
      for (const { classId, score, box } of found)
        predictions[way]!.push({ imageId: index, categoryId: categories[classId]!.id, score, box });
    }
  }
} finally {
  await detector.close();
}

console.log(
  `\n${values.model}: ${count} mosaics of ${SIDE} x ${SIDE}, ${images.length} pictures of COCO-MINI`,
);
const rows = await Promise.all(
  Object.keys(ways).map(async (way, i) => {
    const imageIds = Array.from({ length: count }, (_, index) => index);
    // 36 pictures are one here, and COCO's limit of 100 a picture is as much larger.
    const { stats } = await evaluateCoco(
      { imageIds, categories, truths, predictions: predictions[i]! },
      { type: 'bbox', maxDetections: 1000 },
    );
    const figure = (value: number | null) => Number(value?.toFixed(4));
    return {
      way,
      found: predictions[i]!.length,
      AP: figure(stats.AP),
      AP50: figure(stats.AP50),
      'AP small': figure(stats.APsmall),
      'AR small': figure(stats.ARsmall),
      'AP large': figure(stats.APlarge),
      'AR large': figure(stats.ARlarge),
      's per mosaic': Number((seconds[i]! / count).toFixed(1)),
    };
  }),
);
console.table(rows);
