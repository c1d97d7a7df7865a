import type { Problem, RunEnvelope } from '@fovea/contracts';
import { fixture } from '@fovea/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionHosts, startPlatformProcess, type PlatformProcess } from './platform-process.ts';

let dataDir: string;
let picture: Uint8Array<ArrayBuffer>;
let platform: PlatformProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fovea-chaos-'));
  picture = new Uint8Array(await readFile(fixture('cat-chelsea.jpg')));
  platform = await startPlatformProcess(dataDir);
});
afterAll(async () => {
  platform.child.kill('SIGTERM');
  await platform.gone;
  await rm(dataDir, { recursive: true, force: true });
});

const classify = (query = '') =>
  fetch(`${platform.url}/v1/tasks/classification?model=efficientnet-lite0${query}`, {
    method: 'POST',
    body: picture,
    headers: { 'content-type': 'image/jpeg' },
    signal: AbortSignal.timeout(30_000), // a request that hangs fails the test
  });

describe.runIf(process.platform === 'linux')('kill -9 of a session host under load', () => {
  it('answers every request, and a new host takes over', async () => {
    await classify();
    const [host] = await sessionHosts(platform.child.pid as number);
    const load = Array.from({ length: 40 }, () =>
      classify('&store=false').then((response) => response.status),
    );
    await classify('&store=false'); // the host is at work
    process.kill(host as number, 'SIGKILL');
    const killedAt = performance.now();
    const next = await classify('&store=false');
    const recoveryMs = performance.now() - killedAt;
    const statuses = await Promise.all(load);
    expect(statuses.filter((status) => status !== 200 && status !== 503 && status !== 429)).toEqual([]);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(30);
    expect(next.status).toBe(200);
    expect(await sessionHosts(platform.child.pid as number)).not.toContain(host);
    const answered = statuses.filter((status) => status === 200).length;
    console.info(
      `killed under load: ${answered} of ${statuses.length} answered, the next after ${recoveryMs.toFixed(0)} ms`,
    );
  });
});

describe('kill -9 of the platform', () => {
  it('keeps every acknowledged run, and starts again on the same folder', async () => {
    const acknowledged: string[] = [];
    let going = true;
    const client = async () => {
      while (going)
        try {
          const response = await classify();
          if (response.status === 200) acknowledged.push(((await response.json()) as RunEnvelope).run.id);
        } catch {
          return; // killed under this request: not acknowledged
        }
    };
    const clients = Promise.all([client(), client(), client(), client()]);
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(15);
    platform.child.kill('SIGKILL');
    await platform.gone;
    going = false;
    await clients;

    platform = await startPlatformProcess(dataDir); // the old Postgres still lives: it is adopted
    for (const id of acknowledged) {
      const response = await fetch(`${platform.url}/v1/runs/${id}`);
      expect(response.status, `run ${id}`).toBe(200);
      const { links } = (await response.json()) as RunEnvelope;
      expect((await fetch(platform.url + links.input)).status, `picture of ${id}`).toBe(200);
    }
  });

  it('refuses a second platform on the same folder, naming the first', async () => {
    await expect(startPlatformProcess(dataDir)).rejects.toThrow(
      new RegExp(`could not start[^]*${platform.child.pid}`),
    );
  });
});

describe('SIGTERM', () => {
  it('finishes what runs, then ends with the database', async () => {
    const running = Array.from({ length: 8 }, () => classify('&crops=10'));
    await Promise.race(running); // the others are under way, on connections that are kept alive
    platform.child.kill('SIGTERM');
    for (const response of await Promise.all(running)) expect(response.status).toBe(200);
    await platform.gone;
    expect(platform.child.exitCode).toBe(0);
    platform = await startPlatformProcess(dataDir);
    const page = (await (await fetch(`${platform.url}/v1/runs?limit=1`)).json()) as
      { items: RunEnvelope[] } | Problem;
    expect('items' in page && page.items).toHaveLength(1);
  });
});
