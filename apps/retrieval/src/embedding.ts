import { defineApplication, type RunContext, type StageModel } from '@fovea/application';
import { SPACE_NAMES, VisionError, type SpaceName } from '@fovea/contracts';
import {
  embedPicture,
  embedTexts,
  imageFeatures,
  imageProjection,
  spaceKey,
  spaceOf,
  textProjection,
  textStates,
  type StageRunner,
} from '@fovea/stages';
import { z } from 'zod';

const params = z.object({
  text: z.string().max(10_000).optional().describe('A text instead of a picture'),
  space: z
    .enum(SPACE_NAMES)
    .optional()
    .describe(
      'What the vector is compared with: how pictures look (visual), or what pictures and texts mean (cross-modal). Default: visual for a picture, cross-modal for a text',
    ),
});
type Params = z.infer<typeof params>;

/** An empty text is none: a form sends its empty fields. */
const hasText = ({ text }: Params): boolean => text !== undefined && text.trim() !== '';
const spaceIn = (given: Params): SpaceName => given.space ?? (hasText(given) ? 'cross-modal' : 'visual');

/**
 * A picture or a text as a unit vector; the dot product of two vectors of one space says how alike they are.
 * @example
 * POST /v1/tasks/embedding   (cat-chelsea.jpg)
 * { "kind": "vector", "space": "visual:3f9a0c…", "values": [0.031…, …] }
 */
export const embedding = defineApplication({
  task: 'embedding',
  title: 'Embedding',
  description:
    'Turns a picture or a text into a vector of length 1: pictures that look alike, or pictures and texts that mean the same, have vectors near each other.',
  inputs: {
    image: { media: 'image', min: 0, max: 1, description: 'the picture, where there is no text' },
  },
  params,
  models: {
    // A text is of the space that the encoder and its projection make: they are named in its run, though it needs none of their sessions.
    primary: {
      choices: imageFeatures.models,
      description: 'Encodes pictures; Lite2 makes another visual space, and no cross-modal one',
    },
    projection: {
      choices: imageProjection.models,
      description: 'Pictures into the space cross-modal',
      usedWhen: (given) => spaceIn(given) === 'cross-modal',
    },
    text: { choices: textStates.models, description: 'Reads texts', usedWhen: hasText },
    'text-projection': {
      choices: textProjection.models,
      description: 'Texts into the space cross-modal',
      usedWhen: hasText,
    },
  },
  async run(context, { image }, given) {
    const name = spaceIn(given);
    const isText = hasText(given);
    if (image && isText)
      throw new VisionError(
        'INVALID_REQUEST',
        'there is a picture and a text: one vector is of one of them',
        {
          hint: 'Send two requests with space=cross-modal; their dot product says how well they fit.',
        },
      );
    if (!image && !isText)
      throw new VisionError('INVALID_REQUEST', 'there is neither a picture nor a text', {
        hint: 'Send a picture as the input "image", or a text as the parameter "text".',
      });
    if (isText && name === 'visual')
      throw new VisionError('INVALID_PARAMETER', 'space: a text has no vector in the space visual', {
        errors: [{ path: 'space', message: 'cross-modal for a text' }],
        hint: 'Leave space out, or choose cross-modal.',
      });
    const { primary, projection } = context.models as Readonly<Record<string, StageModel>>;
    const encoder = primary as StageModel;
    const models = name === 'cross-modal' ? { encoder, projection: projection as StageModel } : { encoder };
    const space = spaceKey(spaceOf(name, models));
    const [vector] = image
      ? await embedPicture(byRole(context), image, [models])
      : await embedText(context, given.text as string);
    return { kind: 'vector', space, values: Array.from(vector as Float32Array) };
  },
});

async function embedText(context: RunContext, text: string): Promise<Float32Array[]> {
  const { text: reader, 'text-projection': projection } = context.models;
  const models = { text: reader as StageModel, projection: projection as StageModel };
  return (await embedTexts(byRole(context), [text], models)).vectors;
}

/** The stages of a run are timed by role: the one that a model has in it. */
const byRole = (context: RunContext): StageRunner => ({
  stage: (stage, input, params, { model }) => {
    const role = Object.keys(context.models).find((one) => context.models[one] === model);
    return context.stage(stage, input, params, role === undefined ? {} : { role });
  },
});
