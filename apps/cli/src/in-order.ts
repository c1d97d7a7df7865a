/**
 * Works on several items at once and yields their results in the order of the items.
 * At most `limit` items are under way or waiting for their turn, so a thousand pictures never lie in memory.
 * `work` must not reject: its result says what went wrong.
 */
export async function* inOrder<I, O>(
  items: readonly I[],
  limit: number,
  work: (item: I, index: number) => Promise<O>,
): AsyncGenerator<O, void, undefined> {
  const running: Promise<O>[] = [];
  let next = 0;
  for (;;) {
    for (; running.length < limit && next < items.length; next++) running.push(work(items[next] as I, next));
    const first = running.shift();
    if (first === undefined) return;
    yield await first;
  }
}
