/** A run of more crops than this would hold the device for too long: others wait meanwhile. */
const MAX_ROWS = 20;

/**
 * What a stage answers for all items, at most 20 of them in one batch; without items nothing runs.
 * @example const poses = await inBatches(people, (some) => context.stage(pose, { picture, people: some }, {}));
 */
export async function inBatches<I, O>(
  items: readonly I[],
  run: (some: readonly I[]) => Promise<readonly O[]>,
): Promise<O[]> {
  const results: O[] = [];
  for (let start = 0; start < items.length; start += MAX_ROWS)
    results.push(...(await run(items.slice(start, start + MAX_ROWS))));
  return results;
}
