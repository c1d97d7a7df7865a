import { expect, it } from 'vitest';
import { inOrder } from './in-order.ts';

it('yields in the order of the items whatever order they end in, a few at once', async () => {
  const waiting = new Map<number, () => void>();
  let most = 0;
  const work = (item: number) =>
    new Promise<number>((resolve) => {
      waiting.set(item, () => {
        waiting.delete(item);
        resolve(item * 10);
      });
      most = Math.max(most, waiting.size);
      // Whenever three wait, the last comes first.
      if (waiting.size === 3 || item === 9) for (const end of [...waiting.values()].reverse()) end();
    });
  const results: number[] = [];
  for await (const result of inOrder([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 3, work)) results.push(result);
  expect(results).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  expect(most).toBe(3);
});

it('starts no more than its consumer has room for', async () => {
  const started: number[] = [];
  const walk = inOrder([1, 2, 3, 4, 5], 2, (item) => {
    started.push(item);
    return Promise.resolve(item);
  });
  await walk.next();
  expect(started).toEqual([1, 2]);
  await walk.return();
  expect(started).toEqual([1, 2]);
});

it('ends at once over nothing', async () => {
  expect(await inOrder([], 4, () => Promise.reject(new Error('never'))).next()).toEqual({
    done: true,
    value: undefined,
  });
});
