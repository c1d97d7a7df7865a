import { VisionError } from '@fovea/contracts';
import { describe, expect, it } from 'vitest';
import { ConnectionError } from './errors.ts';
import { isTransient, pause, retryAfterSeconds, retryDelayMs } from './retry.ts';

describe('retryDelayMs', () => {
  it('doubles its ceiling with every attempt, up to ten seconds', () => {
    expect([0, 1, 2, 3].map((attempt) => retryDelayMs(attempt, undefined, 0.5))).toEqual([
      100, 200, 400, 800,
    ]);
    expect(retryDelayMs(30, undefined, 0.5)).toBe(5000);
  });

  it('never waits less than Retry-After', () => {
    expect(retryDelayMs(0, 3, 0)).toBe(3000);
    expect(retryDelayMs(0, 3, 0.5)).toBe(3100);
  });
});

describe('retryAfterSeconds', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['2', 2],
    ['0', 0],
    ['-4', 0],
    ['Thu, 01 Jan 2026 00:00:07 GMT', 7],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['soon', undefined],
    ['', undefined],
    [null, undefined],
  ])('reads %j as %s', (header, seconds) => expect(retryAfterSeconds(header, now)).toBe(seconds));
});

describe('isTransient', () => {
  const address = { url: 'http://x', hint: '' };
  it.each([
    ['a full queue', new VisionError('QUEUE_FULL', ''), true],
    ['a catalog that is away', new VisionError('CATALOG_UNAVAILABLE', ''), true],
    ['a broken connection', new ConnectionError('UNREACHABLE', '', address), true],
    ['missing weights', new VisionError('MODEL_MISSING', ''), false],
    ['a wait of an hour', new VisionError('RATE_LIMITED', '', { retryAfterS: 3600 }), false],
    ['a wrong parameter', new VisionError('INVALID_PARAMETER', ''), false],
    ['another server', new ConnectionError('NOT_FOVEA', '', address), false],
    ['a time-out', new ConnectionError('TIMEOUT', '', address), false],
  ])('%s', (_name, error, transient) => expect(isTransient(error)).toBe(transient));
});

it('pause ends with the reason of its signal', async () => {
  const controller = new AbortController();
  const waiting = pause(1_000_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(pause(0, controller.signal)).rejects.toThrow('enough');
});
