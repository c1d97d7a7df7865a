import type { Problem, RunEnvelope } from '@fovea/contracts';
import { fixture } from '@fovea/testing';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from './server.ts';

let picture: Uint8Array<ArrayBuffer>;
let server: TestServer;
beforeAll(async () => {
  picture = new Uint8Array(await readFile(fixture('cat-chelsea.jpg')));
});
afterEach(() => server.end());

const classify = (query = '') =>
  fetch(`${server.url}/v1/tasks/classification${query}`, {
    method: 'POST',
    body: picture,
    headers: { 'content-type': 'image/jpeg' },
  });

describe('a busy server', () => {
  it('says QUEUE_FULL and when to come again, and answers those it took', async () => {
    server = await startServer({ FOVEA_QUEUE: '1' });
    const responses = await Promise.all(Array.from({ length: 12 }, () => classify('?store=false')));
    const full = responses.filter(({ status }) => status === 429);
    expect(full.length).toBeGreaterThan(0);
    for (const response of full)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(((await full[0]?.json()) as Problem).code).toBe('QUEUE_FULL');
    expect(responses.filter(({ status }) => status === 200).length + full.length).toBe(12);
    expect((await classify('?store=false')).status).toBe(200);
  });

  it('gives requests up at their deadline', async () => {
    server = await startServer({ FOVEA_DEADLINE_MS: '100' });
    const responses = await Promise.all(Array.from({ length: 6 }, () => classify('?crops=10&store=false')));
    const late = responses.filter(({ status }) => status === 504);
    expect(late.length).toBeGreaterThan(0);
    expect(((await late[0]?.json()) as Problem).code).toBe('DEADLINE_EXCEEDED');
  });
});

describe('FOVEA_KEEP_INPUTS=false', () => {
  it('keeps the run and the hash, not the picture', async () => {
    server = await startServer({ FOVEA_KEEP_INPUTS: 'false' });
    const { run, inputs, links } = (await (await classify()).json()) as RunEnvelope;
    expect(links).not.toHaveProperty('input');
    const stored = (await (await fetch(`${server.url}${links.self}`)).json()) as RunEnvelope;
    expect(stored.inputs).toEqual(inputs);
    expect((await fetch(`${server.url}/v1/blobs/${inputs['image']?.sha256}`)).status).toBe(404);
    expect((await fetch(`${server.url}/v1/runs/${run.id}/overlay.svg`)).status).toBe(200);
    const png = (await (await fetch(`${server.url}/v1/runs/${run.id}/overlay.png`)).json()) as Problem;
    expect(png).toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('FOVEA_KEEP_INPUTS') as string,
    });
    const replay = await fetch(`${server.url}/v1/runs/${run.id}/replay`, { method: 'POST' });
    expect(replay.status).toBe(404);
  });
});
