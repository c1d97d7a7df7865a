import type { Stage, StageModel } from '@fovea/application';
import { expect, it } from 'vitest';
import { StageCache } from './stage-cache.ts';

type Kept = Stage<string, object, unknown, Uint8Array>;
const model = (sha256: string) => ({ id: 'm', sha256 }) as StageModel;
const stage = (change: Partial<Kept> = {}): Kept => ({
  name: 'features',
  version: 1,
  models: ['m'],
  outputs: [],
  preprocess: () => Promise.reject(new Error('not run here')),
  postprocess: () => Promise.reject(new Error('not run here')),
  cache: { key: (input) => input, bytes: ({ byteLength }) => byteLength },
  ...change,
});

/** Asks the cache and says which making answered. */
function asking(cache: StageCache) {
  let made = 0;
  return async (
    input: string,
    { owner = 'local', sha256 = 'a', bytes = 10, of = stage() } = {},
  ): Promise<number> => {
    const output = await cache
      .of(owner)
      .through(of, { input, params: {}, model: model(sha256) }, async () => {
        made += 1;
        const out = new Uint8Array(bytes);
        out[0] = made;
        return Promise.resolve(out);
      });
    return output[0] as number;
  };
}

it('makes a result once for the same owner, input, stage, version and weights', async () => {
  const ask = asking(new StageCache(1000));
  expect([await ask('cat'), await ask('cat')]).toEqual([1, 1]);
  expect(await ask('dog')).toBe(2);
  expect(await ask('cat', { owner: 'ann' })).toBe(3);
  expect(await ask('cat', { sha256: 'b' })).toBe(4);
  expect(await ask('cat', { of: stage({ version: 2 }) })).toBe(5);
  expect(await ask('cat', { of: stage({ name: 'other' }) })).toBe(6);
  expect(await ask('cat')).toBe(1);
});

it('lets the least recently used go when it is full, and never holds more', async () => {
  const cache = new StageCache(25);
  const ask = asking(cache);
  await ask('a');
  await ask('b');
  expect(await ask('a')).toBe(1);
  await ask('c');
  expect(cache.bytes).toBe(20);
  expect(await ask('a')).toBe(1);
  expect(await ask('b')).toBe(4);
  // Larger than all of it: made, and not kept.
  expect([await ask('huge', { bytes: 26 }), await ask('huge', { bytes: 26 })]).toEqual([5, 6]);
  expect(cache.bytes).toBeLessThanOrEqual(25);
});

it('does not keep what asks for no cache, or has no key', async () => {
  const ask = asking(new StageCache(1000));
  const { cache: _, ...plain } = stage();
  expect([await ask('x', { of: plain }), await ask('x', { of: plain })]).toEqual([1, 2]);
  const keyless = stage({ cache: { key: () => undefined, bytes: () => 1 } });
  expect([await ask('x', { of: keyless }), await ask('x', { of: keyless })]).toEqual([3, 4]);
});

it('shares what is being made, even where nothing is kept; a failure is made again', async () => {
  const cache = new StageCache(0);
  const use = { input: 'cat', params: {}, model: model('a') };
  let made = 0;
  const slow = Promise.withResolvers<Uint8Array>();
  const make = (): Promise<Uint8Array> => {
    made += 1;
    return slow.promise;
  };
  const both = [cache.of('local').through(stage(), use, make), cache.of('local').through(stage(), use, make)];
  slow.resolve(new Uint8Array(1));
  await Promise.all(both);
  expect(made).toBe(1);
  expect(cache.bytes).toBe(0);

  const failing = Promise.withResolvers<Uint8Array>();
  const first = cache.of('local').through(stage(), use, () => failing.promise);
  const second = cache.of('local').through(stage(), use, () => Promise.resolve(Uint8Array.of(7)));
  failing.reject(new Error('cancelled'));
  await expect(first).rejects.toThrow('cancelled');
  expect((await second)[0]).toBe(7);
});
