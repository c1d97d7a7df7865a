import { open } from 'node:fs/promises';
import { imageSize } from 'image-size';
import type { Size } from '@fovea/geometry';
import { damaged } from './files.ts';

/** Sizes stand at the beginning; in a JPEG after EXIF data with a preview, at most a few times 64 KiB. */
const HEAD_BYTES = 512 * 1024;

/**
 * The size of a picture file in pixels after EXIF orientation, read from its header (JPEG, PNG, WebP, GIF, BMP, TIFF,
 * AVIF).
 * @throws INVALID_PARAMETER naming the file when it is no such picture
 */
export async function readPictureSize(file: string): Promise<Size> {
  try {
    const handle = await open(file);
    try {
      const head = Buffer.alloc(Math.min(HEAD_BYTES, (await handle.stat()).size));
      await handle.read(head, 0, head.length, 0);
      const { width, height, orientation = 1 } = imageSize(head);
      if (!(width > 0 && height > 0)) throw new RangeError(`its size is ${width} x ${height}`);
      // EXIF orientations 5 to 8 lie on their side.
      return orientation >= 5 && orientation <= 8 ? { width: height, height: width } : { width, height };
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw damaged(file, `the size of the picture cannot be read (${detail})`, {
      cause,
      hint: 'Relative boxes need the picture’s size; save the picture again as JPEG or PNG.',
    });
  }
}
