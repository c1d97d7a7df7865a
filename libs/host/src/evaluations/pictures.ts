import { INPUT_FAULTS, VisionError, type ErrorCode } from '@fovea/contracts';
import type { DatasetImage } from '@fovea/evaluation';
import { encodeImage } from '@fovea/imaging';
import { readFile } from 'node:fs/promises';
import { allowedPath, type Roots } from '../engine/folders.ts';

/**
 * The picture as a file: its own bytes, or a PNG of the pixels where the data set has no files.
 * @throws FORBIDDEN, IMAGE_CORRUPT where it cannot be read
 */
export async function pictureBytes({ name, source }: DatasetImage, roots: Roots): Promise<Uint8Array> {
  if ('pixels' in source) {
    const { data, width, height, channels } = source.pixels;
    const rgb =
      channels === 3
        ? data
        : Uint8Array.from({ length: data.length * 3 }, (_, at) => data[Math.floor(at / 3)] ?? 0);
    return (await encodeImage({ width, height, rgb }, { format: 'png' })).bytes;
  }
  try {
    return await readFile(await allowedPath(source.file, roots));
  } catch (error) {
    if (error instanceof VisionError && error.code === 'FORBIDDEN' && roots !== undefined) throw error;
    throw new VisionError('IMAGE_CORRUPT', `${name} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const ONE_PICTURE: readonly ErrorCode[] = [...INPUT_FAULTS, 'DEADLINE_EXCEEDED', 'FORBIDDEN'];

/** True where the fault lies with one picture: it counts as nothing found, and the evaluation goes on. */
export const isPictureFault = (error: unknown): error is VisionError =>
  error instanceof VisionError && ONE_PICTURE.includes(error.code);
