/** Names of files that may be pictures; without an ending the bytes decide. */
const ENDINGS = /\.(?:jpe?g|jpe|jfif|png|webp|avif|gif|tiff?|heic|heif|bmp)$/i;

/**
 * Whether a file of a folder or an archive is worth opening: not hidden, not what a Mac adds to archives, and called a
 * picture or nothing.
 */
export function isPictureName(name: string): boolean {
  const parts = name.split('/');
  if (parts.some((part) => part.startsWith('.') || part === '__MACOSX')) return false;
  const last = parts.at(-1) ?? '';
  return last !== '' && (ENDINGS.test(last) || !last.includes('.'));
}
