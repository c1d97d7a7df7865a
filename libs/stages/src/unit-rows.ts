import { VisionError } from '@fovea/contracts';
import { l2Normalize, type Tensor } from '@fovea/tensor';

/**
 * Each row of a model's output scaled to length 1, so that a dot product is a cosine. A row of zeros stays zeros: it is
 * like nothing, its cosine with every vector is 0.
 * @throws MODEL_FAILED where a number is not finite
 */
export function unitRows({ dims, data }: Tensor<'float32'>, modelId: string): Float32Array[] {
  const [rows = 0, width = 0] = dims;
  if (!data.every(Number.isFinite))
    throw new VisionError('MODEL_FAILED', `${modelId} answered with numbers that are not finite`);
  return Array.from({ length: rows }, (_, row) => l2Normalize(data.subarray(row * width, (row + 1) * width)));
}
