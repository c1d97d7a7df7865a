import type { IndexRef, VectorPort, VectorSearch, VectorSource } from '@fovea/application';
import { VisionError, type Projection } from '@fovea/contracts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bestOf, cosine, faultOf, recall } from './expected.ts';
import { MemorySource, type State } from './memory-source.ts';
import { clustered, seeded, unit, unitVectors } from './random-vectors.ts';

export interface OpenedVectors {
  readonly port: VectorPort;
  /** Closes the port in an orderly way and opens another on what it left behind. */
  reopen(): Promise<VectorPort>;
  close(): Promise<void>;
  /** Changes one vector of an index that has been searched, and nothing else, behind the port's back. */
  tamper?(ref: IndexRef): Promise<void>;
}

export interface ConformanceOptions {
  /** Vectors of the collection whose recall is measured. Default 20,000. */
  readonly recallSize?: number;
  /** Of one test that works with many vectors. Default 60,000. */
  readonly timeoutMs?: number;
}

const DIMENSION = 16;
/** Of the largest test collection; small ones come in a few pieces so. */
const SOURCE = { changesAtOnce: 25_000, allAtOnce: 4000 };

/**
 * What every VectorPort must do. Beyond the port's own words: queries are unit vectors of the index's dimension, anything
 * else is a RangeError, and so is a k that is no whole number above 0; equal scores come by rising ordinal; a collection
 * that is gone finds nothing; a failing source fails that search alone; of two neighbours `a` is the lower ordinal, and a
 * pair comes once, if either has the other among its k nearest.
 */
export function vectorPortConformance(
  name: string,
  open: (source: VectorSource) => Promise<OpenedVectors>,
  { recallSize = 20_000, timeoutMs = 60_000 }: ConformanceOptions = {},
): void {
  describe(`vectors: ${name}`, { timeout: timeoutMs }, () => {
    const source = new MemorySource(SOURCE);
    const random = seeded(7);
    let opened: OpenedVectors;
    let port: VectorPort;
    const reopen = async () => (port = await opened.reopen());
    beforeAll(async () => {
      opened = await open(source);
      port = opened.port;
    }, timeoutMs);
    afterAll(() => opened.close(), timeoutMs);

    const collectionOf = (dimension = DIMENSION): IndexRef => {
      const collectionId = randomUUID();
      source.create(collectionId);
      return { collectionId, spaceId: randomUUID(), dimension };
    };
    const add = (ref: IndexRef, vectors: readonly Float32Array[]) =>
      source.add(ref.collectionId, { [ref.spaceId]: vectors });
    const filled = (count: number, dimension = DIMENSION): IndexRef => {
      const ref = collectionOf(dimension);
      add(ref, unitVectors(count, dimension, random));
      return ref;
    };
    const stateOf = (ref: IndexRef): State => source.at(ref.collectionId, ref.spaceId);
    const someQuery = (ref: IndexRef) => unitVectors(1, ref.dimension, random)[0]!;
    const search = async (ref: IndexRef, query: Float32Array, options: VectorSearch) =>
      (await port.search(ref, query, options)).hits;
    /** Searches, and compares the answer with brute force. */
    const expectExact = async (ref: IndexRef, options: Partial<VectorSearch> = {}) => {
      const query = someQuery(ref);
      const { k = 10, only } = options;
      const state = only
        ? new Map([...stateOf(ref)].filter(([ordinal]) => only.includes(ordinal)))
        : stateOf(ref);
      const hits = await search(ref, query, { k, ...options });
      expect(faultOf(hits, { state, query, k })).toBeNull();
      return hits;
    };
    const codeOf = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'no error',
        (error: unknown) => (error instanceof VisionError ? error.code : error),
      );

    describe('search', () => {
      it('finds the nearest, best first, with their cosines', async () => {
        const ref = filled(300);
        for (let round = 0; round < 10; round += 1) await expectExact(ref);
        const [vector] = [...stateOf(ref).values()];
        const [hit] = await search(ref, vector!, { k: 1 });
        expect(hit!.ordinal).toBe(0);
        expect(hit!.score).toBeCloseTo(1, 5);
      });

      it('gives equals by rising ordinal', async () => {
        const ref = collectionOf();
        const [same, other] = unitVectors(2, DIMENSION, random) as [Float32Array, Float32Array];
        add(ref, [other, same, same, other, same]);
        const hits = await search(ref, same, { k: 3 });
        expect(hits.map(({ ordinal }) => ordinal)).toEqual([1, 2, 4]);
        expect(await expectExact(ref, { k: 5 })).toHaveLength(5);
      });

      it('finds opposites: a cosine may be negative', async () => {
        const ref = collectionOf();
        const [vector] = unitVectors(1, DIMENSION, random) as [Float32Array];
        add(ref, [vector.map((value) => -value)]);
        const [hit] = await search(ref, vector, { k: 1 });
        expect(hit!.score).toBeCloseTo(-1, 5);
      });

      it('finds all there are when more are asked for', async () => {
        const ref = filled(7);
        expect(await expectExact(ref, { k: 1000 })).toHaveLength(7);
        const answer = await port.search(ref, someQuery(ref), { k: 8 });
        expect(answer.info).toMatchObject({ backend: port.backend.id, items: 7 });
      });

      it('finds nothing in an empty collection, and one that is gone', async () => {
        const ref = collectionOf();
        expect((await port.search(ref, someQuery(ref), { k: 5 })).hits).toEqual([]);
        const gone = filled(3);
        source.delete(gone.collectionId);
        expect(await search(gone, someQuery(gone), { k: 5 })).toEqual([]);
        const later = filled(3);
        await expectExact(later);
        source.delete(later.collectionId);
        expect(await search(later, someQuery(later), { k: 5 })).toEqual([]);
      });

      it('compares with all when asked', async () => {
        const ref = filled(200);
        const query = someQuery(ref);
        const answer = await port.search(ref, query, { k: 10, exact: true });
        expect(answer.exact).toBe(true);
        expect(faultOf(answer.hits, { state: stateOf(ref), query, k: 10 })).toBeNull();
      });

      it.each([1, 3, 256, 1280])('takes %i dimensions', async (dimension) => {
        const ref = filled(60, dimension);
        for (let round = 0; round < 3; round += 1) await expectExact(ref, { k: 60 });
      });

      it('keeps spaces of a collection apart, whatever their dimensions', async () => {
        const wide = collectionOf(64);
        const narrow = { ...wide, spaceId: randomUUID(), dimension: 3 };
        source.add(wide.collectionId, {
          [wide.spaceId]: unitVectors(50, 64, random),
          [narrow.spaceId]: unitVectors(50, 3, random),
        });
        await expectExact(wide);
        await expectExact(narrow);
        const late = { ...wide, spaceId: randomUUID(), dimension: 8 };
        expect(await search(late, someQuery(late), { k: 3 })).toEqual([]);
        source.addVectors(late.collectionId, late.spaceId, new Map([[7, unitVectors(1, 8, random)[0]!]]));
        expect(await expectExact(late)).toHaveLength(1);
        source.remove(wide.collectionId, [7]);
        expect(await search(late, someQuery(late), { k: 3 })).toEqual([]);
        expect(await expectExact(wide, { k: 50 })).toHaveLength(49);
        expect(await expectExact(narrow, { k: 50 })).toHaveLength(49);
      });

      it('refuses a query of another length, and a k that is no count', async () => {
        const ref = filled(3);
        await expect(port.search(ref, new Float32Array(DIMENSION - 1), { k: 1 })).rejects.toThrow(RangeError);
        await expect(port.search(ref, someQuery(ref), { k: 0 })).rejects.toThrow(RangeError);
        await expect(port.search(ref, someQuery(ref), { k: 1.5 })).rejects.toThrow(RangeError);
        await expectExact(ref);
      });
    });

    describe('filter', () => {
      const cases: [string, (ordinals: number[]) => number[]][] = [
        ['none', () => []],
        ['one', ([first]) => [first!]],
        ['few', (ordinals) => ordinals.filter((ordinal) => ordinal % 50 === 3)],
        ['most', (ordinals) => ordinals.filter((ordinal) => ordinal % 50 !== 3)],
        ['all', (ordinals) => ordinals],
      ];
      it.each(cases)('finds among %s', async (_name, choose) => {
        const ref = filled(500);
        const only = Int32Array.from(choose([...stateOf(ref).keys()]));
        for (const exact of [false, true]) await expectExact(ref, { only, exact, k: 20 });
        expect(await expectExact(ref, { only, k: 1000 })).toHaveLength(only.length);
      });

      it('passes over what is not there', async () => {
        const ref = filled(20);
        source.remove(ref.collectionId, [5]);
        const hits = await search(ref, someQuery(ref), { k: 5, only: Int32Array.of(4, 5, 6, 1_000_000) });
        expect(hits.map(({ ordinal }) => ordinal).sort()).toEqual([4, 6]);
      });
    });

    describe('changes', () => {
      it('sees what was added and removed before the very next search', async () => {
        const ref = filled(40);
        await expectExact(ref);
        for (let round = 0; round < 12; round += 1) {
          const [vector] = unitVectors(1, DIMENSION, random) as [Float32Array];
          const [ordinal] = add(ref, [vector]);
          expect((await search(ref, vector, { k: 1 }))[0]!.ordinal).toBe(ordinal);
          source.remove(ref.collectionId, [round % 2 ? ordinal! : round]);
          await expectExact(ref, { k: 60 });
        }
        expect((await port.search(ref, someQuery(ref), { k: 1 })).info.items).toBe(stateOf(ref).size);
      });

      it('is empty after all were deleted, and fills again', async () => {
        const ref = filled(120);
        await expectExact(ref);
        source.remove(ref.collectionId, [...stateOf(ref).keys()]);
        const answer = await port.search(ref, someQuery(ref), { k: 10 });
        expect(answer.hits).toEqual([]);
        expect(answer.info.items).toBe(0);
        add(ref, unitVectors(30, DIMENSION, random));
        expect(await expectExact(ref, { k: 50 })).toHaveLength(30);
        expect(await port.verify(ref)).toMatchObject({ ok: true, items: 30 });
      });

      it('reads everything again where removals are no longer listed', async () => {
        const ref = filled(50);
        await expectExact(ref);
        source.remove(ref.collectionId, [1, 2, 3]);
        add(ref, unitVectors(5, DIMENSION, random));
        source.prune(ref.collectionId);
        expect(await expectExact(ref, { k: 100 })).toHaveLength(52);
        expect(await port.verify(ref)).toMatchObject({ ok: true, items: 52, surplus: 0 });
      });

      it('fails with its source, and goes on when that answers again', async () => {
        const ref = filled(30);
        const failure = () => new VisionError('CATALOG_UNAVAILABLE', 'no connection');
        source.failNext('all', failure());
        source.failNext('changes', failure());
        source.failNext('revision', failure());
        const codes = [];
        for (let round = 0; round < 4; round += 1)
          codes.push(await codeOf(port.search(ref, someQuery(ref), { k: 1 })));
        expect(codes).toContain('CATALOG_UNAVAILABLE');
        expect(new Set(codes)).toEqual(new Set(['CATALOG_UNAVAILABLE', 'no error']));
        add(ref, unitVectors(5, DIMENSION, random));
        // A failure that nobody met is met now, at the latest.
        await codeOf(port.search(ref, someQuery(ref), { k: 1 }));
        await codeOf(port.rebuild(ref));
        expect(await expectExact(ref, { k: 100 })).toHaveLength(35);
      });

      it('never tears: every answer is that of a revision between its begin and its end', async () => {
        const ref = filled(100);
        const faults: string[] = [];
        let searches = 0;
        const check = async (own?: Float32Array) => {
          const query = own ?? someQuery(ref);
          const from = source.revisionOf(ref.collectionId);
          const hits = await search(ref, query, { k: 12 });
          const to = source.revisionOf(ref.collectionId);
          searches += 1;
          const reasons: string[] = [];
          for (let revision = from; revision <= to; revision += 1) {
            const state = source.at(ref.collectionId, ref.spaceId, revision);
            const fault = faultOf(hits, { state, query, k: 12 });
            if (fault === null) return;
            reasons.push(`${revision}: ${fault}`);
          }
          faults.push(reasons.join('\n'));
        };
        let writing = true;
        const reader = async () => {
          while (writing) await check();
        };
        const readers = [reader(), reader(), reader(), reader()];
        for (let round = 0; round < 40; round += 1) {
          const vectors = unitVectors(1 + (round % 5), DIMENSION, random);
          add(ref, vectors);
          const alive = [...stateOf(ref).keys()];
          source.remove(
            ref.collectionId,
            alive.filter(() => random() < 0.03),
          );
          await check(vectors[0]);
        }
        writing = false;
        await Promise.all(readers);
        expect(faults).toEqual([]);
        expect(searches).toBeGreaterThan(40);
        expect(await port.verify(ref)).toMatchObject({ ok: true, items: stateOf(ref).size });
      });
    });

    describe('files', () => {
      it('finds the same after it was closed, and what changed meanwhile', async () => {
        const ref = filled(150);
        source.remove(ref.collectionId, [10, 20]);
        const query = someQuery(ref);
        const before = await search(ref, query, { k: 20 });
        await reopen();
        expect(await search(ref, query, { k: 20 })).toEqual(before);
        add(ref, unitVectors(10, DIMENSION, random));
        source.remove(ref.collectionId, [11]);
        await reopen();
        expect(await expectExact(ref, { k: 200 })).toHaveLength(157);
      });

      it('is made again from Postgres, and equals it', async () => {
        const ref = filled(130);
        source.remove(ref.collectionId, [0, 129]);
        const progress: [number, number][] = [];
        const onProgress = (done: number, total: number) => void progress.push([done, total]);
        const report = await port.rebuild(ref, { onProgress });
        expect(report).toMatchObject({ ok: true, items: 128, missing: 0, surplus: 0, different: 0 });
        expect(report.index).toMatchObject({ backend: port.backend.id, items: 128 });
        expect(progress.at(-1)).toEqual([128, 128]);
        expect(progress.map(([done]) => done)).toEqual(progress.map(([done]) => done).sort((a, b) => a - b));
        expect(await port.verify(ref)).toMatchObject({ ok: true, items: 128 });
        await expectExact(ref);
      });

      it('verifies an empty one, and one that was never searched', async () => {
        const empty = { ok: true, items: 0, missing: 0, surplus: 0, different: 0 };
        expect(await port.verify(collectionOf())).toMatchObject(empty);
        expect(await port.verify(filled(9))).toMatchObject({ ...empty, items: 9 });
      });

      it('finds a vector that is not what it was, and heals by a rebuild', async ({ skip }) => {
        if (!opened.tamper) return skip('nothing here can be tampered with');
        const ref = filled(80);
        await expectExact(ref);
        await opened.tamper(ref);
        expect(await port.verify(ref)).toMatchObject({ ok: false, items: 80, different: 1 });
        expect(await port.rebuild(ref)).toMatchObject({ ok: true, different: 0 });
        expect(await port.verify(ref)).toMatchObject({ ok: true });
        await expectExact(ref);
      });

      it('forgets a collection', async () => {
        const ref = filled(20);
        const other = filled(5);
        await expectExact(ref);
        await expectExact(other);
        expect(port.info(ref)).toMatchObject({ items: 20, backend: port.backend.id });
        await port.drop(ref.collectionId);
        await port.drop(randomUUID());
        expect(port.info(ref)).toBeNull();
        expect(port.info(other)).toMatchObject({ items: 5 });
        await expectExact(ref);
      });
    });

    describe('neighbours', () => {
      it('pairs what is near, each pair once', async () => {
        const ref = collectionOf();
        const vectors = clustered(3, { dimension: DIMENSION, clusters: 12, spread: 0.4 })(90, random);
        add(ref, vectors);
        source.remove(ref.collectionId, [4, 44]);
        const state = stateOf(ref);
        const k = 3;
        const minScore = 0.85;
        const wanted = new Map<string, number>();
        for (const [ordinal, vector] of state) {
          const others = new Map([...state].filter(([other]) => other !== ordinal));
          for (const hit of bestOf(others, vector, k))
            if (hit.score >= minScore)
              wanted.set([ordinal, hit.ordinal].sort((a, b) => a - b).join('-'), hit.score);
        }
        const pairs = await port.neighbours(ref, { k, minScore });
        expect(wanted.size).toBeGreaterThan(20);
        expect(pairs.map(({ a, b }) => `${a}-${b}`).sort()).toEqual([...wanted.keys()].sort());
        for (const { a, b, score } of pairs)
          expect(score).toBeCloseTo(cosine(state.get(a)!, state.get(b)!), 5);
      });

      it('knows no neighbours of one, and pairs twins', async () => {
        const one = filled(1);
        expect(await port.neighbours(one, { k: 5, minScore: -1 })).toEqual([]);
        expect(await port.neighbours(collectionOf(), { k: 5, minScore: -1 })).toEqual([]);
        const twins = collectionOf();
        const [vector] = unitVectors(1, DIMENSION, random) as [Float32Array];
        add(twins, [vector, vector, vector.map((value) => -value)]);
        const pairs = await port.neighbours(twins, { k: 5, minScore: 0.999 });
        expect(pairs.map(({ a, b }) => [a, b])).toEqual([[0, 1]]);
      });
    });

    describe('map', () => {
      const place = async (ref: IndexRef, method: Projection, limit: number) => {
        const { ordinals, points } = await port.project(ref, { method, limit });
        return { ordinals: [...ordinals], points: [...points] };
      };

      it.each(['pca', 'umap'] as const)('places every vector within the unit square (%s)', async (method) => {
        const ref = filled(60);
        source.remove(ref.collectionId, [0]);
        const map = await place(ref, method, 1000);
        expect(map.ordinals).toEqual([...stateOf(ref).keys()]);
        expect(map.points).toHaveLength(118);
        expect(map.points.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(await place(ref, method, 1000)).toEqual(map);
      });

      it('places some of many, evenly chosen, and none of none', async () => {
        const ref = filled(100);
        const { ordinals, points } = await place(ref, 'pca', 10);
        expect(ordinals).toHaveLength(10);
        expect(points).toHaveLength(20);
        const gaps = ordinals.slice(1).map((ordinal, index) => ordinal - ordinals[index]!);
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(9);
        expect(Math.max(...gaps)).toBeLessThanOrEqual(12);
        expect(await place(collectionOf(), 'umap', 10)).toEqual({ ordinals: [], points: [] });
      });
    });

    it('stops when it is told to', async () => {
      const ref = filled(2000);
      const stopped = AbortSignal.abort();
      const query = someQuery(ref);
      expect(await codeOf(port.search(ref, query, { k: 5, signal: stopped }))).toBe('CANCELLED');
      const stopSoon = async (work: (signal: AbortSignal) => Promise<unknown>) => {
        const controller = new AbortController();
        const code = codeOf(work(controller.signal));
        controller.abort();
        return code;
      };
      expect(await stopSoon((signal) => port.search(ref, query, { k: 5, signal }))).toBe('CANCELLED');
      expect(await stopSoon((signal) => port.neighbours(ref, { k: 5, minScore: 0, signal }))).toBe(
        'CANCELLED',
      );
      expect(await stopSoon((signal) => port.rebuild(ref, { signal }))).toBe('CANCELLED');
      const map = (signal: AbortSignal) => port.project(ref, { method: 'umap', limit: 2000, signal });
      expect(await stopSoon(map)).toBe('CANCELLED');
      await expectExact(ref);
    });

    it(`finds at least 95 of 100 among ${recallSize} clustered vectors, and all when asked`, async () => {
      const ref = collectionOf(64);
      const draw = clustered(11, { dimension: 64, clusters: 200 });
      // Built at once, then a few more and fewer: as collections grow.
      const ordinals = add(ref, draw(recallSize, random));
      await search(ref, unit(new Float32Array(64).fill(1)), { k: 1 });
      source.remove(
        ref.collectionId,
        ordinals.filter((ordinal) => ordinal % 20 === 0),
      );
      add(ref, draw(500, random));
      const state = stateOf(ref);
      const queries = draw(50, random);
      const some = Int32Array.from([...state.keys()].filter((ordinal) => ordinal % 3 === 0));
      const chosen = new Map(Array.from(some, (ordinal) => [ordinal, state.get(ordinal)!] as const));
      let sum = 0;
      let sumChosen = 0;
      for (const query of queries) {
        const answer = await port.search(ref, query, { k: 10 });
        expect(answer.hits).toHaveLength(10);
        for (const { ordinal, score } of answer.hits)
          expect(score).toBeCloseTo(cosine(query, state.get(ordinal)!), 5);
        sum += recall(answer.hits, state, query);
        const filtered = await search(ref, query, { k: 10, only: some });
        expect(filtered).toHaveLength(10);
        sumChosen += recall(filtered, chosen, query);
      }
      expect(sum / queries.length).toBeGreaterThanOrEqual(0.95);
      expect(sumChosen / queries.length).toBeGreaterThanOrEqual(0.95);
      for (const query of queries.slice(0, 5)) {
        const { hits, exact } = await port.search(ref, query, { k: 10, exact: true });
        expect(exact).toBe(true);
        expect(faultOf(hits, { state, query, k: 10 })).toBeNull();
      }
    });
  });
}
