import { VisionError } from '@fovea/contracts';

/** The most that is read of one XMP packet: ordinary ones have some kilobytes, histories of an editor megabytes. */
export const MAX_PACKET_BYTES = 32 * 2 ** 20;

const HINT = 'The file is left as it is. Save it again in an editor, or have the caption in a sidecar file.';

/** What is wrong with a picture's bytes, or with its XMP. */
export const damaged = (detail: string, cause?: unknown): VisionError =>
  new VisionError('IMAGE_CORRUPT', detail, { hint: HINT, ...(cause === undefined ? {} : { cause }) });
