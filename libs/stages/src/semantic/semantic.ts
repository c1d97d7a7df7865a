import { setImmediate as nextTurn } from 'node:timers/promises';
import { defineStage, type Picture, type StageModel } from '@fovea/application';
import { VisionError, type ClassLabel, type ResultOf } from '@fovea/contracts';
import type { Size } from '@fovea/geometry';
import { fitImage } from '@fovea/imaging';
import { tensor, type Tensor, type Tensors } from '@fovea/tensor';
import { enlargedAlpha, largestPlane, type LargestPlanes } from './enlarge.ts';

export interface SemanticParams {
  /** A class, by name or index, whose opacity is wanted as well. */
  readonly cutout?: string | number | undefined;
}

/** What every pixel of a picture belongs to. */
export interface ClassMap extends Size {
  /** The class id of every pixel, row-major. */
  readonly ids: Uint8Array;
  /** The classes there are, the largest first; their fractions add up to 1. */
  readonly classes: ResultOf<'masks'>['classes'];
  /** The opacity of the class to be cut out, 0..255, row-major; undefined where none was asked for. */
  readonly alpha: Uint8Array | undefined;
}

interface SemanticFrame extends Size {
  readonly classes: readonly ClassLabel[];
  /** Index of the class to be cut out. */
  readonly cutout: number | undefined;
}

/**
 * What every pixel is, among the 21 classes of Pascal VOC. Edges are smooth: the class scores are enlarged, not the
 * classes. A cut-out has a hard edge.
 * @example const map = await context.stage(semanticClasses, image, { cutout: 'person' });
 */
export const semanticClasses = defineStage({
  name: 'semantic-classes',
  version: 1,
  models: ['semantic-voc21'],
  outputs: ['logits'],

  preprocess: (picture: Picture, params: SemanticParams, model: StageModel) =>
    stretched(picture, { params, model, classes: namedClasses(model), output: 'logits' }),

  async postprocess(outputs: Tensors, { frame }: { frame: SemanticFrame }): Promise<ClassMap> {
    const { data, dims } = outputs['logits'] as Tensor<'float32'>;
    const [, planes = 0, height = 0, width = 0] = dims;
    const largest = await largestPlane({ data, planes, height, width }, frame);
    const { cutout } = frame;
    return classMap(largest, frame, cutout === undefined ? undefined : await alphaOf(largest.ids, cutout));
  },
});

/** The classes of the person network: it has no label file. */
const PERSON: readonly ClassLabel[] = [
  { index: 0, name: 'background' },
  { index: 1, name: 'person' },
];
/**
 * Probabilities of person between which a cut-out goes over into nothing. Below, the network is hardly ever right;
 * a wider ramp leaves haze beside a person, a narrower one cuts hair off.
 */
const RAMP = { from: 0.2, to: 0.8 } as const;

/**
 * Persons near the camera and what lies behind them. A cut-out (of the person, or of the background) has soft edges.
 * @example const map = await context.stage(personMatte, image, { cutout: 'person' });
 */
export const personMatte = defineStage({
  name: 'person-matte',
  version: 1,
  models: ['selfie-person'],
  outputs: ['mask'],

  preprocess: (picture: Picture, params: SemanticParams, model: StageModel) =>
    stretched(picture, { params, model, classes: PERSON, output: 'mask' }),

  async postprocess(outputs: Tensors, { frame }: { frame: SemanticFrame }): Promise<ClassMap> {
    const { data, dims } = outputs['mask'] as Tensor<'float32'>;
    const [, height = 0, width = 0] = dims;
    // Person where the enlarged probability is over 0.5: where the second of these planes is above the first.
    const both = new Float32Array(2 * data.length);
    data.forEach((probability, i) => (both[data.length + i] = probability - 0.5));
    const largest = await largestPlane({ data: both, planes: 2, height, width }, frame);
    if (frame.cutout === undefined) return classMap(largest, frame, undefined);
    const probabilities = frame.cutout === 1 ? data : data.map((probability) => 1 - probability);
    const alpha = await enlargedAlpha({ data: probabilities, planes: 1, height, width }, frame, RAMP);
    return classMap(largest, frame, alpha);
  },
});

/** The whole picture as the model's input, its aspect not kept. */
async function stretched(
  picture: Picture,
  use: { params: SemanticParams; model: StageModel; classes: readonly ClassLabel[]; output: string },
) {
  const { classes, params } = use;
  const { width, height } = inputSize(use.model, use.output);
  const cutout = params.cutout === undefined ? undefined : classIndex(classes, params.cutout);
  const { rgb } = await fitImage(picture, { mode: 'stretch', width, height, kernel: 'bilinear' });
  const frame: SemanticFrame = { width: picture.width, height: picture.height, classes, cutout };
  return { feeds: { image: tensor('uint8', [1, height, width, 3], rgb) }, frame };
}

function classMap(
  { ids, counts }: LargestPlanes,
  { width, height, classes }: SemanticFrame,
  alpha: Uint8Array | undefined,
): ClassMap {
  const found = counts
    .map((count, classId) => ({
      classId,
      label: classes[classId]?.name ?? `class ${classId}`,
      fraction: count / ids.length,
    }))
    .filter(({ fraction }) => fraction > 0)
    .sort((a, b) => b.fraction - a.fraction || a.classId - b.classId);
  return { ids, width, height, classes: found, alpha };
}

/** Pixels after which the event loop gets a turn: a few milliseconds. */
const TURN = 2_000_000;

/** 255 where the class is, otherwise 0. */
async function alphaOf(ids: Uint8Array, classId: number): Promise<Uint8Array> {
  const alpha = new Uint8Array(ids.length);
  for (let from = 0; from < ids.length; from += TURN) {
    if (from > 0) await nextTurn();
    const to = Math.min(ids.length, from + TURN);
    for (let pixel = from; pixel < to; pixel++) alpha[pixel] = ids[pixel] === classId ? 255 : 0;
  }
  return alpha;
}

/** The model's label file; a model (of the user) without one has numbered classes. */
function namedClasses(model: StageModel): readonly ClassLabel[] {
  if (model.classes.length > 0) return model.classes;
  const planes = model.outputs.find(({ name }) => name === 'logits')?.shape[1];
  return Array.from({ length: typeof planes === 'number' ? planes : 256 }, (_, index) => ({
    index,
    name: `class ${index}`,
  }));
}

/** @throws INVALID_PARAMETER listing the classes there are */
function classIndex(classes: readonly ClassLabel[], wanted: string | number): number {
  const text = String(wanted).trim().toLowerCase();
  const found = classes.find(({ index, name }) => String(index) === text || name.toLowerCase() === text);
  if (found) return found.index;
  throw new VisionError('INVALID_PARAMETER', `cutout: the model has no class "${wanted}"`, {
    errors: [{ path: 'cutout', message: `unknown class "${wanted}"` }],
    hint: `Its classes: ${classes
      .slice(0, 50)
      .map(({ name }) => name)
      .join(', ')}`,
  });
}

/** @throws MODEL_FAILED for a model (of the user) with another contract */
function inputSize(model: StageModel, output: string): Size {
  const [input] = model.inputs;
  const [, height, width, channels] = input?.shape ?? [];
  const fits = input?.name === 'image' && input.dtype === 'uint8' && channels === 3;
  if (fits && typeof width === 'number' && typeof height === 'number')
    if (model.outputs.some(({ name }) => name === output)) return { width, height };
  throw new VisionError('MODEL_FAILED', `${model.id} cannot name what pixels are: it has another contract`, {
    hint: 'It takes `image`, uint8 [n, H, W, 3] RGB, and gives `logits`, float32 [n, classes, h, w]; see CONTRIBUTING.md.',
  });
}
