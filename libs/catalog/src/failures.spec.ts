import { VisionError } from '@fovea/contracts';
import { expect, test } from 'vitest';
import { asCatalogError } from './failures.ts';

const error = (code: string, message = 'x') => Object.assign(new Error(message), { code });

test.each([
  ['refused', error('ECONNREFUSED'), 'CATALOG_UNAVAILABLE'],
  [
    'several addresses refused',
    Object.assign(new AggregateError([error('ECONNREFUSED')], ''), {}),
    'CATALOG_UNAVAILABLE',
  ],
  ['shut down', error('57P01'), 'CATALOG_UNAVAILABLE'],
  ['too many connections', error('53300'), 'CATALOG_UNAVAILABLE'],
  ['wrong password', error('28P01'), 'CATALOG_UNAVAILABLE'],
  ['ended', new Error('Connection terminated unexpectedly'), 'CATALOG_UNAVAILABLE'],
  ['no answer', new Error('Query read timeout'), 'CATALOG_UNAVAILABLE'],
  ['Prisma cannot reach it', error('P1001'), 'CATALOG_UNAVAILABLE'],
  ['inside a cause', new Error('outer', { cause: error('ECONNRESET') }), 'CATALOG_UNAVAILABLE'],
  [
    'inside what Prisma tells',
    Object.assign(new Error('x'), { meta: { driverAdapterError: { cause: { originalCode: '57P03' } } } }),
    'CATALOG_UNAVAILABLE',
  ],
  ['full database', error('53100'), 'STORAGE_FULL'],
  ['full disk', error('ENOSPC'), 'STORAGE_FULL'],
])('%s', (_, cause, code) => {
  expect(asCatalogError(cause)).toMatchObject({ code, cause });
});

test('an error of ours and a bug stay what they are', () => {
  const ours = new VisionError('CONFLICT', 'x');
  const bug = new TypeError('x');
  expect(asCatalogError(ours)).toBe(ours);
  expect(asCatalogError(bug)).toBe(bug);
});
