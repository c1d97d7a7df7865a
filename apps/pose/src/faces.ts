import { defineApplication } from '@fovea/application';
import { pixelsOf } from '@fovea/imaging';
import { bestItems, faceBoxes, faceMesh } from '@fovea/stages';
import { inBatches } from './in-batches.ts';
import { MAX_CANDIDATES, partParams, SAME_PART_IOU } from './parts.ts';

/**
 * The faces in a picture: boxes, then a mesh of 468 points of each. Nobody is recognised.
 * @example
 * POST /v1/tasks/faces   (astronaut.jpg)
 * { "kind": "keypoints", "skeleton": "face468", "items": [{ "score": 0.9…, "box": {…}, "keypoints": [{ "name": "mesh-0", "x": …, "y": …, "z": …, "score": … }, …] }] }
 */
export const faces = defineApplication({
  task: 'faces',
  title: 'Faces',
  description:
    'Finds faces and a mesh of 468 points on each, with depth (in pixels, smaller is nearer). Points only: who somebody ' +
    'is, is not recognised, and nothing is kept to compare people by. The hidden side of a face is guessed.',
  inputs: { image: { media: 'image', min: 1, max: 1, description: 'the picture' } },
  params: partParams('faces'),
  models: {
    primary: { choices: faceMesh.models, description: 'the points, and whether it is a face at all' },
    detector: { choices: faceBoxes.models, description: 'finds the faces' },
  },

  run: async (context, { image }, { minScore, maxItems }) => {
    const picture = await pixelsOf(image);
    const found = await context.stage(faceBoxes, picture, { maxItems: MAX_CANDIDATES }, { role: 'detector' });
    const items = await inBatches(found, (parts) => context.stage(faceMesh, { picture, parts }, {}));
    const best = bestItems(items, { minScore, maxItems, iouThreshold: SAME_PART_IOU });
    return { kind: 'keypoints', skeleton: 'face468', items: best };
  },
});
