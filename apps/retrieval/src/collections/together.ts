/** Pictures that are worked on at once: one decodes while another is in the model. */
export const TOGETHER = 4;

/** Works through a list, a few at a time; answers stand in its order. The first error ends it. */
export async function together<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
  limit: number = TOGETHER,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T, index);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, worker);
  // All have ended before the first error is told: nobody goes on behind the back of the caller.
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return results;
}
