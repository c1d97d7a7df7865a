import { defineApplication } from '@fovea/application';
import { pixelsOf } from '@fovea/imaging';
import { bestItems, handLandmarks, palms } from '@fovea/stages';
import { inBatches } from './in-batches.ts';
import { MAX_CANDIDATES, partParams, SAME_PART_IOU } from './parts.ts';

/**
 * The hands in a picture: palms, then 21 points of each.
 * @example
 * POST /v1/tasks/hands   (a picture with a hand)
 * { "kind": "keypoints", "skeleton": "hand21", "items": [{ "score": 0.9…, "handedness": "right", "box": {…}, "keypoints": [{ "name": "wrist", "x": …, "y": …, "z": …, "score": … }, …] }] }
 */
export const hands = defineApplication({
  task: 'hands',
  title: 'Hands',
  description:
    'Finds hands, 21 points of each with their depth relative to the wrist (in pixels, smaller is nearer), and whether ' +
    'it is a left or a right one (of a picture that is not mirrored). Hidden fingers are guessed.',
  inputs: { image: { media: 'image', min: 1, max: 1, description: 'the picture' } },
  params: partParams('hands'),
  models: {
    primary: { choices: handLandmarks.models, description: 'the points, and whether it is a hand at all' },
    detector: { choices: palms.models, description: 'finds the palms' },
  },

  run: async (context, { image }, { minScore, maxItems }) => {
    const picture = await pixelsOf(image);
    const found = await context.stage(palms, picture, { maxItems: MAX_CANDIDATES }, { role: 'detector' });
    const items = await inBatches(found, (parts) => context.stage(handLandmarks, { picture, parts }, {}));
    const best = bestItems(items, { minScore, maxItems, iouThreshold: SAME_PART_IOU });
    return { kind: 'keypoints', skeleton: 'hand21', items: best };
  },
});
