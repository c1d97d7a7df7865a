import { expect, test } from 'vitest';
import type { PreparedRecord } from './record.ts';
import { Recorder, type RecordTarget } from './recorder.ts';

const record = (id: string) => ({ owner: 'local', envelope: { run: { id } } }) as unknown as PreparedRecord;
const ids = (batch: readonly PreparedRecord[]) => batch.map((each) => each.envelope.run.id);

/** A database whose commits end when the test says so. */
function target(
  insert: (batch: string[]) => Promise<void>,
  committed: string[] = [],
): RecordTarget & { batches: string[][] } {
  const batches: string[][] = [];
  return {
    batches,
    insert: (batch) => {
      batches.push(ids(batch));
      return insert(ids(batch));
    },
    committed: () => Promise.resolve(new Set(committed)),
  };
}
const taken = () => Object.assign(new Error('duplicate key'), { code: '23505' });
const lost = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });

/** Waits without waiting, and remembers how long it would have been. */
function clock() {
  const clock = {
    ms: 0,
    wait: (ms: number) => {
      clock.ms += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

test('a lone call is committed at once; calls during a commit share the next one', async () => {
  const first = Promise.withResolvers<void>();
  let calls = 0;
  const database = target(() => (calls++ === 0 ? first.promise : Promise.resolve()));
  const recorder = new Recorder(database);
  const done: string[] = [];
  const all = ['a', 'b', 'c', 'd'].map((id) => recorder.add(record(id)).then(() => done.push(id)));
  expect(database.batches).toEqual([['a']]);
  expect(done).toEqual([]);
  first.resolve();
  await Promise.all(all);
  expect(database.batches).toEqual([['a'], ['b', 'c', 'd']]);
  expect(done).toEqual(['a', 'b', 'c', 'd']);
});

test('a call made by whoever was just answered is not forgotten', async () => {
  const recorder = new Recorder(target(() => Promise.resolve()));
  const added: number[] = [];
  for (let i = 0; i < 50; i++) await recorder.add(record(String(i))).then(() => added.push(i));
  expect(added).toHaveLength(50);
});

test('one bad record fails alone', async () => {
  const database = target((batch) =>
    batch.includes('bad') ? Promise.reject(new Error('invalid byte')) : Promise.resolve(),
  );
  const recorder = new Recorder(database);
  const settled = await Promise.allSettled(
    ['a', 'b', 'bad', 'c', 'd', 'e'].map((id) => recorder.add(record(id))),
  );
  expect(settled.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ]);
});

test('a taken id is a conflict', async () => {
  const recorder = new Recorder(
    target(() => Promise.reject(Object.assign(new Error('duplicate key'), { code: '23505' }))),
  );
  await expect(recorder.add(record('a'))).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('after a broken connection, what was committed is not inserted again', async () => {
  let calls = 0;
  const database = target(() => (calls++ === 0 ? Promise.reject(lost()) : Promise.resolve()), ['a']);
  await new Recorder(database, clock()).add(record('a'));
  expect(database.batches).toEqual([['a']]);
});

test('after a broken connection, a statement that still ran is waited for', async () => {
  const committed: string[] = [];
  let calls = 0;
  const database = target(() => {
    if (calls++ === 0) return Promise.reject(lost());
    committed.push('a'); // meanwhile the first one ended
    return Promise.reject(taken());
  }, committed);
  await new Recorder(database, clock()).add(record('a'));
  expect(database.batches).toEqual([['a'], ['a']]);
});

test('after a broken connection, an id that somebody else took is a conflict', async () => {
  let calls = 0;
  const database = target(() => Promise.reject(calls++ === 0 ? lost() : taken()));
  await expect(new Recorder(database, clock()).add(record('a'))).rejects.toMatchObject({ code: 'CONFLICT' });
});

test('after a broken connection, what was not committed is inserted again', async () => {
  let calls = 0;
  const database = target(() => (calls++ === 0 ? Promise.reject(lost()) : Promise.resolve()));
  await new Recorder(database, clock()).add(record('a'));
  expect(database.batches).toEqual([['a'], ['a']]);
});

test('a database that stays away is CATALOG_UNAVAILABLE within seconds', async () => {
  const time = clock();
  const recorder = new Recorder(
    target(() => Promise.reject(lost())),
    time,
  );
  await expect(recorder.add(record('a'))).rejects.toMatchObject({ code: 'CATALOG_UNAVAILABLE' });
  expect(time.ms).toBeLessThan(5_000);
});

test('a full disk is said at once', async () => {
  const recorder = new Recorder(
    target(() => Promise.reject(Object.assign(new Error('could not extend file'), { code: '53100' }))),
  );
  await expect(recorder.add(record('a'))).rejects.toMatchObject({ code: 'STORAGE_FULL' });
});
