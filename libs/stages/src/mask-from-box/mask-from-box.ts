import { setImmediate as nextTurn } from 'node:timers/promises';
import { defineStage, type Picture, type StageModel } from '@fovea/application';
import { VisionError, type Box, type Rle } from '@fovea/contracts';
import { pasteMask, scaleBox, type Size } from '@fovea/geometry';
import { cropImage, pixelsOf } from '@fovea/imaging';
import { concatRows, row, tensor, type Tensor, type Tensors } from '@fovea/tensor';

export interface MaskFromBoxInput {
  readonly picture: Picture;
  /** In pixels of the picture, with an area; at least one. Many are better sent {@link MASK_BATCH} at a time. */
  readonly boxes: readonly Box[];
}

/** What the network saw in one box. */
export interface BoxMask {
  /** Of the whole picture; undefined where nothing is over the threshold, or no pixel's centre lies in it. */
  readonly mask: Rle | undefined;
  /** How sure the mask is of its inside: the mean probability of its cells over the threshold, 0 where there are none. */
  readonly confidence: number;
}

/** Boxes that go through the network at once: a bound on memory (48 KiB a box) and on how long others wait. */
export const MASK_BATCH = 32;
/** The model's card: each side of the box is enlarged so many times about its centre. */
const ENLARGE = 1.25;
/** The model's card: grey stands where the crop reaches outside the picture. */
const OUTSIDE = 127;
/** The model's card. */
const THRESHOLD = 0.5;

interface MaskFrame {
  readonly picture: Size;
  /** The part of the picture that each row shows. */
  readonly regions: readonly Box[];
}

/**
 * The mask of the thing in each box, whatever it is; in the order of the boxes.
 * @example const masks = await context.stage(maskFromBox, { picture, boxes: items.map(({ box }) => box) }, {});
 */
export const maskFromBox = defineStage({
  name: 'mask-from-box',
  version: 1,
  models: ['mask-from-box'],
  outputs: ['mask'],

  async preprocess({ picture, boxes }: MaskFromBoxInput, _params: object, model: StageModel) {
    const target = { ...inputSize(model), kernel: 'bilinear', padValue: OUTSIDE } as const;
    const image = await pixelsOf(picture);
    const regions = boxes.map((box) => scaleBox(box, ENLARGE));
    const rows = [];
    for (const region of regions) {
      const { rgb, width, height } = await cropImage(image, region, target);
      rows.push(tensor('uint8', [1, height, width, 3], rgb));
    }
    const frame: MaskFrame = { picture: { width: image.width, height: image.height }, regions };
    return { feeds: { image: concatRows(rows) }, frame };
  },

  async postprocess(outputs: Tensors, { frame }: { frame: MaskFrame }): Promise<BoxMask[]> {
    const probabilities = outputs['mask'] as Tensor<'float32'>;
    const masks: BoxMask[] = [];
    for (const [index, region] of frame.regions.entries()) {
      // One mask over a very large picture takes some milliseconds: others get their turn in between.
      if (index > 0) await nextTurn();
      const { data, dims } = row(probabilities, index);
      const [height = 0, width = 0] = dims;
      const mask = pasteMask(
        { data, width, height },
        { region, picture: frame.picture, threshold: THRESHOLD },
      );
      masks.push({ mask, confidence: meanInside(data) });
    }
    return masks;
  },
});

function meanInside(probabilities: Float32Array): number {
  let [sum, count] = [0, 0];
  for (const probability of probabilities)
    if (probability > THRESHOLD) {
      sum += probability;
      count++;
    }
  return count === 0 ? 0 : Math.min(1, sum / count);
}

/** @throws MODEL_FAILED for a model (of the user) with another contract */
function inputSize(model: StageModel): Size {
  const [input] = model.inputs;
  const [, height, width, channels] = input?.shape ?? [];
  const fits = input?.name === 'image' && input.dtype === 'uint8' && channels === 3;
  if (fits && typeof width === 'number' && typeof height === 'number')
    if (model.outputs.some(({ name }) => name === 'mask')) return { width, height };
  throw new VisionError(
    'MODEL_FAILED',
    `${model.id} cannot cut out what is in a box: it has another contract`,
    {
      hint: 'A mask network takes `image`, uint8 [n, H, W, 3] RGB, and gives `mask`, float32 [n, h, w], 0..1; see CONTRIBUTING.md.',
    },
  );
}
