import { describe, expect, it } from 'vitest';
import { Semaphore } from './semaphore.ts';

const gate = () => {
  let open = (): void => undefined;
  const wait = new Promise<void>((resolve) => (open = resolve));
  return { wait, open };
};

describe('Semaphore', () => {
  it('lets no more than its limit in, in order', async () => {
    const semaphore = new Semaphore(2);
    const gates = [gate(), gate(), gate()];
    const entered: number[] = [];
    const tasks = gates.map(({ wait }, index) =>
      semaphore.use(async () => {
        entered.push(index);
        await wait;
      }),
    );
    await Promise.resolve();
    expect(entered).toEqual([0, 1]);
    gates[1]?.open();
    await tasks[1];
    await Promise.resolve();
    expect(entered).toEqual([0, 1, 2]);
    for (const { open } of gates) open();
    await Promise.all(tasks);
  });

  it('gives its place back when a task fails', async () => {
    const semaphore = new Semaphore(1);
    await expect(semaphore.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(semaphore.use(() => Promise.resolve('yes'))).resolves.toBe('yes');
  });

  it('an aborted wait leaves the line', async () => {
    const semaphore = new Semaphore(1);
    const first = gate();
    const running = semaphore.use(() => first.wait);
    const controller = new AbortController();
    const waiting = semaphore.use(() => Promise.resolve('never'), controller.signal);
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    first.open();
    await running;
    await expect(semaphore.use(() => Promise.resolve('next'))).resolves.toBe('next');
  });

  it.each([0, -1, 1.5])('refuses the limit %s', (limit) =>
    expect(() => new Semaphore(limit)).toThrow(RangeError),
  );
});
