import { VisionError } from '@fovea/contracts';

/** The error of a model file that cannot be read; `hint` says what to do about the file. */
export const modelFailed = (detail: string, hint?: string, cause?: unknown): VisionError =>
  new VisionError('MODEL_FAILED', detail, {
    hint: hint ?? 'Check that the file is a complete ONNX model: download or export it again.',
    cause,
  });
