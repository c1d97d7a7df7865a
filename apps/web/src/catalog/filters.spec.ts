import fc from 'fast-check';
import { TASKS } from '@fovea/contracts';
import { describe, expect, it } from 'vitest';
import { describeFilter, readFilters, toRunFilter, writeFilters, type Filters } from './filters.ts';

const word = fc
  .string({ minLength: 1, maxLength: 20 })
  .map((text) => text.trim())
  .filter(Boolean);
const day = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const anyFilters: fc.Arbitrary<Filters> = fc.record(
  {
    q: word,
    about: word,
    task: fc.constantFrom(...TASKS),
    model: word,
    label: word,
    minScore: fc.integer({ min: 1, max: 100 }).map((n) => n / 100),
    since: day,
    until: day,
  },
  { requiredKeys: [] },
);

describe('filters in the address', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(anyFilters, (filters) => {
        expect(readFilters(new URLSearchParams(writeFilters(filters).toString()))).toEqual(filters);
      }),
    );
  });

  it('are in one order, so that the same view has the same address', () => {
    expect(writeFilters({ minScore: 0.5, q: 'tabby cat' }).toString()).toBe('q=tabby+cat&minScore=0.5');
  });

  it('leave out what makes no sense', () => {
    const search = new URLSearchParams(
      'task=telepathy&minScore=7&since=yesterday&until=2026-13-40&q=+&label=tabby',
    );
    expect(readFilters(search)).toEqual({ label: 'tabby' });
  });
});

describe('toRunFilter', () => {
  it('covers whole local days', () => {
    const { since, until } = toRunFilter({ since: '2026-11-23', until: '2026-11-23' });
    expect(Date.parse(until ?? '') - Date.parse(since ?? '')).toBe(24 * 3600 * 1000 - 1);
    expect(new Date(since ?? '').getHours()).toBe(0);
  });

  it('passes the rest on', () => {
    expect(toRunFilter({ q: 'cat', minScore: 0.4 })).toEqual({ q: 'cat', minScore: 0.4 });
  });
});

describe('describeFilter', () => {
  it('says what a filter does', () => {
    const filters: Filters = { q: 'cat', about: 'a cat', minScore: 0.4, task: 'classification' };
    expect(
      (['q', 'about', 'minScore', 'task'] as const).map((name) => describeFilter(name, filters)),
    ).toEqual(['“cat”', 'about “a cat”', 'score ≥ 40 %', 'task: classification']);
  });
});
