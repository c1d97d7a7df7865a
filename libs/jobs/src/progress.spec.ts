import type { JobProgress } from '@fovea/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from './progress.ts';

describe('Progress', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const make = () => {
    const told: JobProgress[] = [];
    const saved: JobProgress[] = [];
    const progress = new Progress({ tell: (next) => told.push(next), save: (next) => saved.push(next) });
    return { told, saved, progress };
  };

  it('tells ten times a second at most, saves once, and neither loses the newest', () => {
    const { told, saved, progress } = make();
    for (let done = 0; done <= 200; done++) {
      progress.report(done, 200, 'images');
      vi.advanceTimersByTime(10);
    }
    expect(told.length).toBeGreaterThan(15);
    expect(told.length).toBeLessThanOrEqual(22);
    expect(saved.length).toBeGreaterThanOrEqual(2);
    expect(saved.length).toBeLessThanOrEqual(4);
    vi.advanceTimersByTime(1000);
    expect(told.at(-1)).toMatchObject({ done: 200, total: 200, etaMs: 0 });
    expect(saved.at(-1)).toMatchObject({ done: 200 });
  });

  it('reckons the time left from what this attempt did', () => {
    const { told, progress } = make();
    progress.report(50, 100, 'images'); // before the restart
    expect(told.at(-1)?.etaMs).toBeNull();
    vi.advanceTimersByTime(2000);
    progress.report(60, 100, 'images');
    expect(told.at(-1)?.etaMs).toBe(8000);
  });

  it('says the last one when it is flushed, and nothing after it was dropped', () => {
    const { told, saved, progress } = make();
    progress.report(1, 3, 'images');
    progress.report(2, 3, 'images');
    expect(told.map(({ done }) => done)).toEqual([1]);
    progress.flush();
    expect([told, saved].map((list) => list.map(({ done }) => done))).toEqual([
      [1, 2],
      [1, 2],
    ]);
    progress.report(3, 3, 'images');
    progress.drop();
    vi.advanceTimersByTime(5000);
    expect(told.map(({ done }) => done)).toEqual([1, 2]);
  });
});
