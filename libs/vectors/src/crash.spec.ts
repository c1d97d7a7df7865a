import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { bestOf } from '../test/expected.ts';
import { MemorySource } from '../test/memory-source.ts';
import { seeded, unitVectors } from '../test/random-vectors.ts';
import { openVectors } from './vectors.ts';

const DIMENSION = 64;
const LIMITS = { snapshotFrom: 500, backoffMs: 1 };

async function collectionOf(count: number) {
  const dataDir = await mkdtemp(join(tmpdir(), 'fovea-vectors-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const source = new MemorySource();
  const ref = { collectionId: randomUUID(), spaceId: randomUUID(), dimension: DIMENSION };
  source.create(ref.collectionId);
  const vectors = unitVectors(count, DIMENSION, seeded(3));
  source.add(ref.collectionId, { [ref.spaceId]: vectors });
  const open = async () => {
    const port = await openVectors({ source, dataDir, backend: 'exact', limits: LIMITS });
    onTestFinished(() => port.close());
    return port;
  };
  return { dataDir, ref, vectors, open, folder: join(dataDir, 'vectors', ref.collectionId, ref.spaceId) };
}
const snapshots = async (folder: string) =>
  (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('tmp-'));

describe('after a crash', { timeout: 60_000 }, () => {
  it('searches that were under way are answered by the next host', async () => {
    const { ref, vectors, open } = await collectionOf(4000);
    const port = await open();
    const query = vectors[17] as Float32Array;
    await port.search(ref, query, { k: 1 });
    const random = seeded(11);
    for (let round = 0; round < 10; round++) {
      const asked = Promise.all(
        Array.from({ length: 20 }, () => port.search(ref, query, { k: 3, exact: true })),
      );
      for (let turns = Math.floor(random() * 20); turns > 0; turns--)
        await new Promise((resolve) => setImmediate(resolve));
      if (port.hostPid !== null) process.kill(port.hostPid, 'SIGKILL');
      for (const { hits } of await asked) expect(hits[0]).toMatchObject({ ordinal: 17 });
      await port.search(ref, query, { k: 1 });
    }
    expect(await port.verify(ref)).toMatchObject({ ok: true, items: 4000 });
  });

  it.each(['vectors.f32', 'ordinals.i32', 'manifest.json'])(
    'a damaged %s is noticed, and made again',
    async (file) => {
      const { ref, vectors, open, folder } = await collectionOf(1000);
      const first = await open();
      await first.search(ref, vectors[0] as Float32Array, { k: 1 });
      await vi.waitFor(async () => expect(await snapshots(folder)).toHaveLength(1), { timeout: 20_000 });
      await first.close();
      const [name = ''] = await snapshots(folder);
      const path = join(folder, name, file);
      if (file === 'manifest.json') await writeFile(path, '{"format": 1');
      else await truncate(path, 100);
      const second = await open();
      const { hits } = await second.search(ref, vectors[5] as Float32Array, { k: 3 });
      const truth = new Map(vectors.map((vector, ordinal) => [ordinal, vector]));
      expect(hits.map(({ ordinal }) => ordinal)).toEqual(
        bestOf(truth, vectors[5] as Float32Array, 3).map(({ ordinal }) => ordinal),
      );
      expect(await second.verify(ref)).toMatchObject({ ok: true, items: 1000 });
    },
  );
});
