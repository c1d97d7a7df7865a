// Prints the random cases, one a line, as COCO files hold them: input of coco-goldens.py.
import type { Box } from '@fovea/contracts';
import { CASES, cocoCase, PICTURE } from './coco-cases.ts';

const bbox = ({ x, y, width, height }: Box) => [x, y, width, height];

for (let index = 0; index < CASES; index++) {
  const { type, useCategories, maxDetections, input } = cocoCase(index);
  const line = {
    ...{ type, useCategories, maxDetections },
    images: input.imageIds.map((id) => ({ id, ...PICTURE })),
    categories: input.categories,
    annotations: input.truths.map((truth) => ({
      id: truth.id,
      image_id: truth.imageId,
      category_id: truth.categoryId,
      bbox: bbox(truth.box),
      area: truth.area,
      iscrowd: Number(truth.crowd),
      ignored: truth.ignore === true,
      segmentation: truth.mask,
      keypoints: truth.keypoints,
      num_keypoints: truth.numKeypoints,
    })),
    predictions: input.predictions.map((prediction) => ({
      image_id: prediction.imageId,
      category_id: prediction.categoryId,
      score: prediction.score,
      bbox: prediction.box && bbox(prediction.box),
      segmentation: prediction.mask,
      keypoints: prediction.keypoints,
    })),
  };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
