import { defineApplication } from '@fovea/application';
import { encodeCutout, encodeGrey } from '@fovea/imaging';
import { personMatte, semanticClasses } from '@fovea/stages';
import { z } from 'zod';

/**
 * What every pixel of a picture belongs to: a map of class ids, and how much of the picture each class has.
 * @example
 * POST /v1/tasks/semantic-segmentation?cutout=person&model=selfie-person   (astronaut.jpg)
 * { "kind": "masks", "classes": [{ "classId": 1, "label": "person", "fraction": 0.54… }, …], "map": { "blob": "…" } }
 * and an attachment of role `cutout`
 */
export const semanticSegmentation = defineApplication({
  task: 'semantic-segmentation',
  title: 'Semantic segmentation',
  description:
    'Says of every pixel what it belongs to: the 21 classes of Pascal VOC, or person and background. Cuts a class out.',
  inputs: { image: { media: 'image', min: 1, max: 1, description: 'the picture' } },
  params: z.object({
    cutout: z
      .union([z.int().min(0).max(255), z.string().min(1).max(100)])
      .optional()
      .describe('A class, by name or index: attaches the picture with everything else transparent (PNG)'),
  }),
  models: {
    primary: {
      choices: [...semanticClasses.models, ...personMatte.models],
      description: '21 classes with hard edges; or person and background only, cut out with soft edges',
    },
  },
  run: async (context, { image }, params) => {
    const isMatte = personMatte.models.includes(context.models['primary']!.id);
    const map = await context.stage(isMatte ? personMatte : semanticClasses, image, params);
    const { signal } = context;
    const { bytes, mime } = await encodeGrey({ ...map, data: map.ids }, { signal });
    const { sha256 } = await context.blobs.put(bytes, mime);
    if (map.alpha) {
      const cutout = await encodeCutout(image, map.alpha, { signal });
      await context.attach({
        role: 'cutout',
        bytes: cutout.bytes,
        mime: cutout.mime,
        caption: String(params.cutout),
      });
    }
    return { kind: 'masks', classes: map.classes, map: { blob: sha256 } };
  },
});
