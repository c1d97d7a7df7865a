import { latin, standsAt } from './bytes.ts';
import type { XmpHolder } from './holder.ts';
import { openJpeg } from './jpeg.ts';
import { openPng } from './png.ts';
import { openWebp } from './webp.ts';

export type { XmpFormat, XmpHolder } from './holder.ts';

/**
 * A picture file as what holds XMP, by its bytes and whatever its name says.
 * @returns undefined for all but JPEG, PNG and WebP: their captions go beside them
 * @throws IMAGE_CORRUPT where the file is damaged
 * @example openXmp(bytes)?.put(withCaption(undefined, { text: 'a dog', model: 'captioner' }))
 */
export function openXmp(bytes: Uint8Array): XmpHolder | undefined {
  if (standsAt(bytes, 0, latin('\xff\xd8\xff'))) return openJpeg(bytes);
  if (standsAt(bytes, 0, latin('\x89PNG\r\n\x1a\n'))) return openPng(bytes);
  if (standsAt(bytes, 0, latin('RIFF')) && standsAt(bytes, 8, latin('WEBP'))) return openWebp(bytes);
  return undefined;
}
