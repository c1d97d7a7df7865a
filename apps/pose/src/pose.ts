import { defineApplication } from '@fovea/application';
import { pixelsOf } from '@fovea/imaging';
import {
  bestItems,
  detect,
  MIN_PERSON_SCORE,
  multiPose,
  PERSON_DETECTORS,
  pose as poses,
  POSE_MODELS,
} from '@fovea/stages';
import { z } from 'zod';
import { inBatches } from './in-batches.ts';

const [WHOLE] = multiPose.models;

/**
 * The joints of the people in a picture: a detector and then MoveNet on each person, or MoveNet MultiPose at once.
 * @example
 * POST /v1/tasks/pose?mode=fast   (basketball-1.jpg)
 * { "kind": "keypoints", "skeleton": "coco17", "items": [{ "score": 0.5…, "box": {…}, "keypoints": [{ "name": "nose", "x": …, "y": …, "score": … }, …] }] }
 */
export const pose = defineApplication({
  task: 'pose',
  title: 'Pose of people',
  description:
    'Finds the people in a picture and 17 joints of each (the COCO skeleton). A joint that is hidden is guessed, with a ' +
    'low score; of a person who is cut off, joints may lie outside the picture.',
  inputs: { image: { media: 'image', min: 1, max: 1, description: 'the picture' } },
  params: z.object({
    minScore: z
      .number()
      .min(0)
      .max(1)
      .default(0.2)
      .describe(
        'Leave out people below this score: the detector’s times the mean of the joints’ (mode whole: the model’s own). ' +
          `Boxes below ${MIN_PERSON_SCORE} are never looked at`,
      ),
    maxItems: z
      .int()
      .min(1)
      .max(100)
      .default(20)
      .describe('At most so many people, the surest boxes (mode whole: 6)'),
    nms: z
      .number()
      .min(0)
      .max(1)
      .default(0.9)
      .describe(
        'Of two poses whose joints are more alike than this (object keypoint similarity) only the better stays; 1 keeps all',
      ),
    mode: z
      .enum(['accurate', 'fast', 'whole'])
      .default('accurate')
      .describe(
        'accurate and fast: each person is looked at closely; whole: one run for up to six, best for few large people. ' +
          'A model named in the request wins over the mode',
      ),
  }),
  models: {
    primary: {
      choices: [POSE_MODELS.accurate, POSE_MODELS.fast, WHOLE],
      defaultBy: { param: 'mode', models: { ...POSE_MODELS, whole: WHOLE } },
      description: 'Thunder is the most exact, Lightning much faster, MultiPose needs no detector',
    },
    detector: {
      choices: PERSON_DETECTORS,
      usedWhen: (_params, primary) => primary !== WHOLE,
      description: 'finds the people; not used by MultiPose',
    },
  },

  run: async (context, { image }, { minScore, maxItems, nms }) => {
    const items =
      context.models['primary']?.id === WHOLE
        ? await context.stage(multiPose, image, {})
        : await posesOfEach();
    const best = bestItems(items, { minScore, maxItems, oksThreshold: nms });
    return { kind: 'keypoints', skeleton: 'coco17', items: best };

    async function posesOfEach() {
      // The crops need its pixels: decoding once for all is quicker than once for the detector and once for them.
      const picture = await pixelsOf(image);
      const people = await context.stage(
        detect,
        picture,
        // The joints can only lower a score: whose box is below it already need not be looked at.
        { minScore: Math.max(MIN_PERSON_SCORE, minScore), maxItems, classes: ['person'] },
        { role: 'detector' },
      );
      return inBatches(people, (some) => context.stage(poses, { picture, people: some }, {}));
    }
  },
});
