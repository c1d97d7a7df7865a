/** Two items that are alike, by their ordinals. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly score: number;
}
export interface Group {
  /** Ascending. */
  readonly ordinals: readonly number[];
  /** The least score of a pair in it. */
  readonly score: number;
}

/**
 * Groups of items that pairs hang together: union-find. Whoever is alike to one of a group belongs to it.
 * @returns the largest first; of equal size the one with the oldest item
 */
export function groupsOf(pairs: readonly Pair[]): Group[] {
  const parents = new Map<number, number>();
  const rootOf = (ordinal: number): number => {
    let root = ordinal;
    for (let parent = parents.get(root); parent !== undefined && parent !== root; parent = parents.get(root))
      root = parent;
    // The way is shortened for the next who asks.
    for (let at = ordinal; at !== root;) {
      const next = parents.get(at) ?? root;
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  for (const { a, b } of pairs) {
    const [low, high] = [rootOf(a), rootOf(b)].sort((x, y) => x - y) as [number, number];
    parents.set(low, low);
    parents.set(high, low);
  }
  const groups = new Map<number, { ordinals: Set<number>; score: number }>();
  for (const { a, b, score } of pairs) {
    if (a === b) continue;
    const root = rootOf(a);
    const group = groups.get(root) ?? { ordinals: new Set(), score: Infinity };
    groups.set(root, group);
    group.ordinals.add(a).add(b);
    group.score = Math.min(group.score, score);
  }
  return [...groups.values()]
    .map(({ ordinals, score }) => ({ ordinals: [...ordinals].sort((x, y) => x - y), score }))
    .sort((x, y) => y.ordinals.length - x.ordinals.length || (x.ordinals[0] ?? 0) - (y.ordinals[0] ?? 0));
}
