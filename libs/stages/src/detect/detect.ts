import { defineStage, type Picture, type StageModel } from '@fovea/application';
import type { Frame } from '@fovea/geometry';
import { fitImage } from '@fovea/imaging';
import { tensor, type Tensors } from '@fovea/tensor';
import { candidatesOf, detectorInput, suppress, type DetectParams, type Detection } from './candidates.ts';

export type { DetectParams, Detection } from './candidates.ts';

/** The detectors that fit the stages of this folder, the default first. */
export const DETECTORS = ['nanodet-g-512-coco80', 'nanodet-g-coco80'] as const;

/**
 * Up to here pictures are shrunk exactly as Python did: COCO's are no larger, and the AP of the smaller model moves by
 * 0.004 with the last grey level. Beyond it that would take longer than decoding.
 */
const EXACT_PIXELS = 640 * 640;

/**
 * What is where in the picture: letterbox, one run, non-maximum suppression; best first.
 * @example const people = await context.stage(detect, image, { minScore: 0.3, maxItems: 20, classes: ['person'] });
 */
export const detect = defineStage({
  name: 'detect',
  version: 1,
  models: DETECTORS,
  outputs: ['boxes', 'scores', 'labels'],

  async preprocess(picture: Picture, _params: DetectParams, model: StageModel) {
    const { width, height } = detectorInput(model);
    // The card: scaled to fit, centred, black beside it; bilinear and antialiased as its figures were measured.
    const { rgb, frame } = await fitImage(picture, {
      mode: 'letterbox',
      width,
      height,
      kernel: 'bilinear',
      exact: picture.width * picture.height <= EXACT_PIXELS,
    });
    return { feeds: { image: tensor('uint8', [1, height, width, 3], rgb) }, frame };
  },

  postprocess(
    outputs: Tensors,
    { frame, params, model }: { frame: Frame; params: DetectParams; model: StageModel },
  ): Detection[] {
    const bounds = { x: 0, y: 0, width: frame.sourceWidth, height: frame.sourceHeight };
    return suppress(candidatesOf(outputs, 0, { frame, bounds, params, model }), params);
  },
});
