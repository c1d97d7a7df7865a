import { ClassLabel } from '@fovea/contracts';

const Labels = ClassLabel.array();
const Names = ClassLabel.shape.name.array();

/**
 * Reads a label file: `{"labels": [{index, name, wnid?}]}`, a JSON list of names, or one name per line.
 * @returns the labels in the order of the model's output
 * @throws RangeError when the indices are not 0, 1, 2, …
 * @example parseLabels('tench\ngoldfish\n') // [{index: 0, name: 'tench'}, {index: 1, name: 'goldfish'}]
 */
export function parseLabels(text: string): ClassLabel[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) {
    const labels = Labels.parse((JSON.parse(trimmed) as { labels?: unknown }).labels).sort(
      (a, b) => a.index - b.index,
    );
    const gap = labels.findIndex((label, position) => label.index !== position);
    if (gap >= 0)
      throw new RangeError(`label indices must be 0, 1, 2, …: index ${gap} is missing or there twice`);
    return labels;
  }
  const names = trimmed.startsWith('[') ? Names.parse(JSON.parse(trimmed)) : trimmed.split(/\r?\n/);
  return names.map((name, index) => ({ index, name: name.trim() }));
}
