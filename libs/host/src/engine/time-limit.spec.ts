import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { timeLimit } from './time-limit.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('timeLimit', () => {
  it('fires when the time is over', () => {
    const { signal } = timeLimit(100, undefined);
    vi.advanceTimersByTime(99);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(signal.reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });
  it('hands an outer abort on, also one that was before', () => {
    const outer = new AbortController();
    const { signal } = timeLimit(100, outer.signal);
    outer.abort(new Error('gone'));
    expect(signal.reason).toEqual(new Error('gone'));
    expect(timeLimit(100, outer.signal).signal.aborted).toBe(true);
  });
  it('keeps nothing once it is ended', () => {
    const outer = new AbortController();
    const { signal, end } = timeLimit(100, outer.signal);
    end();
    expect(vi.getTimerCount()).toBe(0);
    outer.abort();
    expect(signal.aborted).toBe(false);
  });
});
