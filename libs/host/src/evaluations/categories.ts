import { VisionError, type ClassLabel } from '@fovea/contracts';
import type { DatasetCategory } from '@fovea/evaluation';

/** Names of the same thing: what Pascal VOC, COCO and other data sets call it, the name that is compared first. */
const ALIASES: readonly (readonly [string, ...string[]])[] = [
  ['airplane', 'aeroplane', 'plane'],
  ['motorcycle', 'motorbike'],
  ['couch', 'sofa'],
  ['tv', 'tvmonitor', 'television', 'tv monitor'],
  ['potted plant', 'pottedplant'],
  ['dining table', 'diningtable'],
  ['cell phone', 'mobile phone'],
  ['donut', 'doughnut'],
  ['hair drier', 'hair dryer'],
];

/** Lower case, words joined: `Dining_Table` is `diningtable`. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[\s_-]+/g, '');
const CANONICAL = new Map(
  ALIASES.flatMap(([first, ...others]) => others.map((name) => [plain(name), plain(first)] as const)),
);
const nameKey = (name: string): string => CANONICAL.get(plain(name)) ?? plain(name);

/** Which class of a model is which category of a data set. */
export interface CategoryMatch {
  /** Model class → category id. */
  readonly categoryOf: ReadonlyMap<number, number>;
  /** Category id → model class. */
  readonly classOf: ReadonlyMap<number, ClassLabel>;
  /** Categories that the model does not know. */
  readonly unmatched: readonly DatasetCategory[];
}

/**
 * Matches by WordNet id, else by name (case, spaces and the aliases above do not matter; of `tench, Tinca tinca` every
 * part counts), else by number, where names are numbers and there are as many of them as classes. A name that two
 * classes of the model share matches neither of them.
 * @example matchCategories([{ id: 62, name: 'tv' }], [{ index: 20, name: 'tvmonitor' }]).categoryOf.get(20) // 62
 */
export function matchCategories(
  categories: readonly DatasetCategory[],
  classes: readonly ClassLabel[],
): CategoryMatch {
  const byWnid = new Map(classes.flatMap((each) => (each.wnid ? [[each.wnid, each] as const] : [])));
  const byName = uniqueBy(classes, ({ name }) => [nameKey(name)]);
  const byPart = uniqueBy(classes, ({ name }) => name.split(',').map(nameKey));
  const byIndex = new Map(
    categories.length === classes.length ? classes.map((each) => [String(each.index), each]) : [],
  );
  const categoryOf = new Map<number, number>();
  const classOf = new Map<number, ClassLabel>();
  const unmatched: DatasetCategory[] = [];
  for (const category of categories) {
    const key = nameKey(category.name);
    const found =
      byWnid.get(category.wnid ?? category.name) ??
      byName.get(key) ??
      byPart.get(key) ??
      byIndex.get(category.name);
    if (!found || categoryOf.has(found.index)) unmatched.push(category);
    else {
      categoryOf.set(found.index, category.id);
      classOf.set(category.id, found);
    }
  }
  return { categoryOf, classOf, unmatched };
}

function uniqueBy(
  classes: readonly ClassLabel[],
  keysOf: (label: ClassLabel) => readonly string[],
): ReadonlyMap<string, ClassLabel> {
  const found = new Map<string, ClassLabel | undefined>();
  for (const each of classes)
    for (const key of new Set(keysOf(each))) found.set(key, found.has(key) ? undefined : each);
  return new Map([...found].flatMap(([key, each]) => (each ? [[key, each] as const] : [])));
}

const NAMED = 8;

/** The first few names, for a message. */
export const someNames = (names: readonly string[]): string =>
  names.slice(0, NAMED).join(', ') + (names.length > NAMED ? ` and ${names.length - NAMED} more` : '');

/** @returns INVALID_PARAMETER that says which categories the model does not know */
export const wrongCategories = (
  model: string,
  unmatched: readonly DatasetCategory[],
  classes: readonly ClassLabel[],
): VisionError =>
  new VisionError(
    'INVALID_PARAMETER',
    `${model} does not know these classes of the data set: ${someNames(unmatched.map(({ name }) => name))}`,
    {
      hint: `Its classes: ${someNames(classes.map(({ name }) => name)) || 'none'}. Choose a model that was trained on the classes of the data set (\`fovea models list\`, \`fovea models add\`).`,
      errors: [{ path: 'model', message: 'has other classes than the data set' }],
    },
  );
