import type { Collection, SearchAnswer } from '@fovea/contracts';
import { Fovea, type SearchQuery } from '@fovea/sdk';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresMissing } from './postgres.ts';
import { startServer, type TestServer } from './server.ts';

const STAYING = 24;
const SEARCHES = 100;
const ROUNDS = 5;

/** When an item came and went, by the clock of the client: it changed somewhere between start and end. */
interface Life {
  readonly addStart: number;
  readonly addEnd: number;
  deleteStart: number;
  deleteEnd: number;
}
interface Search {
  readonly start: number;
  readonly end: number;
  readonly self: string | null;
  readonly answer: SearchAnswer;
}

/** A picture of 4x4 colours that no other number has. */
async function picture(n: number): Promise<File> {
  const colours = Buffer.from(Array.from({ length: 48 }, (_, at) => (n * 37 + at * at * (n + 11)) % 256));
  const raw = { width: 4, height: 4, channels: 3 } as const;
  const bytes = await sharp(colours, { raw }).resize(64, 64).png().toBuffer();
  return new File([new Uint8Array(bytes)], `${n}.png`);
}

describe.skipIf(postgresMissing)('searches while pictures come and go', { timeout: 180_000 }, () => {
  let server: TestServer;
  let fovea: Fovea;
  let collection: Collection;
  const lives = new Map<string, Life>();
  let next = 0;

  /** Ids of so many new items. */
  async function add(count: number): Promise<string[]> {
    const files = await Promise.all(Array.from({ length: count }, () => picture(next++)));
    const addStart = performance.now();
    const answers = await fovea.collections.add(collection.id, files);
    const addEnd = performance.now();
    return answers.map((answer) => {
      if (!('item' in answer) || answer.existing) throw new Error('not added', { cause: answer });
      lives.set(answer.item.id, { addStart, addEnd, deleteStart: Infinity, deleteEnd: Infinity });
      return answer.item.id;
    });
  }

  async function remove(ids: readonly string[]): Promise<void> {
    const of = ids.map((id) => lives.get(id) as Life);
    for (const life of of) life.deleteStart = performance.now();
    await fovea.collections.deleteItems(collection.id, ids);
    for (const life of of) life.deleteEnd = performance.now();
  }

  async function search(query: SearchQuery, self: string | null): Promise<Search> {
    const start = performance.now();
    const answer = await fovea.collections.search(collection.id, query, { k: 1000, space: 'visual' });
    return { start, end: performance.now(), self, answer };
  }

  beforeAll(async () => {
    server = await startServer({ FOVEA_APPS: 'retrieval' });
    fovea = new Fovea({ baseUrl: server.url, retries: 0 });
    collection = await fovea.collections.create({ name: 'Busy' });
  }, 120_000);
  afterAll(() => server.end());

  it('answers each of them with what was there, each item once', async () => {
    const staying = await add(STAYING);
    const searches: Search[] = [];
    const vector = (n: number) => Array.from({ length: 1280 }, (_, at) => Math.sin(n * 131 + at * (n + 1)));
    let over = false;
    let changes = 0;
    const writer = (async () => {
      let old: string[] = [];
      for (; !over; changes++) {
        const added = await add(3);
        await remove(old);
        old = added;
      }
    })();
    const eventLoop = monitorEventLoopDelay({ resolution: 1 });
    eventLoop.enable();
    const times: number[] = [];
    try {
      for (let round = 0; round < ROUNDS || changes < 3; round++)
        searches.push(
          ...(await Promise.all(
            Array.from({ length: SEARCHES }, (_, n) => {
              const self = staying[n % staying.length] as string;
              return n % 2 ? search({ itemId: self }, self) : search({ vector: vector(n) }, null);
            }),
          )),
        );
    } finally {
      eventLoop.disable();
      over = true;
      await writer;
    }
    for (const { start, end, self, answer } of searches) {
      times.push(end - start);
      const ids = answer.result.items.map(({ itemId }) => itemId);
      expect(new Set(ids).size).toBe(ids.length);
      const lived = ids.filter((id) => {
        const life = lives.get(id);
        return life && life.addStart < end && life.deleteEnd > start;
      });
      expect(ids).toEqual(lived);
      // k is more than there ever are: whatever was there from start to end is found.
      const there = [...lives].filter(
        ([id, { addEnd, deleteStart }]) => addEnd < start && deleteStart > end && id !== self,
      );
      expect(ids).toEqual(expect.arrayContaining(there.map(([id]) => id)));
    }
    const sorted = times.sort((a, b) => a - b);
    const at = (share: number) => (sorted[Math.floor(sorted.length * share)] as number).toFixed(0);
    const delayMs = (percentile: number) => (eventLoop.percentile(percentile) / 1e6).toFixed(1);
    process.stderr.write(
      `${searches.length} searches, ${SEARCHES} at once, during ${changes} additions and deletions: ` +
        `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms; event loop delay of server and clients: ` +
        `p50 ${delayMs(50)} ms, p99 ${delayMs(99)} ms, longest ${(eventLoop.max / 1e6).toFixed(1)} ms\n`,
    );
  });
});
