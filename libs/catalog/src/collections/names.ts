import { VisionError } from '@fovea/contracts';
import { cleanText } from '../search-rows.ts';

const NAME_CHARACTERS = 200;

/**
 * A collection's name as it is shown, and what names are compared by: neither case nor the way of writing a character
 * (full width, composed or not) makes two names of one.
 * @throws INVALID_PARAMETER when it is empty or longer than 200 characters
 * @example collectionName(' Ｆerien ').key   // 'ferien'
 */
export function collectionName(text: string): { name: string; key: string } {
  const name = cleanText(text).normalize('NFC').trim();
  if (name === '' || [...name].length > NAME_CHARACTERS)
    throw new VisionError(
      'INVALID_PARAMETER',
      `name: a collection has a name of 1 to ${NAME_CHARACTERS} characters.`,
    );
  // Lower case may take a character apart again (İ).
  return { name, key: name.normalize('NFKC').toLowerCase().normalize('NFKC').trim() };
}
