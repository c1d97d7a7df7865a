import { expect, it } from 'vitest';
import { BatchProfile } from './profile.ts';

/** Measures every size it asks for. */
function measure(profile: BatchProfile, ms: (rows: number) => number): number[] {
  const sizes: number[] = [];
  for (let size = profile.nextSize; size !== undefined; size = profile.nextSize) {
    if (sizes.at(-1) !== size) sizes.push(size);
    profile.measured(ms(size));
  }
  return sizes;
}

it('grows while larger batches raise the rows per second by more than 8 %', () => {
  const profile = new BatchProfile('cpu', true);
  expect(measure(profile, (rows) => ({ 1: 10, 2: 16, 4: 28, 8: 54 })[rows] ?? NaN)).toEqual([1, 2, 4, 8]);
  expect(profile.limits()).toEqual({ max: 4, buckets: [], measuredMs: { 1: 10, 2: 16, 4: 28, 8: 54 } });
});

it('stops measuring a slow model early', () => {
  const profile = new BatchProfile('cpu', true);
  expect(measure(profile, (rows) => 300 * Math.sqrt(rows))).toEqual([1]);
  expect(profile.limit).toBe(1);
});

it('takes the fastest run of a size and not the first', () => {
  const profile = new BatchProfile('cpu', true);
  for (const ms of [1, 12, 10, 30, 11, 10]) profile.measured(ms);
  expect(profile.limits().measuredMs).toEqual({ 1: 10 });
});

it('does not measure what must not be joined', () => {
  expect(new BatchProfile('cpu', false).nextSize).toBeUndefined();
  const profile = new BatchProfile('webgpu', true);
  profile.stopBatching();
  expect([profile.nextSize, profile.limit]).toEqual([undefined, 1]);
});

it('pads on a GPU only, up to the limit', () => {
  const gpu = new BatchProfile('webgpu', true);
  measure(gpu, (rows) => (rows <= 8 ? 10 : 10 * rows));
  expect([1, 3, 5, 8, 9].map((rows) => gpu.bucket(rows))).toEqual([1, 4, 8, 8, 9]);
  const cpu = new BatchProfile('cpu', true);
  measure(cpu, () => 10);
  expect(cpu.bucket(3)).toBe(3);
});

it('estimates from what is nearest, and from real batches first', () => {
  const profile = new BatchProfile('cpu', true);
  expect(profile.estimateMs(1)).toBeUndefined();
  profile.observe(2, 20);
  expect([profile.estimateMs(1), profile.estimateMs(2), profile.estimateMs(6)]).toEqual([10, 20, 60]);
  profile.observe(2, 40);
  expect(profile.estimateMs(2)).toBe(24);
});

it('is overdue when real work leaves no time to measure', () => {
  const profile = new BatchProfile('cpu', true);
  for (let batch = 0; batch < 15; batch++) profile.observe(1, 10);
  expect(profile.overdue).toBe(false);
  profile.observe(1, 10);
  expect(profile.overdue).toBe(true);
  profile.measured(10);
  expect(profile.overdue).toBe(false);
});
