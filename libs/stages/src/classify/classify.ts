import { defineStage, type Picture, type StageModel } from '@fovea/application';
import { VisionError, type Label } from '@fovea/contracts';
import { cropImage, pixelsOf } from '@fovea/imaging';
import { concatRows, softmax, tensor, topK, type Tensor, type Tensors } from '@fovea/tensor';
import { selectClasses } from '../select-classes.ts';
import { classificationCrops, mirror, type Crops } from './crops.ts';

export interface ClassifyParams {
  readonly topK: number;
  readonly minScore: number;
  /** Only these classes are named: index, WordNet id or name. Their scores stay what they are among all classes. */
  readonly labels?: readonly string[] | undefined;
  readonly crops: Crops;
}

/** What the picture is: softmax of the logits, averaged over the crops, best first. */
export const classify = defineStage({
  name: 'classify',
  version: 1,
  models: ['efficientnet-lite2', 'efficientnet-lite0'],
  outputs: ['logits'],

  async preprocess(picture: Picture, { crops }: ClassifyParams, model: StageModel) {
    const side = inputSide(model);
    // The card: a centred square of side min(h, w) * S / (S + 32), scaled to S x S, bicubic and antialiased.
    const regions = classificationCrops(picture, { crops, fraction: side / (side + 32) });
    const image = crops === 1 ? picture : await pixelsOf(picture);
    const rows = [];
    for (const { region, mirrored } of regions) {
      const { rgb } = await cropImage(image, region, { width: side, height: side, kernel: 'bicubic' });
      if (mirrored) mirror(rgb, side);
      rows.push(tensor('uint8', [1, side, side, 3], rgb));
    }
    return { feeds: { image: concatRows(rows) }, frame: undefined };
  },

  postprocess(
    outputs: Tensors,
    { params, model }: { frame: undefined; params: ClassifyParams; model: StageModel },
  ): Label[] {
    const scores = meanProbabilities(outputs['logits'] as Tensor<'float32'>);
    const wanted = params.labels ? selectClasses(model.classes, params.labels, 'labels') : undefined;
    const candidates = wanted ? scores.map((score, index) => (wanted.has(index) ? score : -1)) : scores;
    return topK(candidates, Math.min(params.topK, wanted?.size ?? scores.length))
      .filter(({ score }) => score >= params.minScore)
      .map(({ index, score }) => {
        const { name, wnid } = model.classes[index] ?? { name: `class ${index}` };
        return { label: name, classId: index, ...(wnid ? { wnid } : {}), score };
      });
  },
});

/** S of a model whose input is `image` [n, S, S, 3]. @throws MODEL_FAILED for a model (of the user) with another contract */
function inputSide(model: StageModel): number {
  const [input] = model.inputs;
  const [, height, width, channels] = input?.shape ?? [];
  const fits = input?.name === 'image' && input.dtype === 'uint8' && channels === 3 && height === width;
  if (fits && typeof width === 'number' && model.outputs.some(({ name }) => name === 'logits')) return width;
  throw new VisionError('MODEL_FAILED', `${model.id} cannot classify: it has another contract`, {
    hint: 'A classifier takes `image`, uint8 [n, S, S, 3] RGB, and gives `logits`, float32 [n, classes]; see CONTRIBUTING.md.',
  });
}

function meanProbabilities(logits: Tensor<'float32'>): Float32Array {
  const [rows = 1, classes = 0] = logits.dims;
  if (rows === 1) return softmax(logits.data);
  const mean = new Float32Array(classes);
  for (let row = 0; row < rows; row++) {
    const probabilities = softmax(logits.data, { offset: row * classes, length: classes });
    for (let index = 0; index < classes; index++)
      mean[index] = (mean[index] as number) + (probabilities[index] as number) / rows;
  }
  return mean;
}
