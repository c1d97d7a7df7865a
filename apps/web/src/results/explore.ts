import type { Result, RunEnvelope } from '@fovea/contracts';
import { isShown, itemsOf, type ResultItem, type View } from '@fovea/overlay';

// What of a result is shown: pure, so that the picture, the list and the downloads agree.

/** What a person has chosen to see. */
export interface Filter {
  readonly minScore: number;
  readonly hidden: ReadonlySet<string>;
}

/** One class of a result: a chip. */
export interface ClassEntry {
  readonly label: string;
  readonly colour: string;
  readonly count: number;
}

/** The classes of a result's items, most frequent first. */
export function classesOf(items: readonly ResultItem[]): ClassEntry[] {
  const classes = new Map<string, ClassEntry>();
  for (const { label, colour } of items) {
    const known = classes.get(label);
    classes.set(label, { label, colour, count: (known?.count ?? 0) + 1 });
  }
  return [...classes.values()].sort((a, b) => b.count - a.count);
}

/** How a filter reads as a view of the overlay. */
export const viewOf = ({ minScore, hidden }: Filter): Pick<View, 'minScore' | 'hiddenLabels'> => ({
  minScore,
  hiddenLabels: hidden,
});

/** The items that a filter lets through, in the result's order. A class of a map has no score. */
export const shownItems = (items: readonly ResultItem[], filter: Filter): ResultItem[] =>
  items.filter(({ label, score }) => isShown({ width: 1, height: 1, ...viewOf(filter) }, label, score ?? 1));

/**
 * Where the confidence slider begins: at the run's own minimum, or below it where an item's score is
 * (a person's is the detector's times the joints'). In steps of a hundredth.
 */
export function lowestScore({ run, result }: RunEnvelope): number {
  const asked = run.params['minScore'];
  const scores = itemsOf(result).flatMap(({ score }) => (score === undefined ? [] : [score]));
  const lowest = Math.min(typeof asked === 'number' ? asked : 0, ...scores);
  return Math.max(0, Math.floor(lowest * 100 + 1e-6) / 100);
}

/** The result with only the shown items: what is downloaded is what is seen. */
export function filterResult(result: Result, filter: Filter): Result {
  const shown = new Set(shownItems(itemsOf(result), filter).map(({ index }) => index));
  const keep = <T>(items: readonly T[]): T[] => items.filter((_, index) => shown.has(index));
  switch (result.kind) {
    case 'boxes':
      return { ...result, items: keep(result.items) };
    case 'keypoints':
      return { ...result, items: keep(result.items) };
    case 'masks':
      return { ...result, classes: keep(result.classes) };
    default:
      return result;
  }
}

/** True for kinds whose items can be explored: hidden, filtered, highlighted. */
export const isExplored = (result: Result): boolean =>
  result.kind === 'boxes' || result.kind === 'keypoints' || result.kind === 'masks';

/** The smallest item whose box holds a point of the picture: what the pointer means between the joints of a person. */
export function itemAround(
  items: readonly ResultItem[],
  { x, y }: { x: number; y: number },
): number | undefined {
  let found: number | undefined;
  let smallest = Infinity;
  for (const { index, box } of items) {
    if (!box || x < box.x || y < box.y || x > box.x + box.width || y > box.y + box.height) continue;
    const area = box.width * box.height;
    if (area < smallest) [found, smallest] = [index, area];
  }
  return found;
}
