import type { BatchEnvelope, Job, RunEnvelope, RunPage } from '@fovea/contracts';
import { fixture } from '@fovea/testing';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlatformProcess, type PlatformProcess } from './platform-process.ts';

const PICTURES = 60;
let dataDir: string;
let platform: PlatformProcess;

const start = () => startPlatformProcess(dataDir, { FOVEA_APPS: 'classification' });
const get = async <T>(path: string): Promise<T> =>
  (await (await fetch(platform.url + path, { signal: AbortSignal.timeout(30_000) })).json()) as T;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'fovea-chaos-jobs-'));
  platform = await start();
});
afterAll(async () => {
  platform.child.kill('SIGTERM');
  await platform.gone;
  await rm(dataDir, { recursive: true, force: true });
});

/** A batch with ten crops a picture, so that there is time to interrupt it. */
async function submit(): Promise<Job> {
  const picture = new Uint8Array(await readFile(fixture('cat-chelsea.jpg')));
  const form = new FormData();
  for (let n = 0; n < PICTURES; n++) form.append('image', new Blob([picture]), `${n}.jpg`);
  form.append('params', JSON.stringify({ crops: 10 }));
  const response = await fetch(`${platform.url}/v1/tasks/classification`, {
    method: 'POST',
    body: form,
    headers: { prefer: 'respond-async' },
  });
  expect(response.status).toBe(202);
  return (await response.json()) as Job;
}

/** Ids of every recorded run. */
async function recorded(): Promise<string[]> {
  const { items } = await get<RunPage>('/v1/runs?limit=200');
  return items.map(({ run }) => run.id);
}

async function finished(id: string): Promise<Job> {
  await expect
    .poll(async () => (await get<Job>(`/v1/jobs/${id}`)).finishedAt, { timeout: 60_000 })
    .not.toBeNull();
  return get<Job>(`/v1/jobs/${id}`);
}

describe.each([
  ['kill -9', 'SIGKILL'],
  ['SIGTERM', 'SIGTERM'],
] as const)('%s in the middle of a batch', (_what, signal) => {
  it('goes on after the restart: every picture once, and none that was done again', async () => {
    const before = new Set(await recorded());
    const { id } = await submit();
    await expect
      .poll(async () => (await recorded()).length - before.size, { timeout: 60_000, interval: 20 })
      .toBeGreaterThan(5);
    const known = (await recorded()).filter((run) => !before.has(run));
    platform.child.kill(signal);
    await platform.gone;
    platform = await start();
    const restarted = await get<Job>(`/v1/jobs/${id}`);
    const done = await finished(id);
    expect(done).toMatchObject({ state: 'completed', attempts: 2, error: null });
    const ids = (done.result as BatchEnvelope).runs.map((one) => (one as RunEnvelope).run.id);
    expect(new Set(ids).size).toBe(PICTURES);
    const all = (await recorded()).filter((run) => !before.has(run));
    expect(all.sort()).toEqual(ids.sort()); // nothing was recorded twice
    expect(ids).toEqual(expect.arrayContaining(known)); // what was recorded before is part of the answer
    expect(known.length).toBeLessThan(PICTURES);
    expect(['queued', 'active', 'completed']).toContain(restarted.state);
    console.info(`${signal}: ${known.length} of ${PICTURES} pictures were done before, the rest after`);
  });
});
