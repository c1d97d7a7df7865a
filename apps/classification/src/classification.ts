import { defineApplication } from '@fovea/application';
import { classify } from '@fovea/stages';
import { z } from 'zod';

/**
 * What is in the picture: the 1000 classes of ImageNet, by EfficientNet-Lite.
 * @example
 * POST /v1/tasks/classification?topK=2   (cat-chelsea.jpg)
 * { "kind": "labels", "labels": [{ "label": "Egyptian cat", "classId": 285, "wnid": "n02124075", "score": 0.70… }, …] }
 */
export const classification = defineApplication({
  task: 'classification',
  title: 'Image classification',
  description: 'Names what a picture shows, among the 1000 classes of ImageNet, with a probability for each.',
  inputs: { image: { media: 'image', min: 1, max: 1, description: 'the picture' } },
  params: z.object({
    topK: z.int().min(1).max(1000).default(5).describe('How many labels, best first'),
    minScore: z.number().min(0).max(1).default(0).describe('Leave out labels below this probability'),
    labels: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(1000)
      .optional()
      .describe('Name only these classes: index, WordNet id or name; scores stay as among all classes'),
    crops: z
      .literal([1, 5, 10])
      .default(1)
      .describe(
        'Parts of the picture to average: 1 centre, 5 with the corners, 10 also mirrored (slower, steadier)',
      ),
  }),
  models: {
    primary: { choices: classify.models, description: 'Lite2 is more exact, Lite0 about twice as fast' },
  },
  run: async (context, { image }, params) => ({
    kind: 'labels',
    labels: await context.stage(classify, image, params),
  }),
});
