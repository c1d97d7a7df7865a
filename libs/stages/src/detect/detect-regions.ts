import { defineStage, type Picture, type StageModel } from '@fovea/application';
import type { Box } from '@fovea/contracts';
import type { Frame, Size } from '@fovea/geometry';
import { cropImage } from '@fovea/imaging';
import { concatRows, tensor, type Tensors } from '@fovea/tensor';
import { candidatesOf, detectorInput, suppress, type DetectParams, type Detection } from './candidates.ts';
import { DETECTORS } from './detect.ts';

export interface RegionsInput {
  readonly picture: Picture;
  /** Parts of the picture, in its pixels; each becomes one row of the batch. */
  readonly regions: readonly Box[];
}

interface RegionFrames {
  readonly regions: readonly Box[];
  readonly frames: readonly Frame[];
}

/**
 * What is where in some parts of the picture: for each region, in the order given, what {@link detect} gives for a
 * whole picture. Boxes are in pixels of the picture and clipped to their region.
 * @example const [left, right] = await context.stage(detectRegions, { picture, regions: [leftHalf, rightHalf] }, params);
 */
export const detectRegions = defineStage({
  name: 'detect-regions',
  version: 1,
  models: DETECTORS,
  outputs: ['boxes', 'scores', 'labels'],

  async preprocess({ picture, regions }: RegionsInput, _params: DetectParams, model: StageModel) {
    const { width, height } = detectorInput(model);
    const rows = [];
    const frames: Frame[] = [];
    for (const region of regions) {
      const box = aroundRegion(region, { width, height });
      const { rgb, frame } = await cropImage(picture, box, { width, height, kernel: 'bilinear' });
      rows.push(tensor('uint8', [1, height, width, 3], rgb));
      frames.push(frame);
    }
    return { feeds: { image: concatRows(rows) }, frame: { regions, frames } };
  },

  postprocess(
    outputs: Tensors,
    context: { frame: RegionFrames; params: DetectParams; model: StageModel },
  ): Detection[][] {
    const { frame: prepared, params, model } = context;
    return prepared.frames.map((frame, row) => {
      const bounds = prepared.regions[row] as Box;
      return suppress(candidatesOf(outputs, row, { frame, bounds, params, model }), params);
    });
  },
});

/** The smallest box of the input's shape around a region: what it shows besides is better than black. */
function aroundRegion(region: Box, input: Size): Box {
  const pitch = Math.max(region.width / input.width, region.height / input.height);
  const [width, height] = [input.width * pitch, input.height * pitch];
  return {
    x: region.x + (region.width - width) / 2,
    y: region.y + (region.height - height) / 2,
    width,
    height,
  };
}
