import { ClassLabel, parseLabels } from '@fovea/contracts';

const Names = ClassLabel.shape.name.array();

/**
 * Reads the text of a label file: the JSON of {@link parseLabels}, a JSON list of names, or one name per line.
 * @returns the labels in the order of the model's output
 * @throws MODEL_FAILED when the numbers are not 0, 1, 2, … each once
 * @example readLabels('tench\ngoldfish\n') // [{index: 0, name: 'tench'}, {index: 1, name: 'goldfish'}]
 */
export function readLabels(text: string): ClassLabel[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return parseLabels(JSON.parse(trimmed));
  const names = trimmed.startsWith('[') ? Names.parse(JSON.parse(trimmed)) : trimmed.split(/\r?\n/);
  return names.map((name, index) => ({ index, name: name.trim() }));
}
