import { defineApplication } from '@fovea/application';
import { detect } from '@fovea/stages';
import { z } from 'zod';
import { detectObjects } from './detect-objects.ts';
import { detectionParams } from './params.ts';

/**
 * What is where in the picture: boxes of the 80 classes of COCO, by NanoDet.
 * @example
 * POST /v1/tasks/detection?minScore=0.5   (astronaut.jpg)
 * { "kind": "boxes", "items": [{ "label": "person", "classId": 0, "score": 0.72…, "box": { "x": 21.5…, "y": 15.8…, "width": 344.0…, "height": 427.3… } }] }
 */
export const detection = defineApplication({
  task: 'detection',
  title: 'Object detection',
  description:
    'Finds the objects in a picture, among the 80 classes of COCO, with a box and a score for each; large pictures also in tiles.',
  inputs: { image: { media: 'image', min: 1, max: 1, description: 'the picture' } },
  params: z.object(detectionParams),
  models: {
    primary: { choices: detect.models, description: '512 finds more, 416 is about twice as fast' },
  },
  run: async (context, { image }, { nms, ...params }) => ({
    kind: 'boxes',
    items: await detectObjects(context, image, { ...params, iouThreshold: nms }),
  }),
});
