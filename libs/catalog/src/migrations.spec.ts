import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrationsFolder, pendingMigrations, readMigrations } from './migrations.ts';

const migration = (name: string) => ({ name, sql: '', checksum: `sum of ${name}` });
const row = (name: string, over: object = {}) => ({
  migration_name: name,
  checksum: `sum of ${name}`,
  finished_at: new Date(),
  rolled_back_at: null,
  ...over,
});
const known = [migration('0001_a'), migration('0002_b'), migration('0003_c')];

test('the migrations of the repository are found and carry the hash of their file', () => {
  const folder = migrationsFolder();
  const [first] = readMigrations(folder);
  expect(first?.name).toBe('0001_init');
  expect(first?.checksum).toBe(
    createHash('sha256')
      .update(readFileSync(join(folder, '0001_init', 'migration.sql')))
      .digest('hex'),
  );
});

test('what is not applied is pending, in order', () => {
  expect(pendingMigrations(known, [row('0001_a')]).map(({ name }) => name)).toEqual(['0002_b', '0003_c']);
  expect(
    pendingMigrations(
      known,
      known.map(({ name }) => row(name)),
    ),
  ).toEqual([]);
});

test('one that did not finish, or was rolled back, is pending again', () => {
  const rows = [
    row('0001_a'),
    row('0002_b', { finished_at: null }),
    row('0002_b', { rolled_back_at: new Date() }),
  ];
  expect(pendingMigrations(known, rows).map(({ name }) => name)).toEqual(['0002_b', '0003_c']);
});

test.each([
  ['a database that is ahead', [row('0001_a'), row('0004_d')], /ahead of this version.*0004_d/],
  ['a changed file', [row('0001_a', { checksum: 'other' })], /0001_a was changed/],
  ['a file that came in between', [row('0001_a'), row('0003_c')], /0002_b comes before/],
])('%s is refused', (_, rows, message) => {
  expect(() => pendingMigrations(known, rows)).toThrow(message);
});
