import { setImmediate as nextTurn } from 'node:timers/promises';
import { defineApplication, type Picture, type RunContext } from '@fovea/application';
import type { Box, Rle, TaskResult } from '@fovea/contracts';
import { boxArea, maskBox, maskToPolygons } from '@fovea/geometry';
import { encodeCutout, pixelsOf } from '@fovea/imaging';
import { detect, MASK_BATCH, maskFromBox, type BoxMask } from '@fovea/stages';
import { z } from 'zod';
import { detectObjects } from './detect-objects.ts';
import { boxesOf } from './given-boxes.ts';
import { opacityOf } from './opacity.ts';
import { detectionParams } from './params.ts';

type Item = TaskResult<'segmentation'>['items'][number];

/**
 * What is where in a picture, and which pixels belong to it: a detector's boxes, or those of the request, and the mask
 * of the thing in each.
 * @example
 * POST /v1/tasks/segmentation?polygons=true   (cat-chelsea.jpg)
 * { "kind": "boxes", "items": [{ "label": "cat", "classId": 15, "score": 0.49…, "box": { … },
 *   "mask": { "size": [300, 451], "counts": "…" }, "polygons": [[…]] }] }
 */
export const segmentation = defineApplication({
  task: 'segmentation',
  title: 'Instance segmentation',
  description:
    'Finds the 80 kinds of things of COCO, or takes your boxes, and says which pixels belong to each of them.',
  inputs: { image: { media: 'image', min: 1, max: 1, description: 'the picture' } },
  params: z.object({
    ...detectionParams,
    boxes: z
      .array(z.array(z.number()).length(4))
      .min(1)
      .max(1000)
      .optional()
      .describe(
        'Cut out exactly what is in these boxes, [[x, y, width, height], …] in pixels; nothing is detected',
      ),
    polygons: z.boolean().default(false).describe('The outlines as polygons as well, simplified'),
    cutout: z
      .boolean()
      .default(false)
      .describe('Attaches the picture with everything but the masks transparent (PNG)'),
  }),
  models: {
    primary: { choices: maskFromBox.models, description: 'the mask of the thing in a box' },
    detector: {
      choices: detect.models,
      description: 'finds the boxes: 512 pixels is more exact, 416 faster',
      usedWhen: ({ boxes }) => boxes === undefined,
    },
  },
  run: async (context, { image }, params) => {
    const { boxes, polygons, cutout, nms, ...detector } = params;
    const given = boxes && boxesOf(boxes, image);
    // The detector and the masks need its pixels: they are decoded once, for both.
    const picture = await pixelsOf(image);
    const found = given
      ? given.map((box) => ({ label: 'object', classId: 0, box }))
      : await detectObjects(context, picture, { ...detector, iouThreshold: nms }, { role: 'detector' });
    const masks = await masksOf(context, picture, found);
    const items: Item[] = [];
    for (const [index, thing] of found.entries()) {
      const { mask, confidence } = masks[index]!;
      const { label, classId, box } = thing;
      const score = 'score' in thing ? thing.score : confidence;
      const item: Item = { label, classId, score, box };
      if (mask) item.mask = mask;
      if (mask && polygons) {
        item.polygons = outlinesOf(mask);
        // A mask over a large picture takes long to follow: others get their turn in between.
        await nextTurn();
      }
      items.push(item);
    }
    if (cutout) {
      const alpha = await opacityOf(items, picture);
      const { bytes, mime } = await encodeCutout(picture, alpha, { signal: context.signal });
      await context.attach({ role: 'cutout', bytes, mime });
    }
    return { kind: 'boxes', items };
  },
});

/** The masks of all boxes, in their order; so many at a time that memory stays bounded. */
async function masksOf(
  context: RunContext,
  picture: Picture,
  things: readonly { readonly box: Box }[],
): Promise<BoxMask[]> {
  const masks: BoxMask[] = [];
  for (let from = 0; from < things.length; from += MASK_BATCH) {
    const boxes = things.slice(from, from + MASK_BATCH).map(({ box }) => box);
    masks.push(...(await context.stage(maskFromBox, { picture, boxes }, {})));
    if (things.length > MASK_BATCH) context.progress(masks.length, things.length, 'masks');
  }
  return masks;
}

/** An outline may lie so far from the exact one: a two-hundredth of the mask's size, at least half a pixel. */
const TOLERANCE = 1 / 200;

/** The outlines of a mask's parts, the largest first; holes are left out, as COCO does. */
function outlinesOf(mask: Rle): number[][] {
  const tolerance = Math.max(0.5, Math.sqrt(boxArea(maskBox(mask))) * TOLERANCE);
  return maskToPolygons(mask, { tolerance });
}
