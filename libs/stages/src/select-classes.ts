import { VisionError, type ClassLabel } from '@fovea/contracts';

/**
 * The class indices that a filter names: by index, WordNet id or name (case does not matter).
 * @param parameter the filter's name, for the error
 * @throws INVALID_PARAMETER naming the label and the nearest names there are
 * @example selectClasses(model.classes, ['tabby', 'n02123159', '283'], 'labels'); // Set {281, 282, 283}
 */
export function selectClasses(
  classes: readonly ClassLabel[],
  wanted: readonly string[],
  parameter: string,
): Set<number> {
  const byName = new Map<string, number[]>();
  for (const { index, name, wnid } of classes)
    for (const key of [name.toLowerCase(), wnid, String(index)])
      if (key !== undefined) byName.set(key, [...(byName.get(key) ?? []), index]);
  const selected = new Set<number>();
  for (const [position, label] of wanted.entries()) {
    const found = byName.get(label.trim().toLowerCase());
    if (!found) {
      const near = nearest(label, classes);
      throw new VisionError(
        'INVALID_PARAMETER',
        `${parameter}.${position}: the model has no class "${label}"`,
        {
          errors: [{ path: `${parameter}.${position}`, message: `unknown class "${label}"` }],
          ...(near.length > 0 ? { hint: `Did you mean: ${near.join(', ')}?` } : {}),
        },
      );
    }
    for (const index of found) selected.add(index);
  }
  return selected;
}

/** Names that contain the text or share its words, shortest first. */
function nearest(label: string, classes: readonly ClassLabel[]): string[] {
  const words = label
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 2);
  return classes
    .map(({ name }) => name)
    .filter((name) => words.some((word) => name.toLowerCase().includes(word)))
    .sort((a, b) => a.length - b.length)
    .slice(0, 5);
}
